"""What is between the gateway and others breaks: connections are half open, names are not found, a school is slow."""

import itertools
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from gateway.storage import bounded_connection
from gateway.web import outgoing
from tests.bench.parties import IDP
from tests.bench.saml_oidc import Provider, provider
from tests.faults.page import Ending, Fault, Seen, note
from tests.faults.people import AtSchool, english, nothing_acknowledged_is_lost, well
from tests.support.child_process import Address
from tests.support.held_names import Names, held_names
from tests.support.outages import OnServers, beside
from tests.support.relay import Relay, relay

_CODES = itertools.count(1)


@dataclass(frozen=True)
class Lines:
    """A gateway that reaches its stores by names and through relays, and a school that speaks OpenID Connect."""

    gateway: OnServers
    redis: Relay
    postgresql: Relay
    school: Provider
    to_school: Relay
    names: Names

    def at_school(self) -> AtSchool:
        """Somebody at the school that speaks SAML."""
        return AtSchool.sent_by(self.gateway, only=IDP)

    def log_in(self) -> None:
        """Another one, who must get in."""
        assert self.at_school().comes_back().status == 200

    def log_in_by_openid(self) -> Seen:
        """Somebody logs in at the other school; what they see in the end."""
        person, code = english(self.gateway), str(next(_CODES))
        person.only = self.school.issuer
        status, location, page = person.ask()
        if status != 303:
            return Seen(status, page)
        asked = parse_qs(urlsplit(location).query)
        self.school.nonces[code] = asked["nonce"][0]
        query = urlencode({"code": code, "state": asked["state"][0], "iss": self.school.issuer})
        status, _, page = person.open(f"{urlsplit(asked['redirect_uri'][0]).path}?{query}")
        return Seen(status, page)

    def must_log_in_by_openid(self) -> None:
        """As above, and must get in."""
        assert self.log_in_by_openid().status == 200


@pytest.fixture
def lines(stores: OnServers, tmp_path: Path) -> Iterator[Lines]:
    with ExitStack() as stack:
        names = stack.enter_context(held_names())
        redis = stack.enter_context(relay(stores.redis.address))
        postgresql = stack.enter_context(relay(stores.postgresql.address))
        school = stack.enter_context(provider())
        school.clock = stores.clock
        there = urlsplit(school.issuer)
        to_school = stack.enter_context(relay(Address(str(there.hostname), int(there.port or 0))))
        school.issuer = f"http://localhost:{to_school.address.port}"
        gateway = stack.enter_context(
            beside(
                stores,
                tmp_path / "gateway",
                redis=f"redis://redis.test:{redis.address.port}/0",
                postgresql=f"postgresql+psycopg://sluis@postgresql.test:{postgresql.address.port}/sluis",
                add=lambda directory: school.write(directory, "openid", "99XC", "oidc-standard"),
            )
        )
        made = Lines(gateway, redis, postgresql, school, to_school, names)
        made.log_in()
        yield made
        nothing_acknowledged_is_lost(gateway)


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


def test_a_schools_token_endpoint_takes_a_minute(lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    lines.must_log_in_by_openid()
    answered, answer = threading.Event(), lines.school.answer

    def slow(path: str, *arguments: Any) -> dict[str, Any]:
        if path == "/token":
            answered.wait(600)
        return answer(path, *arguments)

    monkeypatch.setattr(lines.school, "answer", slow)
    saw = lines.log_in_by_openid()
    assert not answered.is_set(), "it was not waited for"
    lines.log_in()
    answered.set()
    monkeypatch.undo()
    recovered = well(lines.gateway, lines.must_log_in_by_openid)
    seconds = outgoing._READ_SECONDS
    note(Fault.SCHOOL_HANGS_OPENID, saw=f"{saw}, after {seconds:.0f} s", lost=Ending.ANEW, well=recovered)
