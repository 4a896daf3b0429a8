"""What an outage of a store does to people: each store is stopped in the middle of logins, and comes back.

The decisions are in `docs/reference/outages.md`; the tests are what it says of logins, health, metrics and the ledger.
"""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.domain.errors import SluisError
from gateway.storage import ledger_reading
from gateway.storage.ledger_verification import verify
from tests.support.outage_client import Pupil, write_client
from tests.support.outages import OnServers, Person, on_servers

LONG_AGO, FAR_AHEAD = datetime(2020, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
WAIT, GOES_ON, DONE = "Even geduld", "Je gaat verder", "Je bent al klaar"


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[OnServers]:
    with on_servers(tmp_path, write_client) as made:
        yield made


def released(gateway: OnServers) -> set[str]:
    rows = ledger_reading.rows_between(gateway.parts.engine, since=LONG_AGO, until=FAR_AHEAD)
    return {one.chained.row.reference for one in rows if one.chained.row.outcome == "released"}


def test_redis_stops_between_the_door_of_the_school_and_the_way_back(gateway: OnServers):
    person = gateway.person()
    attempt = person.begin()
    gateway.redis.stop()

    status, page = person.come_back(*attempt)
    assert status == 503
    assert WAIT in page
    assert "SAMLResponse" not in page
    assert gateway.ready() == (503, {"short_lived": "store_unavailable"})
    assert gateway.app.test_client().get("/health/live").status_code == 200
    assert gateway.acknowledged == []

    gateway.redis.start()
    gateway.wait_for_the_breaker()
    status, page = person.come_back(*attempt)
    assert status == 200, "the same answer of the school, sent again, ends the login"
    assert GOES_ON in page
    assert gateway.ready() == (200, {})
    assert len(gateway.acknowledged) == 1


def test_redis_comes_back_empty(gateway: OnServers):
    person = gateway.person()
    attempt = person.begin()
    gateway.redis.stop()
    for file in gateway.redis.directory.rglob("appendonly.aof*"):
        file.unlink()
    gateway.redis.start()
    gateway.wait_for_the_breaker()

    status, page = person.come_back(*attempt)
    assert status == 400
    assert "SAMLResponse" not in page
    assert gateway.acknowledged == []
    gateway.person().login()


def test_nobody_begins_while_redis_is_gone_and_it_is_not_waited_for(gateway: OnServers):
    gateway.redis.stop()
    for _ in range(4):
        status, _, page = gateway.person().ask()
        assert status == 503
        assert WAIT in page
    assert gateway.metric('sluis_store_available{store="short_lived"}') == "0.0"
    assert gateway.metric('sluis_store_outages_total{store="short_lived"}') == "1.0"

    gateway.redis.start()
    gateway.wait_for_the_breaker()
    gateway.person().login()
    assert gateway.metric('sluis_store_available{store="short_lived"}') == "1.0"
    assert gateway.metric('sluis_store_outages_total{store="short_lived"}') == "1.0"


def test_postgresql_stops_before_the_way_back(gateway: OnServers):
    person = gateway.person()
    attempt = person.begin()
    gateway.postgresql.kill()

    assert gateway.person().begin(), "people may go to their school: perhaps it is back when they are"
    status, page = person.come_back(*attempt)
    assert status == 503
    assert WAIT in page
    assert "Success" not in person.told(page), "the service is told that it did not work out"
    assert gateway.ready() == (503, {"lasting": "ledger_unavailable"})
    assert gateway.metric("sluis_ledger_failures_total") == "1.0"

    gateway.postgresql.start()
    assert gateway.ready() == (200, {})
    status, page = person.come_back(*attempt)
    assert status == 409
    assert DONE in page
    person.login()
    assert released(gateway) == set(gateway.acknowledged)
    assert len(gateway.acknowledged) == 1


def test_sessions_codes_and_tokens_wait_for_redis_and_are_not_used_up(gateway: OnServers):
    person = gateway.person()
    person.login()
    pupil = Pupil(gateway.app, gateway.person())
    _, tokens = pupil.redeem(pupil.code())
    code = pupil.code()
    gateway.redis.stop()

    status, _, page = person.ask()
    assert (status, WAIT in page, "Fenna" in page) == (503, True, False), "no single sign-on"
    assert "Success" not in person.told(page)
    status, told = pupil.redeem(code)
    assert (status, told["error"]) == (503, "temporarily_unavailable")
    assert "id_token" not in told
    status, told = pupil.userinfo(tokens["access_token"])
    assert (status, told["error"], "given_name" in told) == (503, "temporarily_unavailable", False)

    gateway.redis.start()
    gateway.wait_for_the_breaker()
    person.login_in_session()
    status, told = pupil.redeem(code)
    assert status == 200, "the code was not used up"
    for token in (told["access_token"], tokens["access_token"]):
        assert pupil.userinfo(token)[1]["given_name"] == "Fenna"


def test_nothing_is_released_from_a_session_or_for_a_token_while_postgresql_is_gone(gateway: OnServers):
    person = gateway.person()
    person.login()
    pupil = Pupil(gateway.app, gateway.person())
    _, tokens = pupil.redeem(pupil.code())
    assert pupil.userinfo(tokens["access_token"])[0] == 200
    before = len(gateway.acknowledged)
    gateway.postgresql.kill()

    status, _, page = person.ask()
    assert status == 503
    assert "Success" not in person.told(page), "the service is told that it did not work out"
    status, told = pupil.userinfo(tokens["access_token"])
    assert (status, told["error"], "given_name" in told) == (503, "temporarily_unavailable", False)
    assert len(gateway.acknowledged) == before

    gateway.postgresql.start()
    assert pupil.userinfo(tokens["access_token"])[1]["given_name"] == "Fenna"
    person.login_in_session()
    assert len(gateway.acknowledged) == before + 2
    assert released(gateway) == set(gateway.acknowledged)


def test_what_was_acknowledged_outlives_a_server_that_is_killed_while_people_log_in(gateway: OnServers):
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

    people = [threading.Thread(target=log_in, args=(gateway.person(),)) for _ in range(4)]
    for one in people:
        one.start()
    assert enough.wait(300)
    gateway.postgresql.kill()
    killed.set()
    for one in people:
        one.join()

    gateway.postgresql.start()
    gateway.person().login()
    assert len(gateway.acknowledged) >= len(answered) + 1
    assert released(gateway) >= set(gateway.acknowledged), "no acknowledged row is lost"
    assert verify(gateway.parts.engine, gateway.parts.keys.ledger.all).flaws == ()
