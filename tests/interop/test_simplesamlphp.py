"""SimpleSAMLphp on both sides of the gateway: the application that people log in to, and their schools."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from gateway.saml.name_id import TRANSIENT
from tests.support.browser_like import Tab
from tests.support.encrypted_messages import cipher_of
from tests.support.real_gateway import RealGateway
from tests.support.school_login import choose_school, eck_id, log_in, press_on
from tests.support.simplesamlphp import SimpleSamlPhp, accepts_signature

pytestmark = pytest.mark.stranger


def shown(service: SimpleSamlPhp, tab: Tab) -> Mapping[str, Any]:
    """What the application says of who is logged in."""
    assert tab.url.startswith(service.me), f"the browser is at {tab.url}: {tab.body}"
    return json.loads(tab.body)


def test_the_service_gets_the_eck_id_and_what_the_agreement_names(
    simplesamlphp_service: SimpleSamlPhp, gateway: RealGateway
) -> None:
    answer = log_in(Tab().open(simplesamlphp_service.me), "kim")
    received = shown(simplesamlphp_service, answer.press())

    assert received["attributes"] == {"eckId": [eck_id("kim")], "givenName": ["Kim"]}
    assert received["idp"] == gateway.saml.idp_entity_id
    assert received["nameIDFormat"] == TRANSIENT


def test_assertions_are_encrypted_on_both_legs(simplesamlphp_service: SimpleSamlPhp) -> None:
    """By the school, in the only cipher that it has, which its entry allows; by the gateway, as the metadata asks."""
    tab = choose_school(Tab().open(simplesamlphp_service.me), "kim")
    tab.press(username="kim", password="kim")
    from_school = cipher_of(tab)
    answer = press_on(tab)

    assert (from_school, cipher_of(answer)) == ("aes128-cbc", "aes128-gcm")
    assert shown(simplesamlphp_service, answer.press())["attributes"]["eckId"] == [eck_id("kim")]


def test_a_learner_without_eck_id_has_the_fallback_that_the_agreement_names(
    simplesamlphp_service: SimpleSamlPhp,
) -> None:
    answer = log_in(Tab().open(simplesamlphp_service.me), "sam")
    received = shown(simplesamlphp_service, answer.press())

    assert received["attributes"] == {"nlEduPersonRealId": ["sam-real"], "givenName": ["Sam"]}


def test_a_school_without_an_agreement_is_refused_and_the_service_told(simplesamlphp_service: SimpleSamlPhp) -> None:
    refused = log_in(Tab().open(simplesamlphp_service.me), "noor")
    assert refused.status == 403

    assert shown(simplesamlphp_service, refused.press())["error"].startswith("Responder/RequestDenied")


def test_a_passive_login_of_a_stranger_says_that_nobody_is_there(simplesamlphp_service: SimpleSamlPhp) -> None:
    answer = Tab().open(f"{simplesamlphp_service.me}?passive")

    assert shown(simplesamlphp_service, answer.press())["error"].startswith("Responder/NoPassive")


@pytest.mark.parametrize("role", ["sp", "idp"])
def test_simplesamlphp_accepts_the_signature_of_the_metadata(gateway: RealGateway, role: str, tmp_path: Path) -> None:
    served = Tab().open(f"{gateway.address.url}/saml/metadata/{role}").body
    assert served == gateway.metadata(role).strip()

    genuine, altered = tmp_path / "genuine.xml", tmp_path / "altered.xml"
    genuine.write_text(served)
    altered.write_text(served.replace('Location="http', 'Location="https', 1))

    assert accepts_signature(genuine, gateway.certificate, tmp_path)
    assert not accepts_signature(altered, gateway.certificate, tmp_path)
