"""What a log line may hold: nothing of a person, whatever is handed to it."""

import json
import logging
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import pytest
import structlog
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.domain.errors import ErrorCode, SluisError
from gateway.observability import log, reference
from tests.observability.conftest import Lines

HEXADECIMAL = st.text("0123456789abcdef", min_size=128, max_size=128)
ECK_IDS = st.builds("https://ketenid.nl/{}/{}".format, st.sampled_from(["pilot", "201703", "sp201703"]), HEXADECIMAL)
NAMES = st.text("abcdefghijklmnopqrstuvwxyz0123456789.+-", min_size=1, max_size=20)
ADDRESSES = st.builds("{}@{}.example".format, NAMES, NAMES)
NUMBERS = st.text("0123456789", min_size=9, max_size=9)
AROUND = st.text(" ,;:()[]{}<>='\"/\n\t", max_size=5)


@given(AROUND, ECK_IDS, AROUND)
def test_no_eck_id_survives(before: str, eck_id: str, after: str):
    for written in (eck_id, eck_id.upper(), quote(eck_id, safe=""), eck_id.rpartition("/")[2]):
        said = str(log.masked(before + written + after))
        assert eck_id.rpartition("/")[2][:20] not in said.lower()
        assert "<eck-id>" in said


@given(AROUND, ADDRESSES, AROUND)
def test_no_address_survives(before: str, address: str, after: str):
    for written in (address, quote(address)):
        said = log.masked(before + written + after)
        assert written not in said
        assert "@" not in said


@given(AROUND, NUMBERS, AROUND)
@example("", "123456782", "")
def test_no_number_as_long_as_a_citizens_survives(before: str, number: str, after: str):
    for written in (number, f"{number[:4]}.{number[4:6]}.{number[6:]}", " ".join(number), number[1:]):
        said = log.masked(before + written + after)
        assert written not in said
        assert "<number>" in said


def test_what_looks_like_nobody_stays():
    for value in ("7K3M9QX2TD", "2026.1", "PO-2026-07", "SluisError", "a" * 64, "1234567", 12, 0.5, True):
        assert log.masked(value) == value


def test_a_text_is_cut_short_only_once_it_is_masked():
    said = log.masked("x" * 495 + " 123456782")

    assert len(said) == 500
    assert "1234" not in said


def test_a_structure_is_masked_as_it_would_be_read():
    assert log.masked({"mail": ["fenna@school.example"]}) == "{'mail': ['<address>']}"


def test_every_event_is_one_line_of_json(lines: Lines):
    structlog.get_logger("sluis").info("login_released", service='een\nregel \u2028 "twee"', idp="naïef")

    (line,) = lines()
    assert line["event"] == "login_released"
    assert line["level"] == "info"
    assert line["service"] == 'een\nregel \u2028 "twee"'
    assert line["idp"] == "naïef"
    assert line["worker"] == os.getpid()
    assert str(line["timestamp"]).endswith("Z")


def test_a_text_that_no_file_can_hold_is_written_all_the_same(lines: Lines):
    structlog.get_logger("sluis").info("login_refused", hint="half a pair: \ud800")

    assert lines()[0]["hint"] == "half a pair: \ud800"


def test_the_reference_of_the_login_stands_in_its_lines(lines: Lines):
    structlog.get_logger("sluis").info("before")
    reference.bind("7K3M9QX2TD")
    structlog.get_logger("sluis").info("during")

    assert [line.get("reference") for line in lines()] == [None, "7K3M9QX2TD"]


def test_an_unknown_key_is_named_and_its_value_dropped(lines: Lines, file: Path):
    structlog.get_logger("sluis").info("login_released", name_id="Fenna", attributes={"givenName": "Fenna"}, idp="po")

    (line,) = lines()
    assert line["dropped"] == ["attributes", "name_id"]
    assert line["idp"] == "po"
    assert "Fenna" not in file.read_text()


def test_what_is_empty_takes_no_place(lines: Lines):
    structlog.get_logger("sluis").info("login_released", idp=None, hint="", count=0)

    (line,) = lines()
    assert line["count"] == 0
    assert not {"idp", "hint", "dropped"} & set(line)


def test_an_exception_is_its_type_and_where_it_came_by(lines: Lines, file: Path):
    def deep(person: str) -> None:
        raise LookupError(f"nothing known of {person}")

    try:
        deep("Fenna")
    except LookupError as error:
        structlog.get_logger("sluis").error("request_failed", exc_info=error)

    (line,) = lines()
    assert line["cause"] == "LookupError"
    assert str(line["where"]).count("test_log.py:") == 2
    assert "Fenna" not in file.read_text()
    assert "nothing known" not in file.read_text()


def test_of_a_librarys_message_only_its_origin_is_kept(lines: Lines, file: Path):
    logging.getLogger("saml2.response").warning("no such subject: %s", "Fenna")
    logging.getLogger("saml2.response").info("not even this")

    (line,) = lines()
    assert (line["event"], line["logger"]) == ("library_message", "saml2.response")
    assert str(line["where"]).startswith("test_log:")
    assert "Fenna" not in file.read_text()


def test_of_an_exception_that_a_library_tells_of_its_type_and_places_are_kept(lines: Lines, file: Path):
    try:
        {}["no such subject: Fenna"]
    except KeyError:
        logging.getLogger("saml2.response").exception("Fenna is not known")

    (line,) = lines()
    assert (line["event"], line["logger"], line["cause"]) == ("library_message", "saml2.response", "KeyError")
    assert str(line["where"]).startswith("test_log.py:")
    assert "Fenna" not in file.read_text()


def test_of_an_error_of_ours_that_a_library_tells_of_what_it_came_of_is_kept(lines: Lines):
    for cause, said in (("PKCS #11: DeviceError", "PKCS #11: DeviceError"), (KeyError("Fenna"), "SluisError")):
        error = SluisError(ErrorCode.INTERNAL, cause=cause)
        logging.getLogger("saml2.response").error("Fenna is not known", exc_info=error)
        assert (lines()[-1]["code"], lines()[-1]["cause"]) == ("internal", said)


def test_events_below_the_level_are_left_out(file: Path):
    log.configure(file=file, level="warning")
    structlog.get_logger("sluis").info("quiet")
    structlog.get_logger("sluis").warning("loud")

    assert [json.loads(line)["event"] for line in file.read_text().splitlines()] == ["loud"]


def test_a_log_that_was_rotated_away_is_begun_anew(lines: Lines, file: Path):
    structlog.get_logger("sluis").info("first")
    file.rename(file.with_suffix(".log.1"))
    structlog.get_logger("sluis").info("second")
    file.rename(file.with_suffix(".log.2"))
    file.touch()
    structlog.get_logger("sluis").info("third")
    structlog.get_logger("sluis").info("fourth")

    assert [line["event"] for line in lines()] == ["third", "fourth"]
    assert "second" in file.with_suffix(".log.2").read_text()
    assert "first" in file.with_suffix(".log.1").read_text()


def test_a_line_after_closing_opens_the_log_again(lines: Lines):
    structlog.get_logger("sluis").info("first")
    log.close()
    structlog.get_logger("sluis").info("second")

    assert [line["event"] for line in lines()] == ["first", "second"]


def test_without_a_file_events_go_to_standard_error(file: Path, capsys: pytest.CaptureFixture[str]):
    log.configure(file=None, level="info")
    structlog.get_logger("sluis").info("started")
    log.close()

    assert json.loads(capsys.readouterr().err)["event"] == "started"


_WRITES = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
import structlog
from gateway.observability import log
log.configure(file=Path(sys.argv[1]), level="info")
for number in range(200):
    structlog.get_logger("sluis").info("written", count=number, hint="x" * 400)
"""


def test_workers_share_a_file_line_by_line(file: Path):
    command = [sys.executable, "-c", _WRITES, file]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    children = [subprocess.Popen(command, env=environment) for _ in range(3)]

    assert [child.wait(60) for child in children] == [0, 0, 0]
    written = [json.loads(line) for line in file.read_text().splitlines()]
    for child in children:
        assert [line["count"] for line in written if line["worker"] == child.pid] == list(range(200))


def test_threads_share_a_log_that_is_rotated_under_them(lines: Lines, file: Path):
    def write(worker: int) -> None:
        for number in range(300):
            structlog.get_logger("sluis").info("written", count=number, idp=str(worker))
            if worker == 0 and number % 10 == 0:
                file.rename(file.with_name(f"sluis.log.{number}"))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))

    kept = [json.loads(line) for one in file.parent.iterdir() for line in one.read_text().splitlines()]
    assert sorted((int(line["idp"]), line["count"]) for line in kept) == [
        (worker, number) for worker in range(8) for number in range(300)
    ]


def test_a_log_that_cannot_be_written_goes_to_standard_error_meanwhile(
    lines: Lines, file: Path, capsys: pytest.CaptureFixture[str]
):
    structlog.get_logger("sluis").info("first")
    file.unlink()
    file.parent.rmdir()
    file.parent.write_text("a file where the directory was")
    structlog.get_logger("sluis").info("second")
    file.parent.unlink()
    structlog.get_logger("sluis").info("third")

    assert json.loads(capsys.readouterr().err)["event"] == "second"
    assert [line["event"] for line in lines()] == ["third"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
def test_a_full_disk_ends_no_login(file: Path, capsys: pytest.CaptureFixture[str]):
    file.parent.mkdir()
    file.symlink_to("/dev/full")
    log.configure(file=file, level="info")
    structlog.get_logger("sluis").info("lost nowhere")
    log.close()

    assert json.loads(capsys.readouterr().err)["event"] == "lost nowhere"
