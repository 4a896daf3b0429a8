"""What a hint means that names an identity provider, and not a school."""

from dataclasses import replace
from datetime import date

import pytest

from gateway.federation.hinted import hinted_provider, hinted_school
from gateway.federation.models import IdpId
from gateway.federation.snapshot import Federation
from tests.support.small_federation import (
    LEESPLEIN,
    PETTEFLAT,
    PO_IDP,
    REGENBOOG,
    VO_IDP,
    identity_provider,
    small_federation,
)

TODAY = date(2026, 9, 7)


@pytest.mark.parametrize("name", [VO_IDP, f"https://{VO_IDP}.example/idp"])
def test_a_hub_is_meant_by_its_id_or_entity_id(name: str) -> None:
    federation = small_federation()
    assert hinted_school(federation, idp=name) is None
    assert hinted_provider(federation, name, LEESPLEIN, TODAY) == VO_IDP


def test_of_one_school_the_school_is_meant() -> None:
    federation = small_federation()
    assert hinted_school(federation, idp=PO_IDP) == REGENBOOG.brin
    assert hinted_school(federation, school=str(PETTEFLAT.brin)) == PETTEFLAT.brin


def test_nobody_is_nobody() -> None:
    assert hinted_provider(small_federation(), "nobody", LEESPLEIN, TODAY) is None


def test_who_holds_identities_is_meant_only_for_services_that_take_them() -> None:
    known = small_federation()
    holder = replace(identity_provider(IdpId("eduid"), REGENBOOG), dialect="eduid")
    federation = Federation.of(
        schools=tuple(known.schools.values()),
        identity_providers=(*known.identity_providers.values(), holder),
        services=tuple(known.services.values()),
        agreements=(),
    )
    assert hinted_provider(federation, "eduid", LEESPLEIN, TODAY) is None
    assert hinted_school(federation, idp="eduid") is None
