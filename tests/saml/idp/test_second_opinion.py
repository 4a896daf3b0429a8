"""pysaml2 as the service: it accepts what the gateway sends, reads the same values, and its requests are accepted."""

import base64
import time
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT
from saml2.sigver import SignatureError

from gateway.attributes.dialects import dialect
from gateway.federation.clients import NameIdFormat
from gateway.saml.documents import idp_metadata, sp_metadata
from gateway.saml.idp.reply import Reply
from gateway.saml.idp.transport import SentByPost, SentByRedirect
from gateway.saml.requested import requested_attributes
from tests.support.answers import ELEVEN, FACTS, GATEWAY_KEY, IDENTITY, REPLY, SUBJECT, released, role, service
from tests.support.authn_requests import ACS, ADDRESSES, ISSUER, SSO, federation, granted
from tests.support.held import HeldClock
from tests.support.pysaml2_backend import pysaml2_service

BOTH = {"want_response_signed": True, "want_assertions_signed": True}


@pytest.fixture
def now() -> HeldClock:
    """pysaml2 looks at the machine's clock."""
    return HeldClock(datetime.fromtimestamp(int(time.time()), UTC))


def stranger(now, **wants):
    """pysaml2 as rekentuin, configured from the gateway's own metadata."""
    document = idp_metadata(IDENTITY, [GATEWAY_KEY], now.now())
    return pysaml2_service(entity_id=ISSUER, consumer=ACS, idp_metadata=document, **{**BOTH, **wants})


def read(client, form, outstanding=None):
    message = dict(form.fields)["SAMLResponse"]
    return client.parse_authn_request_response(message, BINDING_HTTP_POST, outstanding or {"_request-1": "/"})


@pytest.mark.parametrize("name_id", NameIdFormat)
def test_pysaml2_reads_the_same_values(now, name_id):
    reply = Reply("_request-1", ACS, None, name_id)
    form = role(now).answer(service(), reply.dump(), released(), FACTS)
    response = read(stranger(now), form)
    names = dialect("entree").outgoing
    assert {name: tuple(values) for name, values in response.ava.items()} == {
        names[attribute]: values for attribute, values in ELEVEN.items()
    }
    assert response.issuer() == ADDRESSES.idp_entity_id
    assert response.in_response_to == "_request-1"
    assert response.session_info()["authn_info"] == [
        (FACTS.context, list(FACTS.authorities), "2026-09-07T08:12:05Z"),
    ]
    if name_id is NameIdFormat.PERSISTENT:
        assert response.name_id.text == SUBJECT.pairwise


@pytest.mark.parametrize(
    ("entry", "wants"),
    [
        ({"sign_assertion": False}, {"want_assertions_signed": False}),
        ({"sign_response": False}, {"want_response_signed": False}),
    ],
)
def test_pysaml2_takes_either_signature_alone(now, entry, wants):
    form = role(now).answer(service(**entry), REPLY.dump(), released(), FACTS)
    assert read(stranger(now, **wants), form).ava["eckId"] == list(ELEVEN["eck_id"])


def test_pysaml2_refuses_it_once_changed(now):
    form = role(now).answer(service(), REPLY.dump(), released(), FACTS)
    message = base64.b64decode(dict(form.fields)["SAMLResponse"]).replace(b"Fenna", b"Femke")
    with pytest.raises(SignatureError):
        stranger(now).parse_authn_request_response(
            base64.b64encode(message).decode(), BINDING_HTTP_POST, {"_request-1": "/"}
        )


def test_pysaml2_finds_our_addresses_and_both_keys_in_our_metadata(now):
    document = idp_metadata(IDENTITY, [GATEWAY_KEY, GATEWAY_KEY], now.now())
    client = pysaml2_service(entity_id=ISSUER, consumer=ACS, idp_metadata=document)
    entity_id = ADDRESSES.idp_entity_id
    for binding in (BINDING_HTTP_POST, BINDING_HTTP_REDIRECT):
        [found] = client.metadata.single_sign_on_service(entity_id, binding)
        assert found["location"] == SSO
    named = client.metadata.certs(entity_id, "idpsso", "signing")
    certificates = ["".join(certificate.split()) for _, certificate in named]
    assert certificates == [GATEWAY_KEY.certificate_base64] * 2
    assert client.metadata.certs(entity_id, "idpsso", "encryption") == []
    assert list(client.metadata.mdui_uiinfo_display_name(entity_id, "nl")) == ["Sluis"]


def test_pysaml2_finds_our_consumer_and_what_we_ask_in_our_metadata(now):
    document = sp_metadata(IDENTITY, [GATEWAY_KEY], (), requested_attributes(federation()), now.now())
    metadata = pysaml2_service(entity_id=ISSUER, consumer=ACS, idp_metadata=document).metadata
    [consumer] = metadata.assertion_consumer_service(ADDRESSES.sp_entity_id, BINDING_HTTP_POST)
    assert consumer["location"] == ADDRESSES.assertion_consumer
    asked = metadata.attribute_requirement(ADDRESSES.sp_entity_id)
    assert {one["name"] for one in asked["required"]} == {"eduPersonAffiliation", "nlEduPersonHomeOrganizationId"}
    assert {one["name"] for one in asked["optional"]} == {
        "eckId",
        "givenName",
        "nlEduPersonHomeOrganizationBranchId",
        "uid",
    }


def test_requests_of_pysaml2_are_understood_by_both_bindings(now):
    client = stranger(now)
    request_id, sent = client.prepare_for_authenticate(relay_state="state", binding=BINDING_HTTP_REDIRECT)
    query = urlsplit(dict(sent["headers"])["Location"]).query
    asked = granted(SentByRedirect(query.encode()), clock=now)
    assert Reply.load(asked.reply, service()) == Reply(request_id, ACS, "state", NameIdFormat.TRANSIENT)

    request_id, message = client.create_authn_request(SSO, binding=BINDING_HTTP_POST)
    encoded = base64.b64encode(str(message).encode()).decode()
    asked = granted(SentByPost([encoded], []), clock=now)
    assert Reply.load(asked.reply, service()).request == request_id
