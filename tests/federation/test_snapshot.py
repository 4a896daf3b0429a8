"""Look-ups of the snapshot: schools by BRIN, agreements by day."""

from dataclasses import replace
from datetime import date

import pytest

from gateway.domain.brin import Brin
from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.language import Language
from gateway.domain.role import Role
from gateway.domain.sector import Sector
from gateway.federation.models import Agreement, Member, School, ServiceId
from gateway.federation.snapshot import Federation
from tests.support.small_federation import PETTEFLAT, PO_IDP, VO_IDP, identity_provider, small_federation

X = ServiceId("x")
MAIN, BRANCH_1, BRANCH_2, ALONE = (
    School(Brin(brin), {Language.NL: brin}, Sector.VO, board="b") for brin in ("98AA", "98BB01", "98BB02", "98CC01")
)
FEDERATION = Federation.of(schools=(MAIN, BRANCH_1, BRANCH_2, ALONE), identity_providers=(), services=(), agreements=())


@pytest.mark.parametrize(
    ("sent", "school"),
    [("98AA", MAIN), ("98AA07", MAIN), ("98BB02", BRANCH_2), ("98CC", ALONE), ("98CC01", ALONE)],
    ids=["its own", "a branch without an entry", "a branch with one", "an institution of one branch", "that branch"],
)
def test_the_school_of_a_brin(sent, school):
    assert FEDERATION.school_by_brin(Brin(sent)) is school


@pytest.mark.parametrize(
    ("sent", "code"),
    [("98BB", ErrorCode.BRIN_AMBIGUOUS), ("98ZZ", ErrorCode.BRIN_UNKNOWN), ("98BB03", ErrorCode.BRIN_UNKNOWN)],
)
def test_a_brin_that_says_no_school(sent, code):
    with pytest.raises(SluisError) as caught:
        FEDERATION.school_by_brin(Brin(sent))
    assert caught.value.code is code


def _agreement(reference: str, begins: str, ends: str | None = None, **whose: frozenset) -> Agreement:
    until = date.fromisoformat(ends) if ends else None
    return Agreement(X, 1, date.fromisoformat(begins), until, reference, **whose)


OF_SCHOOL = {"schools": frozenset({MAIN.brin})}
OF_BOARD = {"boards": frozenset({"b"})}


@pytest.mark.parametrize(
    ("agreements", "today", "reference"),
    [
        ([_agreement("A", "2026-08-01", "2026-08-31", **OF_SCHOOL)], "2026-08-01", "A"),
        ([_agreement("A", "2026-08-01", "2026-08-31", **OF_SCHOOL)], "2026-08-31", "A"),
        ([_agreement("A", "2026-08-01", **OF_BOARD)], "2030-01-01", "A"),
        ([_agreement("B", "2026-08-01", **OF_BOARD), _agreement("A", "2026-07-01", **OF_SCHOOL)], "2026-09-01", "A"),
        ([_agreement("A", "2026-08-01", **OF_SCHOOL), _agreement("B", "2026-09-01", **OF_SCHOOL)], "2026-09-01", "B"),
        ([_agreement("A", "2026-08-01", **OF_SCHOOL), _agreement("B", "2026-09-01", **OF_SCHOOL)], "2026-08-31", "A"),
        (
            [_agreement("A", "2026-08-01", "2026-08-02", **OF_SCHOOL), _agreement("B", "2026-08-01", **OF_BOARD)],
            "2026-09-01",
            "B",
        ),
    ],
    ids=[
        "on its first day",
        "on its last day",
        "without an end",
        "the school's own before its board's",
        "the one that began last",
        "not before it begins",
        "the board's after the school's own",
    ],
)
def test_the_agreement_in_force(agreements, today, reference):
    federation = Federation.of(schools=(MAIN,), identity_providers=(), services=(), agreements=agreements)

    assert federation.agreement(X, MAIN, date.fromisoformat(today)).reference == reference


@pytest.mark.parametrize(
    ("agreements", "today", "code"),
    [
        ([], "2026-09-01", ErrorCode.AGREEMENT_MISSING),
        ([_agreement("A", "2026-08-01", "2026-08-31", **OF_SCHOOL)], "2026-09-01", ErrorCode.AGREEMENT_EXPIRED),
        ([_agreement("A", "2026-08-01", **OF_SCHOOL)], "2026-07-31", ErrorCode.AGREEMENT_NOT_YET),
        (
            [_agreement("A", "2025-08-01", "2025-09-01", **OF_SCHOOL), _agreement("B", "2026-10-01", **OF_SCHOOL)],
            "2026-09-01",
            ErrorCode.AGREEMENT_NOT_YET,
        ),
    ],
)
def test_no_agreement_in_force(agreements, today, code):
    federation = Federation.of(schools=(MAIN,), identity_providers=(), services=(), agreements=agreements)

    with pytest.raises(SluisError) as caught:
        federation.agreement(X, MAIN, date.fromisoformat(today))
    assert caught.value.code is code


def test_a_school_without_a_board_has_no_part_in_anybodys():
    alone = School(Brin("98DD"), {Language.NL: "D"}, Sector.VO)
    agreements = [_agreement("B", "2026-08-01", **OF_BOARD)]
    federation = Federation.of(schools=(alone,), identity_providers=(), services=(), agreements=agreements)

    with pytest.raises(SluisError) as caught:
        federation.agreement(X, alone, date(2026, 9, 1))
    assert caught.value.code is ErrorCode.AGREEMENT_MISSING


def test_discovery_is_in_the_order_of_names_and_leads_to_an_identity_provider():
    federation = small_federation()

    assert [choice.school.names[Language.NL] for choice in federation.choices] == [
        "De Regenboog",
        "Petteflat College",
        "Zonnebloem",
    ]
    assert federation.offered == {PO_IDP, VO_IDP}
    choice = federation.choice(PETTEFLAT.brin)
    assert choice is not None
    assert choice.idp == VO_IDP
    assert federation.choice(Brin("98ZZ")) is None


def test_of_two_identity_providers_of_a_school_the_first_by_id_is_used():
    federation = Federation.of(
        schools=(PETTEFLAT,),
        identity_providers=(identity_provider(VO_IDP, PETTEFLAT), identity_provider(PO_IDP, PETTEFLAT)),
        services=(),
        agreements=(),
    )

    choice = federation.choice(PETTEFLAT.brin)
    assert choice is not None
    assert choice.idp == min(VO_IDP, PO_IDP)


def test_a_suspension_stops_what_it_covers_and_no_more():
    here = replace(
        _agreement("A", "2026-08-01", **OF_SCHOOL), branches=frozenset({Brin("98AA01")}), suspended="a breach"
    )
    rest = _agreement("B", "2026-07-01", **OF_BOARD)
    federation = Federation.of(schools=(MAIN,), identity_providers=(), services=(), agreements=(here, rest))
    today = date(2026, 9, 7)
    covered, other = (Member(Role.STUDENT, Brin(brin), ()) for brin in ("98AA01", "98AA02"))
    with pytest.raises(SluisError) as caught:
        federation.agreement(X, MAIN, today, covered)
    assert caught.value.code is ErrorCode.AGREEMENT_SUSPENDED
    assert federation.agreement(X, MAIN, today, other) is rest


@pytest.mark.parametrize(
    ("role", "branch", "groups", "covered"),
    [
        (Role.STUDENT, "98AA01", ("H2A",), True),
        (Role.STUDENT, "98AA01", ("H3C",), False),
        (Role.STUDENT, "98AA01", (), False),
        (Role.EMPLOYEE, "98AA01", (), True),
        (Role.EMPLOYEE, "98AA02", (), False),
        (Role.STUDENT, None, ("H2A",), False),
    ],
)
def test_whom_an_agreement_covers(role, branch, groups, covered):
    limited = replace(
        _agreement("A", "2026-08-01", **OF_SCHOOL), branches=frozenset({Brin("98AA01")}), groups=frozenset({"h2a"})
    )
    federation = Federation.of(schools=(MAIN,), identity_providers=(), services=(), agreements=(limited,))
    member = Member(role, Brin(branch) if branch else None, groups)
    if covered:
        assert federation.agreement(X, MAIN, date(2026, 9, 7), member) is limited
        return
    with pytest.raises(SluisError) as caught:
        federation.agreement(X, MAIN, date(2026, 9, 7), member)
    assert caught.value.code is ErrorCode.AGREEMENT_NOT_COVERING
