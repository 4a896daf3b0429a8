"""A service whose pages show the login in a frame: what the login sends on may be shown there, and nothing else."""

from dataclasses import replace
from pathlib import Path

import pytest

from gateway.domain.errors import ErrorCode, SluisError
from gateway.federation.snapshot import Federation
from gateway.login.steps import ChooseSchool, PostForm, Redirect, Refused
from tests.support.held import HeldClock, SeededRandomness
from tests.support.played_login import BROWSER, Login, played_login, request
from tests.support.small_federation import LEESPLEIN, PO_IDP, REGENBOOG, REKENTUIN, small_federation

PORTAL = ("https://portal.example",)


@pytest.fixture
def login(tmp_path: Path, clock: HeldClock, randomness: SeededRandomness) -> Login:
    small = small_federation()
    federation = Federation.of(
        schools=tuple(small.schools.values()),
        identity_providers=tuple(small.identity_providers.values()),
        services=(replace(small.services[LEESPLEIN], embedded_by=PORTAL), small.services[REKENTUIN]),
        agreements=small.agreements,
    )
    return played_login(tmp_path, clock, randomness, federation=federation)


def finished(login: Login, **changes: object) -> object:
    step = login.dispatcher.begin(request(**changes), BROWSER)
    assert isinstance(step, ChooseSchool)
    login.dispatcher.choose(step.login, REGENBOOG.brin, BROWSER)
    return login.dispatcher.finish(login.dispatcher.expect(login.attempt(), BROWSER), login.authentication(PO_IDP))


def test_the_answer_may_be_shown_where_the_login_was(login: Login) -> None:
    answer = finished(login)
    assert isinstance(answer, PostForm)
    assert answer.framed_by == PORTAL


def test_the_answer_of_another_service_may_not(login: Login) -> None:
    answer = finished(login, service=REKENTUIN)
    assert isinstance(answer, PostForm)
    assert answer.framed_by == ()


def test_a_silent_refusal_in_a_frame_of_its_own_comes_back(login: Login) -> None:
    refused = login.dispatcher.begin(request(passive=True), BROWSER)
    assert isinstance(refused, PostForm)
    assert refused.framed_by == PORTAL


def test_the_request_to_a_school_that_takes_posts_may_be_shown_too(login: Login) -> None:
    def post(*_: object) -> PostForm:
        return PostForm("https://po.example/sso", (("SAMLRequest", "asks"),))

    login.identity_providers.authenticate = post  # type: ignore[method-assign]
    sent = login.dispatcher.begin(request(idps=(PO_IDP,)), BROWSER)
    assert isinstance(sent, PostForm)
    assert sent.framed_by == PORTAL


def test_a_redirect_shows_nothing(login: Login) -> None:
    assert isinstance(login.dispatcher.begin(request(idps=(PO_IDP,)), BROWSER), Redirect)


def test_the_way_back_from_an_error_page_may_be_shown_in_it(login: Login) -> None:
    login.releases.refusal = SluisError(ErrorCode.ROLE_MISSING)
    refused = finished(login)
    assert isinstance(refused, Refused)
    assert isinstance(refused.back, PostForm)
    assert refused.back.framed_by == PORTAL
