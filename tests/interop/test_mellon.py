"""A service on Apache with mod_auth_mellon, and learners of schools on SimpleSAMLphp."""

import re
from collections.abc import Mapping

import pytest

from gateway.saml.name_id import TRANSIENT
from tests.support import mellon
from tests.support.browser_like import Tab
from tests.support.encrypted_messages import cipher_of
from tests.support.leaving import go_on
from tests.support.mellon import Mellon
from tests.support.real_gateway import RealGateway
from tests.support.school_login import eck_id, log_in

pytestmark = pytest.mark.stranger

OF_MELLON_ITSELF = {"NAME_ID", "IDP", "ASSERTION_ID"}
"""What mellon sets besides attributes."""


def logged_in(service: Mellon) -> Mapping[str, str]:
    return service.received(log_in(Tab().open(service.protected), "kim").press())


def told(service: Mellon, answer: Tab) -> str:
    """The second-level status that mellon reads in an answer: it shows a bare 401, and only its log says why."""
    before = len(service.log())
    assert answer.press().status == 401
    reported = re.search(r'StatusCode2="([^"]+)"', service.log()[before:])
    assert reported, service.log()[before:]
    return reported[1]


def test_the_service_gets_the_eck_id_and_what_the_agreement_names(mellon_service: Mellon, gateway: RealGateway) -> None:
    received = logged_in(mellon_service)

    assert {name: value for name, value in received.items() if name not in OF_MELLON_ITSELF} == {
        "eckId": eck_id("kim"),
        "nlEduPersonUnit": "groep 7|plusgroep",
        "nlEduPersonHomeOrganizationId": "99XA",
    }
    assert received["IDP"] == gateway.saml.idp_entity_id


def test_mellon_reads_an_encrypted_assertion(mellon_service: Mellon) -> None:
    answer = log_in(Tab().open(mellon_service.protected), "kim")

    assert cipher_of(answer) == "aes128-gcm"
    assert mellon_service.received(answer.press())["eckId"] == eck_id("kim")


def test_the_name_id_is_another_at_every_login(mellon_service: Mellon) -> None:
    first, second = (logged_in(mellon_service)["NAME_ID"] for _ in range(2))

    assert first != second
    assert TRANSIENT in mellon_service.metadata()


def test_a_learner_without_eck_id_is_refused_where_the_agreement_allows_no_other_identifier(
    mellon_service: Mellon,
) -> None:
    refused = log_in(Tab().open(mellon_service.protected), "sam")
    assert refused.status == 403

    assert told(mellon_service, refused) == "urn:oasis:names:tc:SAML:2.0:status:RequestDenied"


def test_a_passive_login_of_a_stranger_says_that_nobody_is_there(mellon_service: Mellon) -> None:
    answer = Tab().open(mellon_service.passive)

    assert told(mellon_service, answer) == "urn:oasis:names:tc:SAML:2.0:status:NoPassive"


def test_mellon_takes_the_metadata_for_its_signature(mellon_service: Mellon, gateway: RealGateway) -> None:
    """It answers because the signature fits; with another octet in the document it does not."""
    document, certificate = gateway.metadata("idp"), gateway.certificate.read_text()
    altered = document.replace('Location="http', 'Location="https', 1)
    with mellon.service("127.0.0.26", metadata=altered, certificate=certificate) as deceived:
        assert Tab().open(deceived.entity_id).status == 500
        assert "Failed to verify signature" in deceived.log()
    assert Tab().open(mellon_service.entity_id).status == 200


def is_known(service: Mellon, tab: Tab) -> bool:
    """Whether mellon lets the browser in without asking anybody."""
    return (tab.open(service.protected).url, tab.status) == (service.protected, 200)


def test_a_logout_that_begins_at_mellon(mellon_service: Mellon) -> None:
    tab = Tab()
    mellon_service.received(log_in(tab.open(mellon_service.protected), "kim").press())

    ended = go_on(tab.open(f"{mellon_service.address.url}/mellon/logout?ReturnTo={mellon_service.address.url}/"))

    assert ended.url == f"{mellon_service.address.url}/", mellon_service.log()[-2000:]
    assert not is_known(mellon_service, tab)


def test_a_logout_that_begins_at_the_gateway(mellon_service: Mellon, gateway: RealGateway) -> None:
    tab = Tab()
    mellon_service.received(log_in(tab.open(mellon_service.protected), "kim").press())
    assert is_known(mellon_service, tab)

    ended = go_on(tab.open(f"{gateway.saml.base_url}/logout").press("Ja, log uit"))

    assert "Lezen: je bent uitgelogd" in ended.text, f"{ended.text}: {mellon_service.log()[-2000:]}"
    assert not is_known(mellon_service, tab)
