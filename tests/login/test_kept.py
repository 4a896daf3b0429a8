"""What is kept of a login decides as the login did: what a person did not let go stays so."""

from pathlib import Path

from gateway.attributes.values import RawAttributes
from gateway.domain.attribute import Attribute
from gateway.login.kept import KeptLogins
from gateway.release.people import HeldLogin
from gateway.release.record import Rule
from gateway.storage.sqlite_store import SqliteStore
from tests.support.held import HeldClock
from tests.support.releasing import NOW
from tests.support.user_held import EDUID, ROC, SAID_AT_SCHOOL, SAID_BY_EDUID, parties, released_with_consent


def test_what_was_refused_at_the_login_is_refused_whenever_it_is_asked_for_again(tmp_path: Path) -> None:
    world, federation, _ = parties()
    releases, clock = world.pipeline(federation), HeldClock(NOW)
    store = SqliteStore(tmp_path / "kept.sqlite", clock=clock)
    kept = KeptLogins(store=store, federation=federation, releases=releases, clock=clock)
    reading = releases.read(RawAttributes(tuple(SAID_AT_SCHOOL.items())), world.idp, now=NOW)
    for session, refused in (("one", frozenset[Attribute]()), ("two", frozenset({Attribute.GIVEN_NAME}))):
        kept.keep(session, world.service, world.idp.id, reading, seconds=60, reference="0", refused=refused)
    assert kept.release("one", world.service).released.values[Attribute.GIVEN_NAME] == ("Mo",)
    again = kept.release("two", world.service)
    assert Attribute.GIVEN_NAME not in again.released.values
    assert again.decision.rules[Attribute.GIVEN_NAME] is Rule.STOPPED_NOT_CONSENTED


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
