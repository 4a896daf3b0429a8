"""Hints and the usual school: straight to a school, and back to the question when that was the wrong one."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from gateway.domain.brin import Brin
from gateway.domain.errors import ErrorCode, SluisError
from gateway.federation.models import IdpId, ServiceId
from gateway.federation.snapshot import Federation
from gateway.login.contracts import UsualSchool
from gateway.login.hints import Hints
from gateway.login.steps import ChooseSchool, PostForm, Redirect, Step
from tests.support.held import HeldClock, SeededRandomness
from tests.support.played_login import BROWSER, Login, played_login, request
from tests.support.small_federation import LEESPLEIN, PETTEFLAT, PO_IDP, REGENBOOG, REKENTUIN, VO_IDP, ZONNEBLOEM

THERE = UsualSchool(PETTEFLAT.brin)


@dataclass
class Remembers:
    """A browser: fulfils Notified, Hinted and Usual."""

    hints: dict[ServiceId, tuple[Brin, bool]] = field(default_factory=dict)
    schools: dict[ServiceId, UsualSchool] = field(default_factory=dict)
    portal: IdpId | None = None

    def idp(self) -> IdpId | None:
        return self.portal

    def school(self, service: ServiceId) -> Brin | None:
        return self.hints[service][0] if service in self.hints else None

    def gone(self, service: ServiceId, school: Brin) -> bool:
        return self.hints.get(service) == (school, True)

    def keep(self, service: ServiceId, school: Brin, *, gone: bool = False) -> None:
        self.hints[service] = school, gone

    def forget(self, service: ServiceId | None = None) -> None:
        if service is None:
            self.portal = None
        else:
            self.hints.pop(service, None)

    def usual(self, service: ServiceId) -> UsualSchool | None:
        return self.schools.get(service)

    def keep_usual(self, service: ServiceId, school: UsualSchool) -> None:
        self.schools[service] = school

    def forget_usual(self, service: ServiceId) -> None:
        self.schools.pop(service, None)


@pytest.fixture
def remembers() -> Remembers:
    return Remembers()


@pytest.fixture
def login(tmp_path: Path, clock: HeldClock, randomness: SeededRandomness, remembers: Remembers) -> Login:
    def hints(federation: Federation) -> Hints:
        return Hints(federation, clock, remembers, remembers, remembers)

    return played_login(tmp_path, clock, randomness, hints=hints)


def begin(login: Login, **changes: Any) -> Step:
    return login.dispatcher.begin(request(**changes), BROWSER)


def asked(login: Login, **changes: Any) -> str:
    """The login that waits for a school."""
    step = begin(login, **changes)
    assert isinstance(step, ChooseSchool)
    return step.login


def back_from_school(login: Login, idp: IdpId) -> Step:
    expectation = login.dispatcher.expect(login.attempt(), BROWSER)
    return login.dispatcher.finish(expectation, login.authentication(idp))


def left(login: Login, code: ErrorCode = ErrorCode.IDP_CANCELLED) -> Step:
    return login.dispatcher.fail(login.dispatcher.expect(login.attempt(), BROWSER), SluisError(code))


def choose(login: Login, brin: Brin, idp: IdpId, *, keep: bool) -> None:
    login.dispatcher.choose(asked(login, force=True), brin, BROWSER, keep=keep)
    back_from_school(login, idp)


def test_a_school_is_kept_once_somebody_has_logged_in_there(login: Login, remembers: Remembers) -> None:
    login.dispatcher.choose(asked(login), PETTEFLAT.brin, BROWSER, keep=True)
    assert remembers.schools == {}, "a slip of the finger is not kept"
    back_from_school(login, VO_IDP)
    assert remembers.schools == {LEESPLEIN: THERE}
    assert isinstance(begin(login, force=True), Redirect)
    assert login.identity_providers.asked[-1][0] == VO_IDP
    assert login.identity_providers.asked[-1][1].force, "straight to the school, and logging in there anew"


def test_who_does_not_want_it_is_asked_again(login: Login, remembers: Remembers) -> None:
    choose(login, PETTEFLAT.brin, VO_IDP, keep=False)
    assert remembers.schools == {}
    assert asked(login, force=True)


def test_it_holds_for_this_service_alone(login: Login, remembers: Remembers) -> None:
    remembers.schools[REKENTUIN] = UsualSchool(REGENBOOG.brin)
    assert asked(login)


def test_whoever_comes_back_without_a_login_is_asked_with_that_school_on_top(
    login: Login, remembers: Remembers
) -> None:
    remembers.schools[LEESPLEIN] = THERE
    assert isinstance(begin(login), Redirect)
    waiting = asked(login)
    assert login.dispatcher.discovery(waiting, BROWSER).hinted == PETTEFLAT.brin
    login.dispatcher.choose(waiting, PETTEFLAT.brin, BROWSER)
    back_from_school(login, VO_IDP)
    assert remembers.schools == {LEESPLEIN: THERE}, "it was theirs after all"
    assert isinstance(begin(login, force=True), Redirect)


def test_somebody_of_another_school_who_chooses_it_is_not_led_away_again(login: Login, remembers: Remembers) -> None:
    remembers.schools[LEESPLEIN] = THERE
    begin(login)
    choose(login, REGENBOOG.brin, PO_IDP, keep=False)
    assert remembers.schools == {}


@pytest.mark.parametrize("code", [ErrorCode.IDP_CANCELLED, ErrorCode.IDP_REFUSED])
@pytest.mark.parametrize("hint", ["usual", "service", "portal"])
def test_who_leaves_a_school_that_they_did_not_choose_can_choose_one(
    login: Login, remembers: Remembers, code: ErrorCode, hint: str
) -> None:
    if hint == "usual":
        remembers.schools[LEESPLEIN] = THERE
    remembers.portal = VO_IDP if hint == "portal" else None
    begin(login, school=PETTEFLAT.brin if hint == "service" else None)
    step = left(login, code)
    assert isinstance(step, ChooseSchool)
    assert login.services.refused == [], "the service waits still"
    login.dispatcher.choose(step.login, REGENBOOG.brin, BROWSER)
    assert isinstance(back_from_school(login, PO_IDP), PostForm)


def test_who_leaves_the_school_that_they_chose_goes_back_to_the_service(login: Login) -> None:
    login.dispatcher.choose(asked(login), PETTEFLAT.brin, BROWSER)
    assert isinstance(left(login), PostForm)
    assert login.services.refused == [ErrorCode.IDP_CANCELLED]


def test_a_silent_login_that_a_hint_led_astray_shows_no_page(login: Login, remembers: Remembers) -> None:
    remembers.schools[LEESPLEIN] = THERE
    begin(login, passive=True)
    assert login.identity_providers.asked[-1][1].passive
    assert isinstance(left(login, ErrorCode.IDP_REFUSED), PostForm)
    assert isinstance(begin(login), Redirect), "it does not count as a try"


@pytest.mark.parametrize(
    ("kept", "changes"),
    [
        (THERE, {"choose": True}),
        (UsualSchool(ZONNEBLOEM.brin), {}),
        (UsualSchool(Brin("99ZZ")), {}),
        (UsualSchool(PETTEFLAT.brin, held=True), {}),
    ],
    ids=["the service wants a choice", "no agreement any more", "it left", "no identity of one's own there any more"],
)
def test_it_leads_nowhere_that_the_page_would_not_offer(
    login: Login, remembers: Remembers, kept: UsualSchool, changes: dict[str, Any]
) -> None:
    remembers.schools[LEESPLEIN] = kept
    assert asked(login, **changes)


def test_what_the_service_says_goes_before_what_the_person_once_chose(login: Login, remembers: Remembers) -> None:
    remembers.schools[LEESPLEIN] = THERE
    begin(login, school=REGENBOOG.brin)
    assert login.identity_providers.asked[-1][0] == PO_IDP
    assert asked(login, school=REGENBOOG.brin), "nor does it lead on to the other then"


def test_what_a_portal_says_goes_before_it_too(login: Login, remembers: Remembers) -> None:
    remembers.schools[LEESPLEIN], remembers.portal = THERE, PO_IDP
    begin(login)
    assert login.identity_providers.asked[-1][0] == PO_IDP


@pytest.mark.parametrize(
    ("school", "idp"), [(PETTEFLAT.brin, VO_IDP), (REGENBOOG.brin, PO_IDP)], ids=["behind a hub", "its own"]
)
def test_a_hint_of_a_school_leads_to_whoever_speaks_for_it(login: Login, school: Brin, idp: IdpId) -> None:
    assert isinstance(begin(login, school=school), Redirect)
    assert login.identity_providers.asked[-1][0] == idp


def test_a_hint_of_a_school_behind_a_hub_that_has_no_agreement_leads_to_the_question(login: Login) -> None:
    assert asked(login, school=ZONNEBLOEM.brin), "though others behind that hub have one"
