"""Who waited too long for the gateway is asked to come back, and loses nothing."""

import re
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from gateway.app import create_app
from gateway.parts import Parts, assemble
from gateway.settings.loader import load
from gateway.storage import migrate
from gateway.web.waiting import waited
from tests.support.configuration import FILES, write_configuration
from tests.support.held import HeldClock, SeededRandomness

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
        """The answer to a request that waited so long."""
        own: dict[str, object] = {"method": "GET", "headers": HTML, **more}
        return self.client.open(path, environ_overrides={"gunicorn.socket": Connection(after)}, **own)


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    directory: Path = tmp_path_factory.mktemp("waiting")
    own = "busy: {start_waits: 2s, other_waits: 9s}\n"
    parts = assemble(
        load(write_configuration(directory, {"gateway.yaml": FILES["gateway.yaml"] + own})),
        clock=HeldClock(),
        randomness=SeededRandomness(),
    )
    migrate.upgrade(parts.engine)
    yield Gateway(parts, create_app(parts).test_client())
    parts.engine.dispose()


@pytest.mark.parametrize("start", ["/saml/idp/sso", "/oidc/authorize", "/oidc/par"])
def test_who_begins_a_login_waits_least(gateway: Gateway, start: str) -> None:
    method = "POST" if start.endswith("par") else "GET"
    assert gateway.ask(start, method=method, after=1.9).status_code != 503
    assert gateway.ask(start, method=method, after=2.1).status_code == 503


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
