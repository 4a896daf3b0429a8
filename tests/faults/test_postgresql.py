"""PostgreSQL is killed, started anew, hangs, in the middle of logins: nothing is released that is not on record."""

import signal
import threading

import pytest

from gateway.domain.errors import SluisError
from gateway.storage import bounded_connection
from gateway.storage.ledger_verification import verify
from tests.faults.page import Ending, Fault, note
from tests.faults.people import AtSchool, english, nothing_acknowledged_is_lost, released, well
from tests.support.outage_client import Pupil
from tests.support.outages import OnServers, Person

WITHOUT_POSTGRESQL = (503, {"lasting": "ledger_unavailable"})


def test_it_is_killed_and_started(stores: OnServers) -> None:
    pupil, failures = AtSchool.sent_by(stores), float(stores.metric("sluis_ledger_failures_total") or 0)
    stores.postgresql.kill()
    assert AtSchool.sent_by(stores), "people may go to their school: perhaps it is back when they are"
    saw = pupil.comes_back()
    assert "SAMLResponse" in saw.page, "the service is told that it did not work out"
    assert stores.ready() == WITHOUT_POSTGRESQL
    assert float(stores.metric("sluis_ledger_failures_total")) == failures + 1

    stores.postgresql.start()
    assert stores.ready() == (200, {})
    recovered = well(stores)
    lost = pupil.ending()
    assert len(stores.acknowledged) == 1
    nothing_acknowledged_is_lost(stores)
    note(Fault.POSTGRESQL_KILLED, saw=saw, lost=lost, well=recovered)


def test_it_is_started_anew_while_nobody_asks(stores: OnServers) -> None:
    pupil = AtSchool.sent_by(stores)
    stores.postgresql.stop(signal.SIGINT)
    stores.postgresql.start()
    saw = pupil.comes_back()
    assert saw.status == 200, "a connection of before is replaced before it is used"
    recovered = well(stores)
    nothing_acknowledged_is_lost(stores)
    note(Fault.POSTGRESQL_RESTARTED, saw="nothing of it", lost=Ending.GOES_ON, well=recovered)


def test_it_hangs(stores: OnServers, monkeypatch: pytest.MonkeyPatch) -> None:
    pupil = AtSchool.sent_by(stores)
    seconds = bounded_connection.SECONDS
    stores.postgresql.freeze()
    monkeypatch.setattr(bounded_connection, "SECONDS", 0.2)
    try:
        saw = pupil.comes_back()
    finally:
        monkeypatch.undo()
        stores.postgresql.thaw()
    recovered = well(stores)
    lost = pupil.ending()
    nothing_acknowledged_is_lost(stores)
    note(
        Fault.POSTGRESQL_HANGS, saw=f"{saw}, after the {seconds:.0f} s that it is waited for", lost=lost, well=recovered
    )


def test_nothing_is_released_from_a_session_or_for_a_token(stores: OnServers) -> None:
    person = english(stores)
    person.login()
    pupil = Pupil(stores.app, stores.person())
    _, tokens = pupil.redeem(pupil.code())
    assert pupil.userinfo(tokens["access_token"])[0] == 200
    before = len(stores.acknowledged)
    stores.postgresql.kill()

    status, _, page = person.ask()
    assert status == 503
    assert "Success" not in person.told(page), "the service is told that it did not work out"
    status, told = pupil.userinfo(tokens["access_token"])
    assert (status, told["error"], "given_name" in told) == (503, "temporarily_unavailable", False)
    assert len(stores.acknowledged) == before

    stores.postgresql.start()
    assert pupil.userinfo(tokens["access_token"])[1]["given_name"] == "Fenna"
    person.login_in_session()
    assert len(stores.acknowledged) == before + 2
    nothing_acknowledged_is_lost(stores)


def test_what_was_acknowledged_outlives_a_server_that_is_killed_while_people_log_in(stores: OnServers) -> None:
    enough, killed = threading.Event(), threading.Event()
    answered: list[int] = []

    def log_in(person: Person) -> None:
        while not killed.is_set():
            try:
                person.login()
            except (AssertionError, SluisError):
                continue
            answered.append(1)
            if len(answered) >= 12:
                enough.set()

    people = [threading.Thread(target=log_in, args=(stores.person(),)) for _ in range(4)]
    for one in people:
        one.start()
    assert enough.wait(300)
    stores.postgresql.kill()
    killed.set()
    for one in people:
        one.join()

    stores.postgresql.start()
    stores.person().login()
    assert len(stores.acknowledged) >= len(answered) + 1
    assert released(stores) >= set(stores.acknowledged), "no acknowledged row is lost"
    assert verify(stores.parts.engine, stores.parts.keys.ledger.all).flaws == ()
