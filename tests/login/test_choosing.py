"""What is done with a choice of a school: agreed or not, and what the person can do when it was the wrong one."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from gateway.domain.brin import Brin
from gateway.domain.errors import ErrorCode, SluisError
from gateway.federation.models import Agreement
from gateway.federation.snapshot import Federation
from gateway.login.steps import ChooseSchool, Redirect, Refused
from tests.support.played_login import BROWSER, Login, request
from tests.support.small_federation import LEESPLEIN, PETTEFLAT, REGENBOOG, REKENTUIN, ZONNEBLOEM, small_federation

TODAY = date(2026, 9, 1)
_ZONNEBLOEM = frozenset({ZONNEBLOEM.brin})


def waiting(login: Login, **changes: Any) -> str:
    step = login.dispatcher.begin(request(**changes), BROWSER)
    assert isinstance(step, ChooseSchool)
    return step.login


def test_a_school_without_an_agreement_is_refused_before_anybody_logs_in_there(login: Login) -> None:
    refused = login.dispatcher.choose(waiting(login), ZONNEBLOEM.brin, BROWSER)
    assert isinstance(refused, Refused)
    assert refused.error.code is ErrorCode.AGREEMENT_MISSING
    assert refused.school == ZONNEBLOEM
    assert refused.back is not None, "the service hears it when the person goes back"
    assert login.identity_providers.asked == []


def test_another_school_can_be_chosen_then(login: Login) -> None:
    refused = login.dispatcher.choose(waiting(login), ZONNEBLOEM.brin, BROWSER)
    assert isinstance(refused, Refused)
    assert refused.choose
    assert isinstance(login.dispatcher.choose(refused.choose, PETTEFLAT.brin, BROWSER), Redirect)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"valid_until": date(2026, 8, 20)}, ErrorCode.AGREEMENT_EXPIRED),
        ({"valid_from": date(2026, 10, 1)}, ErrorCode.AGREEMENT_NOT_YET),
        ({"suspended": "the board thinks again"}, ErrorCode.AGREEMENT_SUSPENDED),
        ({}, None),
    ],
)
def test_it_is_said_why_nothing_goes_yet(changes: dict[str, Any], code: ErrorCode | None) -> None:
    federation = with_agreements(Agreement(LEESPLEIN, 1, date(2026, 8, 1), None, "Z-1", schools=_ZONNEBLOEM), **changes)
    assert refusal(federation) is code


def test_one_agreement_that_is_suspended_stops_nobody_whom_another_may_be_about() -> None:
    """Who somebody is shows after the login: pupils of a suspended group are refused then, and others let in."""
    first = Agreement(LEESPLEIN, 1, date(2026, 8, 1), None, "Z-1", schools=_ZONNEBLOEM)
    federation = with_agreements(first, replace(first, suspended="thinks again", groups=frozenset({"8a"})))
    assert refusal(federation) is None


def with_agreements(*agreements: Agreement, **changes: Any) -> Federation:
    small = small_federation()
    return Federation.of(
        schools=tuple(small.schools.values()),
        identity_providers=tuple(small.identity_providers.values()),
        services=tuple(small.services.values()),
        agreements=[replace(one, **changes) for one in agreements],
    )


def refusal(federation: Federation) -> ErrorCode | None:
    try:
        federation.check_agreed(LEESPLEIN, ZONNEBLOEM.brin, TODAY)
    except SluisError as error:
        return error.code
    return None


def test_a_school_that_only_people_with_an_identity_of_their_own_come_to_counts_by_its_agreement() -> None:
    small = small_federation()
    alone = Federation.of(
        schools=(REGENBOOG,),
        identity_providers=(),
        services=tuple(small.services.values()),
        agreements=small.agreements,
    )
    alone.check_agreed(REKENTUIN, Brin("99XA"), TODAY)
