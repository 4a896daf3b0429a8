"""SimpleSAMLphp on both sides of the gateway: the application that people log in to, and their school."""

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.domain.clock import SystemClock
from gateway.federation.metadata.entities import Binding, Endpoint
from gateway.federation.models import IdpId
from gateway.login.messages import AuthenticationRequest
from gateway.login.steps import PostForm
from gateway.saml.name_id import TRANSIENT
from gateway.saml.sp.request import ServiceProvider
from gateway.xml.keys import load_signing_key
from tests.support.http_browser import Browser, Page
from tests.support.real_gateway import RealGateway
from tests.support.school_login import eck_id, log_in, press_on
from tests.support.simplesamlphp import SimpleSamlPhp, accepts_signature
from tests.support.small_federation import REGENBOOG, identity_provider

pytestmark = pytest.mark.stranger


def shown(service: SimpleSamlPhp, page: Page) -> Mapping[str, Any]:
    """What the application says of who is logged in."""
    assert page.url.startswith(service.me), f"the browser is at {page.url}: {page.body}"
    return json.loads(page.body)


def test_the_service_gets_the_eck_id_and_what_the_agreement_names(
    simplesamlphp_service: SimpleSamlPhp, gateway: RealGateway
) -> None:
    browser = Browser()
    answer = log_in(browser, browser.get(simplesamlphp_service.me), "kim")
    received = shown(simplesamlphp_service, browser.submit(answer))

    assert received["attributes"] == {"eckId": [eck_id("kim")], "givenName": ["Kim"]}
    assert received["idp"] == gateway.saml.idp_entity_id
    assert received["nameIDFormat"] == TRANSIENT


def test_a_learner_without_eck_id_has_the_fallback_that_the_agreement_names(
    simplesamlphp_service: SimpleSamlPhp,
) -> None:
    browser = Browser()
    answer = log_in(browser, browser.get(simplesamlphp_service.me), "sam")
    received = shown(simplesamlphp_service, browser.submit(answer))

    assert received["attributes"] == {"nlEduPersonRealId": ["sam-real"], "givenName": ["Sam"]}


def test_a_school_without_an_agreement_is_refused_and_the_service_told(simplesamlphp_service: SimpleSamlPhp) -> None:
    browser = Browser()
    refused = log_in(browser, browser.get(simplesamlphp_service.me), "noor")
    assert refused.status == 403

    assert shown(simplesamlphp_service, browser.submit(refused))["error"].startswith("Responder/RequestDenied")


def test_a_passive_login_of_a_stranger_says_that_nobody_is_there(simplesamlphp_service: SimpleSamlPhp) -> None:
    browser = Browser()
    told = browser.submit(press_on(browser, browser.get(f"{simplesamlphp_service.me}?passive")))

    assert shown(simplesamlphp_service, told)["error"].startswith("Responder/NoPassive")


def test_the_school_accepts_signed_requests_by_post(gateway: RealGateway, school: SimpleSamlPhp) -> None:
    """SimpleSAMLphp names Redirect alone in its metadata, and takes both. A signature that does not fit is none to it."""
    form = _request_by_post(gateway, school)
    fields = dict(form.fields)
    assert "password" in Browser().post(form.url, fields).form().fields

    message = b64decode(fields["SAMLRequest"]).replace(
        b"<samlp:NameIDPolicy", b'<samlp:NameIDPolicy SPNameQualifier="x"'
    )
    page = Browser().post(form.url, {**fields, "SAMLRequest": b64encode(message).decode()})
    assert "no signature found on message" in page.body


@pytest.mark.parametrize("role", ["sp", "idp"])
def test_simplesamlphp_accepts_the_signature_of_the_metadata(gateway: RealGateway, role: str, tmp_path: Path) -> None:
    served = Browser().get(f"{gateway.address.url}/saml/metadata/{role}").body
    genuine, altered = tmp_path / "genuine.xml", tmp_path / "altered.xml"
    genuine.write_text(served)
    altered.write_text(served.replace('Location="http', 'Location="https', 1))

    assert accepts_signature(genuine, gateway.certificate, tmp_path)
    assert not accepts_signature(altered, gateway.certificate, tmp_path)


def _request_by_post(gateway: RealGateway, school: SimpleSamlPhp) -> PostForm:
    key = load_signing_key(gateway.key.read_bytes(), gateway.certificate.read_bytes())
    towards_schools = ServiceProvider(
        entity_id=gateway.saml.sp_entity_id,
        consumer_url=gateway.saml.assertion_consumer,
        key=key,
        clock=SystemClock(),
    )
    entry = identity_provider(IdpId("school"), REGENBOOG)
    metadata = replace(entry.metadata, single_sign_on=(Endpoint(Binding.POST, school.single_sign_on),))
    asked = AuthenticationRequest(attempt="a1", force=False, passive=False, contexts=(), requesters=())
    form = towards_schools.authenticate(replace(entry, metadata=metadata), asked)
    assert isinstance(form, PostForm)
    return form
