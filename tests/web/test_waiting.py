"""Who waited too long for the gateway is asked to come back, and loses nothing."""

import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Response
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from gateway.app import create_app
from gateway.pages.render import Renderer
from gateway.parts import Parts, assemble
from gateway.settings.loader import load
from gateway.storage import migrate
from gateway.web import jar
from gateway.web.waiting import Patience, waited
from tests.support.configuration import FILES, write_configuration
from tests.support.held import HeldClock, SeededRandomness

TIMES = ("Retry-After", "Refresh")
HTML = {"Accept": "text/html,application/xhtml+xml"}


@dataclass(frozen=True)
class Connection:
    """One whose last octets came so long ago, as Linux tells it."""

    seconds: float

    def getsockopt(self, level: int, name: int, size: int) -> bytes:
        assert (level, name, size) == (socket.IPPROTO_TCP, socket.TCP_INFO, 56)
        return bytes(52) + int(self.seconds * 1000).to_bytes(4, "little")


@dataclass(frozen=True)
class Gateway:
    parts: Parts
    client: FlaskClient

    def ask(self, path: str, *, after: float, **more: object) -> TestResponse:
        """The answer to a request that waited so long, and was the first that had to wait."""
        self.client.get("/health/live")
        own: dict[str, object] = {"method": "GET", "headers": HTML, **more}
        return self.client.open(path, environ_overrides={"gunicorn.socket": Connection(after)}, **own)


@contextmanager
def gateway_in(directory: Path) -> Iterator[Gateway]:
    own = "busy: {start_waits: 2s, other_waits: 9s}\n"
    parts = assemble(
        load(write_configuration(directory, {"gateway.yaml": FILES["gateway.yaml"] + own})),
        clock=HeldClock(),
        randomness=SeededRandomness(),
    )
    migrate.upgrade(parts.engine)
    yield Gateway(parts, create_app(parts).test_client())
    parts.engine.dispose()


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with gateway_in(tmp_path_factory.mktemp("waiting")) as made:
        yield made


@pytest.mark.parametrize("start", ["/saml/idp/sso", "/oidc/authorize", "/oidc/par"])
def test_who_begins_a_login_waits_least(gateway: Gateway, start: str) -> None:
    method = "POST" if start.endswith("par") else "GET"
    assert gateway.ask(start, method=method, after=1.9).status_code != 503
    assert gateway.ask(start, method=method, after=2.1).status_code == 503


@dataclass
class Time:
    """A clock that only goes forward, as a test has it."""

    seconds: float = 1000.0

    def __call__(self) -> float:
        return self.seconds


class Door:
    """A gateway at which one request after the other has its turn."""

    def __init__(self) -> None:
        self.time = Time()
        self._patience = Patience(frozenset(), timedelta(seconds=2), timedelta(seconds=10), self.time)

    def turned_away(self, waited: float, *, later: float = 0.1, start: bool = True) -> bool:
        """The turn of one that waited so long comes so much later than the last."""
        self.time.seconds += later
        return self._patience.too_long(waited, start=start)


def told(door: Door, seconds: float, turns: int) -> int:
    """How many of so many in a row are turned away, all of whom waited so long."""
    return sum(door.turned_away(seconds) for _ in range(turns))


def test_a_rush_is_waited_out() -> None:
    door = Door()
    assert told(door, 1.0, 15) == 0
    assert door.turned_away(2.1), "but by nobody for longer than that"


def test_once_a_queue_stands_more_are_told_the_longer_it_is() -> None:
    counts = []
    for seconds in (0.3, 0.6, 1.0):
        door = Door()
        told(door, seconds, 16)
        counts.append(told(door, seconds, 20))
    assert 0 < counts[0] < counts[1] <= counts[2]
    assert told(door, 1.0, 100) < 100, "there is always somebody to go on with"


def test_as_it_gets_short_nobody_is_told_any_more() -> None:
    door = Door()
    assert told(door, 1.0, 40) > 20
    told(door, 0.1, 20)
    assert told(door, 0.1, 20) == 0


def test_who_is_under_way_is_not_told_sooner() -> None:
    door = Door()
    assert not any(door.turned_away(9.9, start=False) for _ in range(60))
    assert door.turned_away(10.1, start=False)
    assert told(door, 1.0, 10) > 0, "they stand in the same queue"


def test_it_no_longer_stands_when_somebody_waited_briefly() -> None:
    door = Door()
    assert told(door, 1.0, 40) > 20
    assert not door.turned_away(0.03)
    assert told(door, 1.0, 14) == 0


def test_a_queue_that_ended_meanwhile_does_not_stand() -> None:
    door = Door()
    assert not any(door.turned_away(0.9, later=later) for later in (1.0, 3600.0, 1.0, 1.0, 1.0, 1.0))


def test_a_page_says_so_and_comes_back_by_itself(gateway: Gateway) -> None:
    times = set()
    for _ in range(20):
        answer = gateway.ask("/saml/idp/sso?SAMLRequest=a%22b", after=3)
        assert "Het is druk" in answer.text
        assert 'href=""' in answer.text, "a link that asks the same again"
        assert answer.headers["Refresh"] == answer.headers["Retry-After"]
        assert answer.headers["Cache-Control"] == "no-store"
        times.add(int(answer.headers["Retry-After"]))
    assert min(times) >= 5
    assert max(times) <= 20
    assert len(times) > 5, "people come back spread over time"


@pytest.mark.parametrize(
    ("own", "cookie"),
    [
        ({"Accept-Language": "en"}, ""),
        ({"Accept-Language": "fy, en;q=0.5"}, ""),
        ({"Accept-Language": "en"}, "nl.99XB..rekentuin_99XB"),
        ({"Accept-Language": "nl"}, "en..shared"),
        ({"Accept-Language": "en"}, "xx.99XB"),
        ({}, ""),
    ],
)
def test_all_who_are_told_hear_the_same_in_their_language(gateway: Gateway, own: dict[str, str], cookie: str) -> None:
    headers = {**HTML, **own} | ({"Cookie": f"other=en; __Host-sluis-choice={cookie}"} if cookie else {})
    heard = [gateway.ask("/saml/idp/sso?SAMLRequest=a", after=3, headers=headers) for _ in range(2)]
    made = gateway.ask("/", after=10, headers=headers)
    for answer in heard:
        assert (answer.status_code, answer.text) == (503, made.text)
        assert [one for one in answer.headers if one[0] not in TIMES] == [
            one for one in made.headers if one[0] not in TIMES
        ]
        assert {name for name, _ in answer.headers if name in TIMES} == set(TIMES)


def test_a_cookie_of_who_is_told_first_goes_to_nobody_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make = Renderer.page

    def with_a_cookie(renderer: Renderer, template: str, **values: object) -> Response:
        jar.give("sluis-own", "of one person", max_age=None)
        return make(renderer, template, **values)

    monkeypatch.setattr(Renderer, "page", with_a_cookie)
    with gateway_in(tmp_path) as gateway:
        assert "of one person" in gateway.ask("/", after=10).headers["Set-Cookie"]
        told = [gateway.ask("/saml/idp/sso", after=3) for _ in range(2)]
    assert [one.status_code for one in told] == [503, 503]
    assert not any("Set-Cookie" in one.headers for one in told)


def test_a_language_that_is_asked_for_is_remembered_all_the_same(gateway: Gateway) -> None:
    answer = gateway.ask("/saml/idp/sso?lang=en", after=3)
    assert (answer.status_code, answer.headers["Content-Language"]) == (503, "en")
    assert "sluis-choice=en" in answer.headers["Set-Cookie"]
    gateway.client.delete_cookie("__Host-sluis-choice", domain="localhost")
    assert gateway.ask("/saml/idp/sso", after=3, headers=HTML).headers["Content-Language"] == "nl"


def test_the_answer_of_a_school_may_wait_longer_and_is_sent_again(gateway: Gateway) -> None:
    sent = {"SAMLResponse": "PHg+", "RelayState": '"><script>'}
    assert gateway.ask("/saml/sp/acs", method="POST", data=sent, after=8.9).status_code != 503
    answer = gateway.ask("/saml/sp/acs", method="POST", data=sent, after=9.1)
    assert answer.status_code == 503
    assert "Refresh" not in answer.headers, "a reload would ask whether to send the form again"
    assert 'action="/saml/sp/acs"' in answer.text
    assert 'name="SAMLResponse" value="PHg+"' in answer.text
    assert 'name="RelayState" value="&#34;&gt;&lt;script&gt;"' in answer.text
    [script] = re.findall(r'src="(/static/[^"]+/again.js)"', answer.text)
    assert gateway.ask(script, after=100).status_code == 200
    assert f'data-seconds="{answer.headers["Retry-After"]}"' in answer.text


def test_a_client_is_told_in_its_own_words(gateway: Gateway) -> None:
    answer = gateway.ask("/oidc/token", method="POST", headers={"Accept": "application/json"}, after=10)
    assert (answer.status_code, answer.json["error"]) == (503, "temporarily_unavailable")
    assert answer.headers["Retry-After"]


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/metrics"])
def test_machines_that_look_after_the_gateway_are_always_answered(gateway: Gateway, path: str) -> None:
    assert gateway.ask(path, after=100).status_code in (200, 404)


def test_who_was_turned_away_is_counted(gateway: Gateway) -> None:
    def counted(request: str) -> float:
        found = re.search(
            rf'sluis_turned_away_total{{request="{request}"}} (\S+)', gateway.parts.metrics.render().decode()
        )
        return float(found[1]) if found else 0.0

    starts, others = counted("start"), counted("other")
    gateway.ask("/saml/idp/sso", after=3)
    gateway.ask("/saml/idp/sso", after=3)
    gateway.ask("/", after=10)
    assert (counted("start") - starts, counted("other") - others) == (2, 1)


def test_linux_tells_how_long_a_request_lies_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname()) as client:
        begun = time.monotonic()
        client.sendall(b"GET")
        server, _ = listener.accept()
        with server:
            environ = {"gunicorn.socket": server}
            while waited(environ) < 0.05:
                assert time.monotonic() < begun + 60
            assert waited(environ) <= time.monotonic() - begun + 0.02
            client.sendall(b" /")
            assert server.recv(5, socket.MSG_WAITALL) == b"GET /"
            assert waited(environ) < 60


def test_a_request_of_this_machine_has_not_waited() -> None:
    one, other = socket.socketpair()
    with one, other:
        assert waited({"gunicorn.socket": one}) == 0.0
    assert waited({}) == 0.0
