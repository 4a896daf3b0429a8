"""Behaviour of pysaml2 that the service's side must not have, each proven on what leaves and what is let in."""

import gc
import time
import tracemalloc

import pytest

from gateway.domain.errors import ErrorCode, SluisError
from gateway.saml.documents import idp_metadata, sp_metadata
from gateway.saml.idp.transport import SentByRedirect
from tests.support.answers import (
    FACTS,
    GATEWAY_KEY,
    IDENTITY,
    REPLY,
    answer,
    found,
    released,
    response_of,
    role,
    service,
    xml_of,
)
from tests.support.authn_requests import (
    RSA_SHA1,
    RSA_SHA256,
    authn_request,
    by_redirect,
    granted,
    lower_case_escapes,
    page,
)
from tests.support.held import HeldClock
from tests.support.signing_keys import signing_key
from tests.support.small_federation import LEESPLEIN, REKENTUIN

KEY = signing_key(REKENTUIN)


def test_s5_a_tampered_request_is_refused_whatever_the_setting():
    signed = by_redirect(authn_request(), key=KEY).query
    tampered = by_redirect(authn_request(ForceAuthn="true")).query + signed[signed.index(b"&SigAlg") :]
    for wanted in ({}, {"require_signed_requests": True}, {"authn_requests_signed": True}):
        assert page(SentByRedirect(tampered), **wanted) is ErrorCode.REQUEST_SIGNATURE_INVALID


def test_s10_what_is_sent_is_signed_with_sha_256_throughout():
    response = response_of(answer())
    assert set(found(response, "//ds:SignatureMethod/@Algorithm")) == {RSA_SHA256}
    assert set(found(response, "//ds:DigestMethod/@Algorithm")) == {"http://www.w3.org/2001/04/xmlenc#sha256"}
    assert len(found(response, "//ds:Signature")) == 2


def test_s10_sha_1_is_refused_on_the_way_in():
    assert page(by_redirect(authn_request(), key=KEY, algorithm=RSA_SHA1)) is ErrorCode.REQUEST_ALGORITHM


def test_s11_nothing_is_encrypted_and_no_encryption_is_offered():
    assert not found(response_of(answer()), "//xenc:* | //saml:EncryptedAssertion | //saml:EncryptedID")
    now = HeldClock().now()
    for document in (sp_metadata(IDENTITY, [GATEWAY_KEY], (), (), now), idp_metadata(IDENTITY, [GATEWAY_KEY], now)):
        assert b'use="signing"' in document
        assert b"ncryption" not in document


def test_s12_lower_case_percent_encoding_verifies():
    sent = by_redirect(authn_request(), "state", key=KEY, escape=lower_case_escapes)
    assert b"%3d" in sent.query
    assert granted(sent, require_signed_requests=True)


def test_s12_an_invalid_signature_is_refused_where_none_is_required():
    assert page(by_redirect(authn_request(), key=signing_key(LEESPLEIN))) is ErrorCode.REQUEST_SIGNATURE_INVALID


def test_s12_authn_requests_signed_in_metadata_is_enforced():
    sent = by_redirect(authn_request())
    assert granted(sent)
    assert page(sent, authn_requests_signed=True) is ErrorCode.REQUEST_SIGNATURE_MISSING


def test_s15_an_unknown_service_is_called_unknown_and_an_unknown_acs_an_unknown_acs():
    stranger = authn_request(issuer="<saml:Issuer>https://stranger.example/sp</saml:Issuer>")
    assert page(by_redirect(stranger, key=KEY)) is ErrorCode.REQUEST_SERVICE_UNKNOWN
    elsewhere = authn_request(AssertionConsumerServiceURL="https://rekentuin.example/elsewhere")
    assert page(by_redirect(elsewhere, key=KEY)) is ErrorCode.REQUEST_ACS_UNKNOWN


def test_s16_no_text_of_an_error_reaches_the_service():
    error = SluisError(ErrorCode.INTERNAL, hint="a hint", cause=RuntimeError("a cause"))
    xml = xml_of(role().refuse(service(), REPLY.dump(), error))
    assert b"a hint" not in xml
    assert b"a cause" not in xml
    assert b"internal" not in xml.lower()


@pytest.mark.untraced
def test_3_5_two_thousand_answers_leave_nothing_behind():
    gateway, entry, note, what = role(), service(), REPLY.dump(), released()

    def memory_after(answers: int) -> int:
        for _ in range(answers):
            gateway.answer(entry, note, what, FACTS)
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        grown = -memory_after(500) + memory_after(2000)
    finally:
        tracemalloc.stop()
    assert grown < 100_000, "more than fifty bytes an answer stayed in memory"


@pytest.mark.parametrize("hostile", [b"<" * 30_000, b"<a>" * 9_000, b"<a " + b'b="c" ' * 9_000])
def test_a_hostile_request_costs_no_more_than_a_moment(hostile):
    begun = time.process_time()
    assert page(by_redirect(hostile)) is ErrorCode.REQUEST_MALFORMED
    assert time.process_time() - begun < 0.5
