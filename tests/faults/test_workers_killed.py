"""`kill -9` of a worker of `sluis serve` at every step of a login: a row without answer may be, never the reverse."""

import itertools
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from gateway.storage import ledger_reading
from gateway.storage.ledger_verification import verify
from tests.bench.oidc_saml import Client, write_client
from tests.bench.parties import Driver
from tests.faults.dying import HEADER
from tests.faults.page import Ending, Fault, Seen, note
from tests.faults.people import FAR_AHEAD, LONG_AGO
from tests.support.child_process import Address, free_address, serving
from tests.support.outages import OnServers

pytestmark = pytest.mark.untraced

GETS_IN = "gets in"
MOST_STEPS = 40
_FIRST_IDS = itertools.count(5_000_000_000, 1000)
"""Of pupils, and of their messages: no other test's on these servers."""
Request = Callable[[], str]


@dataclass
class Wire:
    """How a party sends: what the next request says of where to die, if anything."""

    dies_at: int | None = None

    def headers(self) -> dict[str, str]:
        """Said once."""
        said, self.dies_at = self.dies_at, None
        return {} if said is None else {HEADER: str(said)}


@dataclass
class Pupil(Driver):
    """Somebody who reads English, on a connection for each request."""

    language: str = "en"
    wire: Wire = field(default_factory=Wire)
    sent: tuple[str, str, str | None] | None = None

    def _ask(
        self, method: str, path: str, body: str | None = None, more: dict[str, str] | None = None
    ) -> tuple[int, str, str]:
        self.sent = method, path, body
        headers = {**(more or {}), **self.wire.headers()}
        with closing(self._connection):
            return super()._ask(method, path, body, headers)

    def starts(self) -> Request:
        """The service's request."""

        def send() -> str:
            status, _, page = self._ask(*self.sent) if self.sent else self.ask()
            return "goes on to the school" if status == 303 else str(Seen(status, page))

        return send

    def comes_back(self) -> Request:
        """The school's answer."""
        attempt, request = self.begin()
        response = etree.tostring(self.response(request))
        return lambda: str(Seen(*self.answer(attempt, response)))


@dataclass
class Relying(Client):
    """A client on a connection for each request."""

    wire: Wire = field(default_factory=Wire)

    def _send(
        self, method: str, path: str, form: dict[str, str] | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, str, dict[str, Any]]:
        with closing(self._connection):
            return super()._send(method, path, form, {**(headers or {}), **self.wire.headers()})

    def redeems(self) -> Request:
        """Its token request."""
        self.bring(self.arrive())
        return lambda: self._words(*self._send("POST", "/oidc/token", self._redeemed, self._basic))

    def asks(self) -> Request:
        """Its request at UserInfo."""
        self.bring(self.arrive())
        _, tokens = self._ask("POST", "/oidc/token", self._redeemed, self._basic)
        bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
        return lambda: self._words(*self._send("GET", "/oidc/userinfo", None, bearer))

    @staticmethod
    def _words(status: int, _location: str, told: dict[str, Any]) -> str:
        return "gets in" if status == 200 else f"error `{told.get('error')}` ({status})"


@dataclass(frozen=True)
class Mortal:
    """A gateway with two workers, and the servers that it stands on."""

    address: Address
    on: OnServers

    def pupil(self) -> Pupil:
        """The next one."""
        made = Pupil(self.address.host, self.address.port)
        made.begin_at(next(_FIRST_IDS))
        return made

    def client(self) -> Relying:
        """The client, with the next pupil."""
        made = Relying(self.address.port, "mortal")
        made.begin_at(next(_FIRST_IDS))
        return made


@pytest.fixture(scope="module")
def mortal(servers: OnServers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mortal]:
    directory = tmp_path_factory.mktemp("mortal") / "gateway"
    address = free_address("127.0.0.1")
    shutil.copytree(servers.directory, directory, ignore=shutil.ignore_patterns("var"))
    write_client(directory, "mortal", "RS256")
    text = (directory / "gateway.yaml").read_text()
    text = re.sub(r"^base_url: .*$", f"base_url: {address.url}", text, flags=re.MULTILINE)
    text = re.sub(r"^listen: .*$", f'listen: "{address.host}:{address.port}"', text, flags=re.MULTILINE)
    # Nothing here hangs: a busy machine is only slow.
    (directory / "gateway.yaml").write_text(text.replace("{kind: redis, ", "{kind: redis, timeout: 10s, "))
    (directory / "var").mkdir()
    root = Path(__file__).parents[2]
    with serving(
        (sys.executable, "-m", "tests.faults.dying", "serve", directory),
        address=address,
        log=directory / "var/printed.log",
        environment={"PYTHONPATH": str(root)},
    ):
        yield Mortal(address, servers)


def killed_at_every_step(mortal: Mortal, begin: Callable[[], tuple[Wire, Request]]) -> tuple[set[str], int]:
    """What the same request, sent again, came to after each kill, and how many releases there must be."""
    outcomes: set[str] = set()
    for step in range(MOST_STEPS):
        wire, send = begin()
        wire.dies_at = step
        try:
            answer = send()
        except (HTTPException, ConnectionError):
            outcomes.add(send())
        else:
            assert step > 2, "it was killed at some step"
            # Somebody else got in after each of the steps before.
            return outcomes, step + (answer == GETS_IN)
        mortal.pupil().login()
    raise AssertionError("there is no end to its steps")


@pytest.mark.parametrize(
    ("fault", "begin", "unharmed", "lost"),
    [
        (Fault.WORKER_AT_START, lambda one: _of(one.pupil(), Pupil.starts), "goes on to the school", Ending.BEGINS),
        (Fault.WORKER_AT_ANSWER, lambda one: _of(one.pupil(), Pupil.comes_back), GETS_IN, Ending.BY_RELOAD),
        (Fault.WORKER_AT_TOKEN, lambda one: _of(one.client(), Relying.redeems), GETS_IN, Ending.BY_RELOAD),
        (Fault.WORKER_AT_USERINFO, lambda one: _of(one.client(), Relying.asks), GETS_IN, Ending.BY_RELOAD),
    ],
    ids=lambda one: one.name if isinstance(one, Fault) else "",
)
def test_a_worker_is_killed_at_every_step(
    fault: Fault, begin: Callable[[Mortal], tuple[Wire, Request]], unharmed: str, lost: Ending, mortal: Mortal
) -> None:
    before = len(all_released(mortal))
    outcomes, released_to = killed_at_every_step(mortal, lambda: begin(mortal))
    assert len(all_released(mortal)) - before >= released_to, "never an answer without its row"
    assert verify(mortal.on.parts.engine, mortal.on.parts.keys.ledger.all).flaws == ()
    saw = f"no answer; the same request, sent again, {' or '.join(sorted(outcomes))}"
    note(fault, saw=saw, lost=lost if outcomes == {unharmed} else f"at most {Ending.ANEW}", well="at the next try")


def all_released(mortal: Mortal) -> list[str]:
    """A reference for each row of a release."""
    rows = ledger_reading.rows_between(mortal.on.parts.engine, since=LONG_AGO, until=FAR_AHEAD)
    return [one.chained.row.reference for one in rows if one.chained.row.outcome == "released"]


def _of(party: Any, begins: Callable[[Any], Request]) -> tuple[Wire, Request]:
    return party.wire, begins(party)
