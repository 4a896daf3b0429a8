"""Logins and logouts of several tabs and services, each able to break in on another between any two calls of the store.

After a logout that is done no service holds a session of what it ended, and nobody gets in without the school.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.attributes.canonical import Reading
from gateway.attributes.values import Attributes, RawAttributes
from gateway.domain.errors import SluisError
from gateway.federation.models import ServiceId
from gateway.login.messages import Authentication, LoginRequest
from gateway.login.sso.registry import Given, Visit
from gateway.login.sso.sign_on import SingleSignOn
from gateway.storage.contracts import Value
from tests.support.held import HeldClock, SeededRandomness
from tests.support.signing_on import HeldCookie, registry
from tests.support.small_federation import LEESPLEIN, PO_IDP, REGENBOOG, REKENTUIN, small_federation

pytestmark = pytest.mark.untraced

BROWSER = "browser"
FEDERATION = small_federation()


@dataclass
class Interrupted:
    """A store in memory; before the call whose number stands in `plan`, something else happens first, whole."""

    held: dict[str, bytes] = field(default_factory=dict)
    plan: dict[int, Callable[[], None]] = field(default_factory=dict)
    calls: int = 0

    def _call(self) -> None:
        self.calls += 1
        something = self.plan.pop(self.calls, None)
        if something is not None:
            something()

    def put(self, key: str, value: bytes, *, seconds: int) -> None:
        self._call()
        self.held[key] = value

    def add(self, key: str, value: bytes, *, seconds: int) -> bool:
        self._call()
        return self.held.setdefault(key, value) is value

    def add_all(self, values: Sequence[Value]) -> Sequence[bool]:
        return [self.add(one.key, one.value, seconds=one.seconds) for one in values]

    def get(self, key: str) -> bytes | None:
        self._call()
        return self.held.get(key)

    def take(self, key: str) -> bytes | None:
        self._call()
        return self.held.pop(key, None)

    def get_all(self, keys: Sequence[str]) -> Sequence[bytes | None]:
        return [self.get(key) for key in keys]

    def take_all(self, keys: Sequence[str]) -> Sequence[bytes | None]:
        return [self.take(key) for key in keys]

    def ping(self) -> None:
        """It is always there."""


class World:
    """One browser, two services, and a school that lets the person in again without a word."""

    def __init__(self) -> None:
        self.store = Interrupted()
        self.cookie = HeldCookie()
        self.clock, self.randomness = HeldClock(), SeededRandomness()
        self.registry = registry(self.store, self.randomness)
        self.sign_on = SingleSignOn(
            store=self.store,
            registry=self.registry,
            cookie=self.cookie,
            federation=FEDERATION,
            clock=self.clock,
            randomness=self.randomness,
            replaced=self.tell,
        )
        self.alive: dict[str, str] = {}
        self.told: set[str] = set()

    def login(self, service: ServiceId, account: str) -> None:
        """From the service's request to the session that it begins."""
        request = LoginRequest(service=service, reply="")
        before = self.sign_on.last_logout(BROWSER)
        session = self.sign_on.session_for(request, FEDERATION.services[service], BROWSER)
        try:
            if session is not None:
                visit = session.visit
            else:
                self.sign_on.check_not_logged_out(BROWSER, before)
                reading = Reading(Attributes(), account, frozenset(), (), 0)
                said = Authentication(PO_IDP, RawAttributes(()), "password", self.clock.now())
                visit = self.sign_on.remember(BROWSER, said, reading, REGENBOOG)
            login = self.randomness.token()
            self.sign_on.record(visit, Given(service, login, "name"))
        except SluisError:
            return
        # saml-core 3.7.3.2: a service that was told takes no assertion of that session that comes later.
        if login not in self.told:
            self.alive[login] = visit

    def logout(self) -> None:
        """All that the browser has, whoever asks for it."""
        visit = self.registry.of_browser(BROWSER)
        if visit is None:
            return
        self.registry.end(visit)
        self.tell(visit)

    def tell(self, visit: Visit) -> None:
        """Every service that got something hears of it."""
        for one in self.registry.given(visit.id):
            self.told.add(one.session)
            self.alive.pop(one.session, None)


ACTIONS = st.one_of(
    st.tuples(st.just("login"), st.sampled_from([REKENTUIN, LEESPLEIN]), st.sampled_from(["fenna", "fenna", "daan"])),
    st.tuples(st.just("logout"), st.none(), st.none()),
)


def act(world: World, action: tuple[str, Any, Any]) -> None:
    kind, service, account = action
    world.login(service, account) if kind == "login" else world.logout()


@settings(max_examples=300, derandomize=True)
@given(st.lists(st.tuples(ACTIONS, st.lists(st.tuples(st.integers(1, 40), ACTIONS), max_size=2)), max_size=6))
def test_no_session_survives_a_logout_that_is_done(
    story: list[tuple[tuple[str, Any, Any], list[tuple[int, tuple[str, Any, Any]]]]],
) -> None:
    world = World()
    for action, interruptions in story:
        base = world.store.calls
        for after, other in interruptions:
            world.store.plan[base + after] = lambda other=other: act(world, other)  # type: ignore[misc]
        act(world, action)
        world.store.plan.clear()
        for login, visit in world.alive.items():
            assert not world.registry.has_ended(visit), f"{login} outlived its logout"
    world.logout()
    held = {visit for visit in world.alive.values() if not world.registry.has_ended(visit)}
    assert held == set(world.alive.values())
    request = LoginRequest(service=LEESPLEIN, reply="", passive=True)
    assert world.sign_on.session_for(request, FEDERATION.services[LEESPLEIN], BROWSER) is None
