"""What is kept of a login decides as the login did."""

from pathlib import Path

from gateway.attributes.values import RawAttributes
from gateway.login.kept import KeptLogins
from gateway.release.people import HeldLogin
from gateway.storage.sqlite_store import SqliteStore
from tests.support.held import HeldClock
from tests.support.releasing import NOW
from tests.support.user_held import EDUID, ROC, SAID_BY_EDUID, parties, released_with_consent


def test_of_a_user_held_identity_nothing_is_kept_but_who_it_is_and_what_the_school_said(tmp_path: Path) -> None:
    world, federation, api = parties()
    releases, clock = world.pipeline(federation), HeldClock(NOW)
    store, idp = SqliteStore(tmp_path / "kept.sqlite", clock=clock), federation.identity_providers[EDUID]
    kept = KeptLogins(store=store, federation=federation, releases=releases, clock=clock)
    reading = releases.read(RawAttributes(tuple(SAID_BY_EDUID.items())), idp, now=NOW)
    held, service = HeldLogin(ROC.brin), world.service
    outcome = released_with_consent(world, releases, idp, reading, held)
    held = HeldLogin(ROC.brin, outcome.said)
    kept.keep("one", service, EDUID, reading, seconds=60, reference="0", held=held)
    text = (store.get("kept:one") or b"").decode()
    assert not any(value in text for value in ("Zelfgekozen", "Achternaam", "prive@", "elders.example"))
    assert dict(kept.release("one", service).released.values) == dict(outcome.released.values)
    assert len(api.asked) == 1
