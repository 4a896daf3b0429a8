"""Tables of the terminal: no word is ever broken, at any width."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.cli.tables import table

HEADER = ("attribute", "goes", "people")
ROWS = [("surname_prefix", "yes", "student, employee, staff"), ("eck_id", "no", "")]


def test_with_room_each_row_is_a_line():
    assert table(HEADER, ROWS, width=80).splitlines() == [
        "attribute       goes  people",
        "--------------  ----  ------------------------",
        "surname_prefix  yes   student, employee, staff",
        "eck_id          no",
    ]


def test_the_last_column_is_wrapped_between_words():
    assert table(HEADER, ROWS, width=40).splitlines() == [
        "attribute       goes  people",
        "--------------  ----  ------------------",
        "surname_prefix  yes   student, employee,",
        "                      staff",
        "eck_id          no",
    ]


def test_without_room_the_last_column_goes_below():
    assert table(HEADER, ROWS, width=30).splitlines() == [
        "attribute       goes",
        "    people",
        "--------------  ----",
        "surname_prefix  yes",
        "    student, employee, staff",
        "eck_id          no",
    ]


_words = st.text("abc-:_", min_size=1, max_size=30)
_rows = st.lists(st.tuples(_words, _words, st.lists(_words, max_size=6).map(" ".join)), max_size=5)


@given(_rows, st.integers(20, 160))
def test_every_word_is_whole(rows, width):
    said = table(HEADER, rows, width=width).split()
    for row in rows:
        for word in " ".join(row).split():
            assert word in said


@pytest.mark.parametrize("width", [80, 120])
def test_a_long_name_on_the_wire_is_not_cut(width):
    name = "urn:schac:attribute-def:schacPersonalUniqueCode:nl:local:example:studentid"
    [found] = [
        line
        for line in table(HEADER, [("pupil_number", "no", name)], width=width).splitlines()
        if line.strip().endswith(name)
    ]
    assert len(found) <= width
