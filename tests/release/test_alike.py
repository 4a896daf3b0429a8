"""Schools that are alike are explained once, and nothing that an explanation depends on is lost by it."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.domain.attribute import Attribute
from gateway.domain.brin import Brin
from gateway.domain.errors import SluisError
from gateway.domain.fallback import Fallback
from gateway.domain.reduction import Reduction
from gateway.domain.role import Role
from gateway.domain.sector import Sector
from gateway.federation.models import Agreement, IdentityProvider, IdpId, School, ServiceId
from gateway.federation.snapshot import Federation
from gateway.release.alike import alike
from gateway.release.explain import explain
from gateway.release.matrix import NOTHING, matrix
from tests.support.releasing import NOW, SCHOOL, TODAY, world

WORLD = world(
    Attribute.GIVEN_NAME, Attribute.SURNAME, Attribute.GROUP, Attribute.SCHOOL_DOMAIN, Attribute.DIGI_DELIVERY_ID
)
SERVICE = WORLD.service
OTHER = replace(SERVICE, id=ServiceId("other"))


def _agreement(brin: Brin, **changes: object) -> Agreement:
    own = Agreement(SERVICE.id, 1, TODAY - timedelta(days=30), None, f"A-{brin}", schools=frozenset({brin}))
    return replace(own, **changes)


def _federation(
    change: Callable[[School], School], agreed: dict[str, object], spoken: dict[str, object] | None
) -> Federation:
    """Two schools that are alike, and a third that differs in what is given."""
    like = [replace(SCHOOL, brin=Brin(f"9{number}XA"), board=None) for number in range(3)]
    schools = [*like[:2], change(like[2])]
    changes: list[dict[str, object]] = [{}, {}, agreed]
    idps: list[IdentityProvider] = [
        replace(WORLD.idp, id=IdpId(f"idp-{school.brin}"), schools=frozenset({school.brin}), **more)
        for school, more in zip(schools, ({}, {}, spoken), strict=True)
        if more is not None
    ]
    return Federation.of(
        schools=schools,
        identity_providers=idps,
        services=(SERVICE, OTHER),
        agreements=[_agreement(school.brin, **more) for school, more in zip(schools, changes, strict=True)],
    )


def _one_by_one(federation: Federation) -> Counter[tuple[str, str, str, str, str, bool]]:
    counted: Counter[tuple[str, str, str, str, str, bool]] = Counter()
    for school in federation.schools.values():
        for service in federation.services.values():
            for role in Role:
                try:
                    explained = explain(
                        federation=federation, policy=WORLD.policy, service=service, school=school, role=role, now=NOW
                    )
                except SluisError as error:
                    counted[service.id, role, NOTHING, error.code, "", False] += 1
                else:
                    for line in explained.lines:
                        counted[service.id, role, line.attribute, line.rule, line.reduction, line.released] += 1
    return counted


SAME: Callable[[School], School] = replace
DIFFERENCES = {
    "sector": (lambda school: replace(school, sector=Sector.SO), {}, {}),
    "denies": (lambda school: replace(school, denies={SERVICE.id: frozenset({Attribute.GIVEN_NAME})}), {}, {}),
    "domain": (lambda school: replace(school, domains=() if school.domains else ("third.example",)), {}, {}),
    "delivery id": (lambda school: replace(school, digi_delivery_id=None), {}, {}),
    "nobody speaks for it": (SAME, {}, None),
    "dialect": (SAME, {}, {"dialect": "surf"}),
    "no eck id": (SAME, {}, {"eck_id_sources": ()}),
    "over": (SAME, {"valid_until": TODAY - timedelta(days=1)}, {}),
    "not yet": (SAME, {"valid_from": TODAY + timedelta(days=1)}, {}),
    "suspended": (SAME, {"suspended": "because"}, {}),
    "groups": (SAME, {"groups": frozenset({"h2a"})}, {}),
    "reductions": (SAME, {"reductions": {Attribute.SURNAME: Reduction.INITIAL}}, {}),
    "namesakes": (SAME, {"namesakes": True}, {}),
    "fallback": (SAME, {"fallback": Fallback.NONE}, {}),
    "service": (SAME, {"service": OTHER.id}, {}),
}


@pytest.mark.parametrize("what", DIFFERENCES)
def test_a_school_that_differs_is_explained_on_its_own(what: str) -> None:
    federation = _federation(*DIFFERENCES[what])
    kinds = alike(federation, federation.schools.values(), TODAY)
    third = OTHER.id if what == "service" else SERVICE.id
    assert sorted((kind.service.id, kind.count) for kind in kinds) == sorted([(SERVICE.id, 2), (third, 1)])
    rows = matrix(federation=federation, policy=WORLD.policy, schools=federation.schools.values(), now=NOW)
    found = {(row.service, row.role, row.attribute, row.rule, row.reduction, row.released): row.schools for row in rows}
    assert found == _one_by_one(federation)


def test_what_nothing_depends_on_makes_no_difference() -> None:
    schools = [
        replace(SCHOOL, brin=Brin(f"{number:02}XB"), board=f"board-{number % 10}", place=f"Plaats {number}")
        for number in range(100)
    ]
    of_boards = [
        replace(
            _agreement(SCHOOL.brin), schools=frozenset(), boards=frozenset({f"board-{number}"}), reference=f"{number}"
        )
        for number in range(10)
    ]
    federation = Federation.of(
        schools=schools,
        identity_providers=(),
        services=(SERVICE,),
        agreements=[*of_boards, _agreement(schools[7].brin)],
    )
    [kind] = alike(federation, schools, TODAY)
    assert (kind.count, kind.service, kind.idps) == (100, SERVICE, ())
