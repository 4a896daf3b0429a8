"""Browsers vanish without a word: a telephone out of reach, a laptop that is shut. Their connections stand half open.

To the gateway such a connection is one on which nothing comes any more, not even its end.
"""

import socket
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import urlencode

import pytest
from lxml import etree

from gateway.cli import worker as worker_module
from gateway.saml.addresses import Addresses
from tests.bench.parties import Driver
from tests.faults.page import Ending, Fault, Seen, note
from tests.faults.people import nothing_acknowledged_is_lost
from tests.support.outages import OnServers
from tests.support.running_worker import Running, running_worker
from tests.support.server_process import eventually

EACH = 10
"""Browsers of each kind. The worker has two threads."""
_HOST = b"Host: 127.0.0.1\r\n"
_WHOLE = b"GET /health/live HTTP/1.1\r\n" + _HOST + b"\r\n"
_HALF = b"GET /saml/idp/sso?SAMLRequest=fZ"


class Vanishing:
    """A worker that serves the gateway, and browsers of which nothing is heard any more."""

    def __init__(self, gateway: OnServers, running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
        self._gateway, self._running = gateway, running
        self._now = time.monotonic()
        monkeypatch.setattr(time, "monotonic", lambda: self._now)
        self._count = 0
        self.gone: list[socket.socket] = []

    def browser(self) -> Driver:
        """One that is well."""
        host, port = self._running.listener.getsockname()
        self._count += 1
        driver = Driver(host, port, language="en")
        driver.addresses = Addresses(self._gateway.person().addresses.base_url)
        driver._clock = self._gateway.clock
        driver.begin_at(90_000_000 + self._count * 1000)
        return driver

    def vanish(self, sent: bytes, *, after: bytes = b"") -> None:
        """One that sent this and no more; it took an answer that ends so."""
        client = self._running.connected()
        client.sendall(sent)
        taken = b""
        while after not in taken:
            more = client.recv(4096)
            assert more, taken
            taken += more
        self.gone.append(client)

    def pass_time(self, seconds: float) -> None:
        """On the worker's clock, which stands else."""
        self._now += seconds

    def all_came(self) -> bool:
        """Whether the worker has them, and has read what they sent."""
        worker = self._running.worker
        return len(worker._open) == len(self.gone) and not any(map(_has_more, list(worker._open)))

    def waited_for(self) -> int:
        """Connections that the worker has open."""
        return len(self._running.worker._open)


def _has_more(conn: object) -> bool:
    with suppress(OSError):
        return bool(conn.sock.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT))  # type: ignore[attr-defined] # gunicorn's
    return False


@pytest.fixture
def vanishing(stores: OnServers, monkeypatch: pytest.MonkeyPatch) -> Iterator[Vanishing]:
    monkeypatch.setattr(worker_module, "_LOOK_EVERY", 0.01)
    with running_worker(monkeypatch) as running:
        running.worker.wsgi = stores.app
        made = Vanishing(stores, running, monkeypatch)
        try:
            yield made
        finally:
            for one in made.gone:
                one.close()
    nothing_acknowledged_is_lost(stores)


def _login(driver: Driver) -> None:
    driver.login()
    driver.close()


def _at_school(driver: Driver) -> bytes:
    """The request with which the school's answer comes."""
    attempt, request = driver.begin()
    answer = b64encode(etree.tostring(driver.response(request))).decode()
    form = urlencode({"SAMLResponse": answer, "RelayState": attempt}).encode()
    cookies = "; ".join(f"{name}={value}" for name, value in driver.browser().items()).encode()
    driver.close()
    lines = (
        b"POST /saml/sp/acs HTTP/1.1",
        b"Host: 127.0.0.1",
        b"Cookie: " + cookies,
        b"Content-Type: application/x-www-form-urlencoded",
        b"Content-Length: %d" % len(form),
        b"Accept-Language: en",
    )
    return b"\r\n".join(lines) + b"\r\n\r\n" + form


def _sent(driver: Driver, request: bytes) -> Seen:
    """What is seen by a browser that sends all of this."""
    status, _, page = driver._ask("POST", "/saml/sp/acs", request.partition(b"\r\n\r\n")[2].decode())
    driver.close()
    return Seen(status, page)


def test_they_vanish(vanishing: Vanishing) -> None:
    sending, waiting = vanishing.browser(), vanishing.browser()
    half, whole = _at_school(sending), _at_school(waiting)
    for _ in range(EACH):
        vanishing.vanish(_WHOLE, after=b"live")
        vanishing.vanish(_HALF)
        vanishing.vanish(_WHOLE)
    vanishing.vanish(half[:-200])
    vanishing.vanish(whole)
    eventually(vanishing.all_came, "what they sent is read")

    for _ in range(3):
        _login(vanishing.browser())
    for fault, browser, octets in (
        (Fault.BROWSER_VANISHES_SENDING, sending, half),
        (Fault.BROWSER_VANISHES_WAITING, waiting, whole),
    ):
        seen = _sent(browser, octets)
        note(
            fault,
            saw=f"no answer; the same page, sent again, {seen}",
            lost=Ending.BY_RELOAD if seen.status == 200 else Ending.ANEW,
            well="at the next try",
        )

    for passed, left in ((6, EACH + 1), (5, 1), (20, 0)):
        vanishing.pass_time(passed)
        eventually(lambda left=left: vanishing.waited_for() == left, "who is late is not waited for")
    _login(vanishing.browser())
    note(
        Fault.BROWSERS_VANISH,
        saw="nothing of it: others are served all the while",
        lost=Ending.GOES_ON,
        well="at the next try; the last of them is not waited for after 30 s",
    )
