"""An identity provider that speaks of people who are not its own: in its metadata, and in what it asserts."""

from dataclasses import replace

import pytest

from gateway.attributes.values import RawAttributes
from gateway.domain.attribute import Attribute
from gateway.domain.brin import Brin
from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.language import Language
from gateway.domain.sector import Sector
from gateway.federation.metadata.document import MetadataRejected
from gateway.federation.metadata.scopes import NO_SCOPES, Scopes
from gateway.federation.models import School
from tests.support import releasing
from tests.support.configuration import idp_document
from tests.support.parsed_metadata import parse_idp
from tests.support.releasing import ECK_ID, NOW, SCHOOL, World, world

MACE = "urn:mace:dir:attribute-def:"
EPPN, AFFILIATION = f"{MACE}eduPersonPrincipalName", f"{MACE}eduPersonScopedAffiliation"
HOME = "urn:mace:terena.org:attribute-def:schacHomeOrganization"
SENT = {
    EPPN: ("fenna@regenboog.example",),
    AFFILIATION: ("student@regenboog.example",),
    HOME: ("regenboog.example",),
    "urn:mace:surf.nl:attribute-def:eckid": (ECK_ID,),
}
NEIGHBOUR = School(Brin("99XB"), {Language.NL: "Zonnebloem"}, Sector.PO, domains=("zonnebloem.example",))
OWN = Scopes(frozenset({"regenboog.example"}), (".regenboog.example",))


def school(scopes: Scopes = OWN) -> World:
    """A school whose metadata declares these scopes, beside a school that it does not speak for."""
    made = world(Attribute.ROLE)
    made.idp = replace(made.idp, dialect="surf", party=replace(made.idp.saml, scopes=scopes))
    made.schools = (*made.schools, NEIGHBOUR)
    return made


def refusal(made: World, **changed: str) -> ErrorCode:
    sent = {
        **SENT,
        **{{"eppn": EPPN, "affiliation": AFFILIATION, "home": HOME}[key]: (value,) for key, value in changed.items()},
    }
    with pytest.raises(SluisError) as caught:
        made.release(sent)
    return caught.value.code


def test_what_is_its_own_is_released():
    for scopes in (OWN, NO_SCOPES):
        made = school(scopes)
        assert made.release(SENT).school == SCHOOL
        assert made.release({**SENT, EPPN: ("fenna@LOCATIE.Regenboog.example",)}).school == SCHOOL


@pytest.mark.parametrize(
    "eppn",
    [
        "fenna@elders.example",
        "fenna@notregenboog.example",
        "fenna@regenboog.example.elders.example",
        "fenna@elders.example@regenboog.example",
        "fenna@",
        "fenna@.regenboog.example",
        "fenna",
    ],
)
def test_a_principal_of_another_domain(eppn: str):
    made = school()
    assert refusal(made, eppn=eppn) is ErrorCode.SCOPE_FOREIGN
    (row,) = made.records.ledger
    assert (row.outcome, row.code) == ("refused", "scope_foreign")
    (anomaly,) = made.records.anomalies
    assert anomaly.kind == "scope_foreign"


def test_a_principal_of_another_domain_is_shown_nothing_beforehand():
    made = school()
    pipeline = made.pipeline()
    sent = {**SENT, EPPN: ("fenna@elders.example",)}
    reading = pipeline.read(RawAttributes(tuple(sent.items())), made.idp, now=NOW)
    with pytest.raises(SluisError) as caught:
        pipeline.proposed(service=made.service, idp=made.idp, reading=reading, now=NOW)
    assert caught.value.code is ErrorCode.SCOPE_FOREIGN


def test_a_school_of_another_domain():
    assert refusal(school(), home="elders.example") is ErrorCode.SCOPE_FOREIGN


def test_an_affiliation_of_another_domain_counts_for_nothing():
    made = school()
    assert refusal(made, affiliation="employee@elders.example") is ErrorCode.ROLE_MISSING
    both = {**SENT, AFFILIATION: ("employee@elders.example", "student@regenboog.example")}
    assert made.release(both).decision.role == "student"
    assert b'sluis_foreign_scopes_total{idp="po",name="' + AFFILIATION.encode() in made.metrics.render()


@pytest.mark.parametrize("scopes", [NO_SCOPES, Scopes(frozenset({"regenboog.example", "zonnebloem.example"}))])
def test_an_entity_claims_the_scope_of_another_school(scopes: Scopes):
    """Whatever its metadata claims: the configuration says who speaks for the school of that domain."""
    made = school(scopes)
    assert refusal(made, eppn="fenna@zonnebloem.example") is ErrorCode.SCOPE_FOREIGN
    assert refusal(made, affiliation="student@Zonnebloem.example") is ErrorCode.ROLE_MISSING
    assert refusal(made, home="zonnebloem.example") is ErrorCode.BRIN_UNKNOWN


CODE = "urn:schac:personalUniqueCode:nl:local"
REALMS = {
    "nlEduPersonRealId": (
        "fenna@regenboog",
        "fenna@regenboog.example",
        "fenna@1.regenboog.example",
        "fenna@elders",
        "f",
    ),
    "nlEduPersonProfileId": ("4711@1.regenboog.example", "4711@regenboog", "4711@1.regenboog", "4711@x"),
}
STOLEN = [
    ("entree", "nlEduPersonRealId", "daan@zonnebloem.example"),
    ("entree", "nlEduPersonRealId", "daan@Zonnebloem"),
    ("entree", "nlEduPersonRealId", "daan@zonnebloem.example@regenboog.example"),
    ("entree", "nlEduPersonRealId", "daan@regenboog.example@zonnebloem.example"),
    ("entree", "nlEduPersonProfileId", "12@zonnebloem.example"),
    ("entree", "nlEduPersonProfileId", "12@1.zonnebloem.example"),
    ("entree", "nlEduPersonProfileId", "12@01.zonnebloem"),
    ("oidc-standard", "eduperson_principal_name", "daan@zonnebloem.example"),
    ("oidc-standard", "nlEduPersonRealId", "daan@zonnebloem"),
    ("oidc-standard", "schac_personal_unique_code", f"{CODE}:zonnebloem.example:studentid:12"),
    ("entra", "schac_personal_unique_code", f"{CODE}:zonnebloem.example:studentid:12"),
    ("surf", "urn:schac:attribute-def:schacPersonalUniqueCode", f"{CODE}:Zonnebloem.example:studentid:12"),
]


@pytest.mark.parametrize(("dialect", "name", "value"), STOLEN)
def test_an_identifier_of_somebody_at_another_school(dialect: str, name: str, value: str):
    """A service whose roster is keyed by it would let in whoever the school likes, as a pupil of another school."""
    made = school(NO_SCOPES)
    made.idp = replace(made.idp, dialect=dialect)
    sent = {"roles" if dialect == "entra" else "eduPersonAffiliation": ("student",), name: (value,), HOME: SENT[HOME]}
    with pytest.raises(SluisError) as caught:
        made.release(sent, name_id="fenna")
    assert caught.value.code is ErrorCode.SCOPE_FOREIGN
    assert [one.kind for one in made.records.anomalies] == ["scope_foreign"]
    assert value not in str(caught.value.hint)


@pytest.mark.parametrize(("name", "value"), [(name, one) for name, values in REALMS.items() for one in values])
@pytest.mark.parametrize("scopes", [OWN, NO_SCOPES])
def test_a_realm_of_its_own_or_of_nobody_is_read(name: str, value: str, scopes: Scopes):
    """A realm need not be a domain, nor stand among the scopes of metadata (domain facts 1.4)."""
    made = school(scopes)
    made.idp = replace(made.idp, dialect="entree")
    assert made.release({**releasing.SENT, name: (value,)}).school == SCHOOL


def test_a_realm_of_the_same_board_is_its_own():
    """One realm for all schools of a board is common; it stands in the entry of one of them."""
    made = school(NO_SCOPES)
    made.idp = replace(made.idp, dialect="entree")
    sent = {**releasing.SENT, "nlEduPersonRealId": ("fenna@zonnebloem.example",)}
    made.schools = (SCHOOL, replace(NEIGHBOUR, board=SCHOOL.board))
    assert made.release(sent).school == SCHOOL
    for board in ("zuid", None):
        made.schools = (SCHOOL, replace(NEIGHBOUR, board=board))
        with pytest.raises(SluisError, match="scope_foreign"):
            made.release(sent)
    made.schools = (replace(SCHOOL, board=None), replace(NEIGHBOUR, board=None))
    with pytest.raises(SluisError, match="scope_foreign"):
        made.release(sent)


def test_two_schools_of_one_name_in_front_of_their_domains():
    made = school(NO_SCOPES)
    namesake = replace(NEIGHBOUR, domains=("regenboog.test",))
    made.schools = (SCHOOL, namesake)
    made.idp = replace(made.idp, dialect="entree")
    assert made.release({**releasing.SENT, "nlEduPersonRealId": ("fenna@regenboog",)}).school == SCHOOL
    with pytest.raises(SluisError, match="scope_foreign"):
        made.release({**releasing.SENT, "nlEduPersonRealId": ("fenna@regenboog.test",)})


def declared(*scopes: str) -> Scopes:
    extensions = '<md:Extensions xmlns:s="urn:mace:shibboleth:metadata:1.0">' + "".join(scopes) + "</md:Extensions>"
    document = idp_document().decode().replace("<md:KeyDescriptor", f"{extensions}<md:KeyDescriptor", 1)
    return parse_idp(document.encode()).scopes


@pytest.mark.parametrize(
    ("expression", "allowed", "refused"),
    [
        (r"^.+\.regenboog\.example$", ["a.regenboog.example"], ["regenboog.example", "aregenboog.example"]),
        (r".*\.regenboog\.example$", ["a.regenboog.example"], ["regenboog.example.evil"]),
        (r"^(.+\.)?regenboog\.example$", ["regenboog.example", "a.b.regenboog.example"], ["xregenboog.example"]),
        (r"^regenboog\.example$", ["regenboog.example"], ["a.regenboog.example"]),
    ],
)
def test_expressions_that_mean_domains_are_read(expression: str, allowed: list[str], refused: list[str]):
    scopes = declared(f'<s:Scope regexp="true">{expression}</s:Scope>')
    assert all(map(scopes.allow, allowed))
    assert not any(map(scopes.allow, refused))


@pytest.mark.parametrize("expression", [".*", "^.*$", "regenboog.example", "(a+)+$", r".+example$", r"^.+\.nl$", ""])
def test_an_expression_for_everything_allows_nothing(expression: str):
    scopes = declared(f'<s:Scope regexp="true">{expression}</s:Scope>')
    assert not scopes.allow("regenboog.example")
    assert not scopes.allow("a.regenboog.nl")


def test_ten_thousand_scopes_and_one():
    with pytest.raises(MetadataRejected, match="more than 10000 scopes"):
        declared("<s:Scope>a.example</s:Scope>" * 10_001)
