"""What is between the gateway and others breaks: connections are half open, names are not found, a school is slow."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.oidc.rp import fetched
from gateway.storage import bounded_connection
from gateway.web import outgoing
from tests.faults.lines import Lines, lines_to
from tests.faults.page import Ending, Fault, note
from tests.faults.people import nothing_acknowledged_is_lost, well
from tests.support.outages import OnServers

PATIENCE = f"{outgoing._READ_SECONDS:.0f} s"


@pytest.fixture
def lines(stores: OnServers, tmp_path: Path) -> Iterator[Lines]:
    with lines_to(stores, tmp_path / "gateway") as made:
        yield made
        nothing_acknowledged_is_lost(made.gateway)


def test_connections_to_redis_are_half_open(lines: Lines) -> None:
    pupil = lines.at_school()
    lines.redis.go_dark()
    saw = pupil.comes_back()
    recovered = well(lines.gateway, lines.log_in)
    note(Fault.REDIS_HALF_OPEN, saw=saw, lost=pupil.ending(), well=recovered)


def test_connections_to_postgresql_are_half_open(lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    pupil, seconds = lines.at_school(), bounded_connection.SECONDS
    lines.postgresql.go_dark()
    monkeypatch.setattr(bounded_connection, "SECONDS", 3)
    saw = pupil.comes_back()
    monkeypatch.undo()
    recovered = well(lines.gateway, lines.log_in)
    lost = Ending.GOES_ON if saw.status == 200 else pupil.ending()
    note(Fault.POSTGRESQL_HALF_OPEN, saw=f"{saw}, after {seconds:.0f} s for a dead one", lost=lost, well=recovered)


def test_names_are_not_found(lines: Lines) -> None:
    lines.must_log_in_by_openid()
    pupil = lines.at_school()
    lines.names.gone = True
    lines.to_school.cut()
    assert pupil.comes_back().status == 200, "connections that there are go on"
    saw = lines.log_in_by_openid()
    lines.log_in()
    lines.names.gone = False
    note(Fault.NO_NAMES, saw="nothing of it", lost=Ending.GOES_ON, well=well(lines.gateway, lines.log_in))
    recovered = well(lines.gateway, lines.must_log_in_by_openid)
    note(Fault.NO_NAMES_OPENID, saw=saw, lost=Ending.ANEW, well=recovered)


def test_names_are_not_found_and_connections_break(lines: Lines) -> None:
    pupil = lines.at_school()
    lines.names.gone = True
    lines.redis.cut()
    lines.postgresql.cut()
    saw = pupil.comes_back()
    assert [str(pupil.comes_back()) for _ in range(3)] == [str(saw)] * 3
    lines.names.gone = False
    recovered = well(lines.gateway, lines.log_in)
    note(Fault.NO_NAMES_AND_RESTART, saw=saw, lost=pupil.ending(), well=recovered)


def test_a_school_takes_a_minute(lines: Lines) -> None:
    pupil = lines.at_school()
    lines.gateway.clock.by += timedelta(seconds=60)
    assert pupil.comes_back().status == 200
    recovered = well(lines.gateway, lines.log_in)
    note(Fault.SCHOOL_AFTER_A_MINUTE, saw="nothing of it", lost=Ending.GOES_ON, well=recovered)


class Slow:
    """A school that answers at some of its addresses when it is told to."""

    def __init__(self, lines: Lines, monkeypatch: pytest.MonkeyPatch, *paths: str) -> None:
        self.answers, at_once = threading.Event(), lines.school.answer

        def answer(path: str, *arguments: Any) -> dict[str, Any]:
            if path in paths:
                self.answers.wait(600)
            return at_once(path, *arguments)

        monkeypatch.setattr(lines.school, "answer", answer)


def test_a_schools_token_endpoint_takes_a_minute(lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    lines.must_log_in_by_openid()
    slow = Slow(lines, monkeypatch, "/token")
    saw = lines.log_in_by_openid()
    assert not slow.answers.is_set(), "it was not waited for"
    lines.log_in()
    slow.answers.set()
    recovered = well(lines.gateway, lines.must_log_in_by_openid)
    note(Fault.SCHOOL_HANGS_OPENID, saw=f"{saw}, after {PATIENCE}", lost=Ending.ANEW, well=recovered)


def test_a_schools_documents_take_a_minute(lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    lines.must_log_in_by_openid()
    slow = Slow(lines, monkeypatch, "/.well-known/openid-configuration", "/jwks")
    lines.gateway.clock.by += fetched.FRESH
    saw = lines.log_in_by_openid()
    lines.must_log_in_by_openid()
    assert not slow.answers.is_set(), "what was read before is used, and nobody waits for more in the next minute"
    slow.answers.set()
    lines.gateway.clock.by += fetched.COOL_DOWN
    recovered = well(lines.gateway, lines.must_log_in_by_openid)
    note(
        Fault.SCHOOL_DOCUMENTS_HANG,
        saw=f"{saw}; one pupil waits {fetched.PATIENCE:.0f} s for each of them, and no other",
        lost=Ending.GOES_ON,
        well=recovered,
    )


def test_a_school_takes_connections_and_answers_nothing(lines: Lines) -> None:
    lines.to_school.swallows = True
    saw = lines.log_in_by_openid()
    lines.log_in()
    assert str(lines.log_in_by_openid()) == str(saw), "who comes next does not wait for it"
    lines.to_school.swallows = False
    recovered = well(lines.gateway, lines.must_log_in_by_openid)
    note(Fault.SCHOOL_SILENT_OPENID, saw=f"{saw}, after {PATIENCE}", lost=Ending.BEGINS, well=recovered)


def test_connections_to_a_school_are_half_open(lines: Lines) -> None:
    lines.must_log_in_by_openid()
    lines.to_school.go_dark()
    saw = lines.log_in_by_openid()
    recovered = well(lines.gateway, lines.must_log_in_by_openid)
    note(Fault.SCHOOL_HALF_OPEN_OPENID, saw=f"{saw}, after {PATIENCE}", lost=Ending.ANEW, well=recovered)
