"""Which school a login is of (domain facts 1.3 and 1.5)."""

from dataclasses import replace

import pytest

from gateway.attributes.school import school_of
from gateway.attributes.values import Attributes
from gateway.domain.attribute import Attribute
from gateway.domain.brin import Brin
from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.language import Language
from gateway.domain.sector import Sector
from gateway.federation.models import IdpId, School
from gateway.federation.snapshot import Federation
from tests.support.small_federation import identity_provider

ONE = School(Brin("99XA"), {Language.NL: "Een"}, Sector.PO, domains=("een.example",))
BRANCH = School(Brin("99XB01"), {Language.NL: "Vestiging 1"}, Sector.VO)
OTHER_BRANCH = School(Brin("99XB02"), {Language.NL: "Vestiging 2"}, Sector.MBO)
ALONE = School(Brin("99XC00"), {Language.NL: "Hoofdvestiging"}, Sector.VO)
SCHOOLS = (ONE, BRANCH, OTHER_BRANCH, ALONE)
IDP = identity_provider(IdpId("hub"), *SCHOOLS)
FEDERATION = Federation.of(schools=SCHOOLS, identity_providers=(IDP,), services=(), agreements=())


def found(idp=IDP, **sent):
    values = {Attribute(name): (value,) if isinstance(value, str) else value for name, value in sent.items()}
    return school_of(Attributes(values), idp, FEDERATION)


def refusal(idp=IDP, **sent):
    with pytest.raises(SluisError) as caught:
        found(idp, **sent)
    return caught.value.code


def test_brin_of_four():
    assert found(school="99XA").school is ONE
    assert found(school="99XA").branch is None


def test_brin_of_six_belongs_to_the_institution_without_entry_of_its_own():
    assert found(school="99XA03").school is ONE
    assert str(found(school="99XA03").branch) == "99XA03"


def test_brin_of_six_with_its_own_entry():
    assert found(school="99XB02").school is OTHER_BRANCH


def test_the_branch_goes_before_the_institution():
    assert found(school="99XB", school_branch="99XB01").school is BRANCH


def test_institution_and_branch_in_one_attribute():
    assert found(school=("99XB", "99XB01")).school is BRANCH


def test_brin_of_four_of_which_only_one_branch_is_known():
    assert found(school="99XC").school is ALONE


def test_school_by_domain():
    assert found(school_domain="een.example").school is ONE


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({}, ErrorCode.BRIN_MISSING),
        ({"school": "99XB"}, ErrorCode.BRIN_AMBIGUOUS),
        ({"school": "99ZZ"}, ErrorCode.BRIN_UNKNOWN),
        ({"school": "99XB09"}, ErrorCode.BRIN_UNKNOWN),
        ({"school": "9XA"}, ErrorCode.BRIN_MALFORMED),
        ({"school": "99XA000"}, ErrorCode.BRIN_MALFORMED),
        ({"school": "99XA", "school_branch": "x"}, ErrorCode.BRIN_MALFORMED),
        ({"school_domain": "elders.example"}, ErrorCode.BRIN_UNKNOWN),
        ({"school": ("99XA", "99XC")}, ErrorCode.BRIN_AMBIGUOUS),
        ({"school": ("99XB01", "99XB02")}, ErrorCode.BRIN_AMBIGUOUS),
        ({"school": "99XA", "school_branch": "99XB01"}, ErrorCode.BRIN_AMBIGUOUS),
        ({"school": "99XB02", "school_branch": "99XB01"}, ErrorCode.BRIN_AMBIGUOUS),
        ({"school_domain": ("een.example", "elders.example")}, ErrorCode.BRIN_AMBIGUOUS),
    ],
)
def test_no_school(sent, code):
    assert refusal(**sent) is code


def test_a_school_that_this_identity_provider_does_not_speak_for():
    assert refusal(replace(IDP, schools=frozenset({BRANCH.brin})), school="99XA") is ErrorCode.BRIN_UNKNOWN


def test_a_tenant_of_one_school_need_not_name_it():
    tenant = replace(identity_provider(IdpId("tenant"), ONE), dialect="entra")

    assert found(tenant).school is ONE
    assert found(tenant, school_domain="een.example").school is ONE
    assert refusal(tenant, school_domain="twee.example") is ErrorCode.BRIN_UNKNOWN
    assert refusal(replace(IDP, dialect="entra")) is ErrorCode.BRIN_MISSING
    assert refusal(identity_provider(IdpId("other"), ONE)) is ErrorCode.BRIN_MISSING
