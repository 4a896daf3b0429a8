"""The page has a row for each fault, and no other; what the rows say, the tests that make the faults hold."""

from tests.faults.page import PAGE, Fault, lines, made, written


def test_the_page_has_every_fault_once_and_in_order() -> None:
    assert [one.split(" | ")[0].removeprefix("| ") for one in lines()] == [fault.value for fault in Fault]
    assert made(), "which run wrote it"
    assert PAGE.read_text("utf-8") == written(lines(), made())
