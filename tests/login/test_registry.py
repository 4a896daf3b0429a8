"""What leads to a visit lasts as long as what it gave."""

import pytest

from gateway.federation.models import ServiceId
from gateway.login.messages import UpstreamSession
from gateway.login.sso.registry import Given, Registry, Visit
from gateway.storage.sqlite_store import SqliteStore
from tests.support.held import HeldClock, SeededRandomness
from tests.support.small_federation import PO_IDP

SECONDS = 1000
UPSTREAM = UpstreamSession("fenna-sub", index="s9")
LOGIN = Visit("", "a browser", PO_IDP, "fenna", UPSTREAM, shared=False)


@pytest.fixture
def clock():
    return HeldClock()


@pytest.fixture
def registry(tmp_path, clock) -> Registry:
    store = SqliteStore(tmp_path / "held.sqlite", clock=clock)
    return Registry(store=store, randomness=SeededRandomness(1), seconds=SECONDS, login_seconds=60)


def test_a_login_at_the_school_prolongs_a_visit_and_every_way_to_it(registry, clock):
    first, _ = registry.open(LOGIN)
    for _ in range(3):
        clock.forward(seconds=SECONDS - 1)
        again, replaced = registry.open(LOGIN)
        assert (again, replaced) == (first, None)
    clock.forward(seconds=SECONDS - 1)

    assert registry.of_browser("a browser") == first
    assert registry.of_account(PO_IDP, "fenna") == (first,)
    assert registry.of_upstream(PO_IDP, name_id="fenna-sub", index=None) == (first,)
    assert registry.of_upstream(PO_IDP, name_id=None, index="s9") == (first,)


def test_a_visit_that_nobody_prolongs_is_gone(registry, clock):
    visit, _ = registry.open(LOGIN)
    registry.record(visit.id, Given(ServiceId("rekentuin"), "one", "a name"))
    clock.forward(seconds=SECONDS)

    assert registry.of_browser("a browser") is None
    assert registry.of_account(PO_IDP, "fenna") == ()
    assert registry.of_login("one", ServiceId("rekentuin")) is None
    assert registry.given(visit.id) == ()


def test_another_person_in_the_browser_begins_another_visit(registry):
    first, _ = registry.open(LOGIN)
    second, replaced = registry.open(Visit("", "a browser", PO_IDP, "daan", UpstreamSession(), shared=False))

    assert replaced == first
    assert second.id != first.id
    assert registry.of_browser("a browser") == second
