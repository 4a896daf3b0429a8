"""What a configuration says of eduID, and what is wrong with it."""

from pathlib import Path

import pytest

from gateway.domain.brin import Brin
from gateway.domain.link import LinkKind
from gateway.domain.user_held import UserHeld
from gateway.federation.build import build
from gateway.federation.snapshot import Federation
from gateway.settings.loader import load
from gateway.settings.problems import Problem, Problems
from tests.support.configuration import AGREEMENTS, SCHOOLS, idp_document, write_configuration
from tests.support.held import HeldClock

API = """\
  eduid:
    requester_id: https://petteflat.example/sp
    attribute_api:
      base_url: https://api.petteflat.example
      user: sluis
      password: {file: keys/sealing.secret}
      adult: {field: eduperson_entitlement, value: "urn:x:adult"}
"""
OIDC = """\
- id: eduid
  names: {nl: eduID}
  protocol: oidc
  issuer: https://connect.eduid.example
  client_id: petteflat
  authentication: client_secret_basic
  client_secret: {file: keys/sealing.secret}
  dialect: eduid
  schools: [99XB]
"""
SAML = """\
- id: eduid
  names: {nl: eduID}
  metadata: eduid.xml
  dialect: eduid
  schools: [99XB]
"""
ANOTHER_SCHOOL = """\
- brin: 99XC
  names: {nl: Zonnebloem}
  sector: vo
  domains: [zonnebloem.example]
"""


def built(directory: Path, changed: dict[str, str | bytes]) -> tuple[Federation, tuple[Problem, ...]]:
    return build(load(write_configuration(directory, changed)), clock=HeldClock())


def problems(directory: Path, changed: dict[str, str | bytes]) -> str:
    with pytest.raises(Problems) as caught:
        built(directory, changed)
    return "\n".join(map(str, caught.value.problems))


def test_a_school_with_an_attribute_api_and_eduid_beside_it(tmp_path: Path) -> None:
    federation, said = built(
        tmp_path,
        {
            "schools/schools.yaml": SCHOOLS + API,
            "identity-providers/eduid.yaml": OIDC,
            "agreements/agreements.yaml": AGREEMENTS + "  user_held: allowed\n",
        },
    )
    school = federation.schools[Brin("99XB")]
    assert school.at_eduid.api is not None
    assert school.at_eduid.api.base_url == "https://api.petteflat.example"
    assert "c2VjcmV0" not in repr(school)
    assert federation.agreements[0].user_held is UserHeld.ALLOWED
    assert [choice.idp for choice in federation.choices] == ["petteflat"]
    assert not [one for one in said if "speaks for" in one.what]


def test_agreements_forbid_it_unless_they_say_otherwise(tmp_path: Path) -> None:
    federation, _ = built(tmp_path, {})
    assert federation.agreements[0].user_held is UserHeld.FORBIDDEN


def test_an_agreement_that_allows_what_nobody_offers_is_warned_of(tmp_path: Path) -> None:
    _, said = built(tmp_path, {"agreements/agreements.yaml": AGREEMENTS + "  user_held: required\n"})
    assert any("no identity provider of eduID" in one.what for one in said)


def test_over_saml_a_school_has_a_name_at_eduid(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "identity-providers/eduid.yaml": SAML,
        "identity-providers/eduid.xml": idp_document("https://eduid.example/idp"),
    }
    assert "99XB has no `eduid.requester_id`" in problems(tmp_path, files)


def test_over_openid_connect_each_institution_has_a_client_of_its_own(tmp_path: Path) -> None:
    schools = SCHOOLS + API + ANOTHER_SCHOOL
    both = OIDC.replace("[99XB]", "[99XB, 99XC]")
    files: dict[str, str | bytes] = {"schools/schools.yaml": schools, "identity-providers/eduid.yaml": both}
    assert "several institutions" in problems(tmp_path, files)
    second = OIDC.replace("id: eduid", "id: eduid2").replace("99XB", "99XC")
    files["identity-providers/eduid.yaml"] = OIDC + second
    assert "the issuer https://connect.eduid.example with the client_id petteflat stands" in problems(tmp_path, files)
    files["identity-providers/eduid.yaml"] = OIDC + second.replace("client_id: petteflat", "client_id: zonnebloem")
    federation, _ = built(tmp_path, files)
    assert federation.idps_by_entity_id["https://connect.eduid.example"] == ("eduid", "eduid2")


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("https://api.petteflat.example", "http://api.petteflat.example", "an attribute API is https"),
        ("https://api.petteflat.example", "https://api.petteflat.example/", "no slash at the end"),
        ("user: sluis", "user: sl:uis", "user"),
        ("{file: keys/sealing.secret}", "geheim", "a secret does not stand here"),
        ("{file: keys/sealing.secret}", "{file: keys/none}", "cannot be read"),
    ],
)
def test_what_is_wrong_with_an_attribute_api_is_said_at_its_place(old: str, new: str, what: str, tmp_path: Path):
    assert API.count(old) == 1
    said = problems(tmp_path, {"schools/schools.yaml": SCHOOLS + API.replace(old, new)})
    assert "schools/schools.yaml:" in said
    assert what in said


class TestLinksBetweenSchools:
    def test_an_agreement_names_the_kinds(self, tmp_path: Path) -> None:
        federation, said = built(tmp_path, {"agreements/agreements.yaml": AGREEMENTS + "  links: [guest]\n"})
        assert federation.agreements[0].links == {LinkKind.GUEST}
        assert federation.links_schools
        assert not any("link" in str(one) for one in said)

    def test_without_them_there_are_none(self, tmp_path: Path) -> None:
        federation, _ = built(tmp_path, {})
        assert not federation.links_schools

    @pytest.mark.parametrize("kind", ["user_held", "sibling"])
    def test_what_is_no_such_kind(self, kind: str, tmp_path: Path) -> None:
        said = problems(tmp_path, {"agreements/agreements.yaml": AGREEMENTS + f"  links: [{kind}]\n"})
        assert "agreements/agreements.yaml:6" in said
        assert "guest" in said

    def test_a_transition_to_a_service_of_one_sector(self, tmp_path: Path) -> None:
        _, said = built(tmp_path, {"agreements/agreements.yaml": AGREEMENTS + "  links: [guest, transition]\n"})
        [one] = [str(problem) for problem in said if "one sector" in str(problem)]
        assert "agreements/agreements.yaml:6: warning: leesplein" in one
