"""Hostile requests of services: who sent them, and where the answer would go."""

import base64
import urllib.parse

import pytest
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.hashes import SHA256
from lxml import etree

from gateway.domain.errors import ErrorCode
from gateway.federation.metadata.entities import Binding, IndexedEndpoint
from gateway.saml.idp.transport import SentByRedirect
from gateway.xml.signatures import sign
from tests.support.authn_requests import (
    ISSUER,
    RSA_SHA1,
    authn_request,
    by_post,
    by_redirect,
    deflated,
    granted,
    page,
    told,
)
from tests.support.held import HeldClock
from tests.support.signing_keys import signing_key
from tests.support.small_federation import LEESPLEIN, REKENTUIN

KEY = signing_key(REKENTUIN)
SIGNED = {"require_signed_requests": True}
EVIL = "https://evil.example/acs"
DS = "{http://www.w3.org/2000/09/xmldsig#}"


def test_unknown_service_is_told_apart_from_a_bad_signature():
    """S15: the operator must see that the service is not there, not that its signature is wrong."""
    unknown = authn_request(issuer="<saml:Issuer>https://stranger.example/sp</saml:Issuer>")
    for sent in (by_redirect(unknown), by_redirect(unknown, key=KEY), by_post(unknown, key=KEY)):
        assert page(sent) is ErrorCode.REQUEST_SERVICE_UNKNOWN


def test_issuer_that_is_no_entity():
    issuer = f'<saml:Issuer Format="urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress">{ISSUER}</saml:Issuer>'
    assert page(by_redirect(authn_request(issuer=issuer))) is ErrorCode.REQUEST_MALFORMED


def test_comment_in_issuer_does_not_make_it_another():
    issuer = "<saml:Issuer>https://rekentuin.example/sp<!-- -->.evil.example</saml:Issuer>"
    assert page(by_redirect(authn_request(issuer=issuer))) is ErrorCode.REQUEST_SERVICE_UNKNOWN


@pytest.mark.parametrize(
    "url",
    [
        EVIL,
        "https://leesplein.example/acs",
        "http://rekentuin.example/acs",
        "https://REKENTUIN.example/acs",
        "https://rekentuin.example:443/acs",
        "https://rekentuin.example/ACS",
        "https://rekentuin.example/acs/",
        "https://rekentuin.example/acs?next=https://evil.example",
        "https://rekentuin.example/acs#x",
        "https://rekentuin.example/acs/../open",
        "https://rekentuin.example/%61cs",
        "https://rekentuin.example@evil.example/acs",
        " https://rekentuin.example/acs.evil.example",
        "",
    ],
)
@pytest.mark.parametrize("key", [None, KEY], ids=["unsigned", "signed"])
def test_acs_swap(url, key):
    assert page(by_redirect(authn_request(AssertionConsumerServiceURL=url), key=key)) is ErrorCode.REQUEST_ACS_UNKNOWN


def test_acs_index_out_of_range():
    asked = authn_request(AssertionConsumerServiceURL=None, AssertionConsumerServiceIndex="1")
    assert page(by_redirect(asked)) is ErrorCode.REQUEST_ACS_UNKNOWN


def test_acs_by_url_and_index_together():
    asked = authn_request(AssertionConsumerServiceIndex="0")
    assert page(by_redirect(asked)) is ErrorCode.REQUEST_MALFORMED


@pytest.mark.parametrize("binding", ["HTTP-Artifact", "HTTP-Redirect", "PAOS"])
def test_answer_by_another_binding(binding):
    asked = authn_request(ProtocolBinding=f"urn:oasis:names:tc:SAML:2.0:bindings:{binding}")
    assert page(by_redirect(asked)) is ErrorCode.REQUEST_UNSUPPORTED


@pytest.mark.parametrize(
    "destination", ["https://other.example/saml/idp/sso", "http://sluis.example/saml/idp/sso", "https://sluis.example/"]
)
@pytest.mark.parametrize("key", [None, KEY], ids=["unsigned", "signed"])
def test_wrong_destination(destination, key):
    assert page(by_redirect(authn_request(Destination=destination), key=key)) is ErrorCode.REQUEST_DESTINATION


@pytest.mark.parametrize("send", [by_redirect, by_post])
def test_signed_without_destination_could_have_been_meant_for_anyone(send):
    assert page(send(authn_request(Destination=None), key=KEY)) is ErrorCode.REQUEST_DESTINATION


def test_stale_request():
    clock = HeldClock()
    clock.forward(minutes=12)
    assert told(by_redirect(authn_request(), key=KEY), clock=clock) is ErrorCode.REQUEST_STALE


def test_request_from_the_future():
    clock = HeldClock()
    clock.forward(minutes=-5)
    assert told(by_redirect(authn_request(), key=KEY), clock=clock) is ErrorCode.REQUEST_STALE


@pytest.mark.parametrize("send", [by_redirect, by_post])
def test_missing_signature_where_it_is_required(send):
    assert page(send(authn_request()), **SIGNED) is ErrorCode.REQUEST_SIGNATURE_MISSING


@pytest.mark.parametrize("wanted", [{}, SIGNED], ids=["optional", "required"])
@pytest.mark.parametrize("send", [by_redirect, by_post])
def test_signature_by_another_services_key(send, wanted):
    sent = send(authn_request(), key=signing_key(LEESPLEIN))
    assert page(sent, **wanted) is ErrorCode.REQUEST_SIGNATURE_INVALID


@pytest.mark.parametrize("send", [by_redirect, by_post])
def test_signature_of_a_service_without_a_certificate(send):
    assert page(send(authn_request(), key=KEY), certificates=()) is ErrorCode.REQUEST_SIGNATURE_INVALID


@pytest.mark.parametrize("wanted", [{}, SIGNED], ids=["optional", "required"])
def test_tampered_query_with_a_signature_that_was_valid(wanted):
    _, _, tail = by_redirect(authn_request(), key=KEY).query.partition(b"&SigAlg")
    for tampered in (authn_request(ForceAuthn="false"), authn_request(AssertionConsumerServiceURL=EVIL)):
        sent = SentByRedirect(f"SAMLRequest={urllib.parse.quote_plus(deflated(tampered))}&SigAlg".encode() + tail)
        assert page(sent, **wanted) is ErrorCode.REQUEST_SIGNATURE_INVALID


def test_relay_state_swapped_put_in_or_taken_out_of_a_signed_query():
    signed = by_redirect(authn_request(), "mine", key=KEY).query
    swapped = signed.replace(b"RelayState=mine", b"RelayState=yours")
    taken_out = signed.replace(b"RelayState=mine&", b"")
    put_in = by_redirect(authn_request(), key=KEY).query + b"&RelayState=yours"
    for query in (swapped, taken_out, put_in):
        assert page(SentByRedirect(query)) is ErrorCode.REQUEST_SIGNATURE_INVALID


def test_same_message_escaped_otherwise_than_it_was_signed():
    signed = by_redirect(authn_request(), "a b", key=KEY).query
    assert page(SentByRedirect(signed.replace(b"a+b", b"a%20b"))) is ErrorCode.REQUEST_SIGNATURE_INVALID


def test_signed_parameters_in_another_order_mean_the_same():
    """Harmless: the signature is over the order of the specification, whatever the order of travel."""
    parts = by_redirect(authn_request(), "mine", key=KEY).query.split(b"&")
    assert granted(SentByRedirect(b"&".join(reversed(parts))), **SIGNED)


def test_parameters_signed_in_another_order():
    message, state, algorithm, _ = by_redirect(authn_request(), "mine", key=KEY).query.split(b"&")
    signed = b"&".join((state, message, algorithm))
    signature = base64.b64encode(KEY.private_key.sign(signed, padding.PKCS1v15(), SHA256())).decode()
    sent = SentByRedirect(signed + b"&Signature=" + urllib.parse.quote_plus(signature).encode())
    assert page(sent) is ErrorCode.REQUEST_SIGNATURE_INVALID


@pytest.mark.parametrize("wanted", [{}, SIGNED], ids=["optional", "required"])
def test_sha_1_signature_on_the_query(wanted):
    sent = by_redirect(authn_request(), key=KEY, algorithm=RSA_SHA1)
    assert page(sent, **wanted) is ErrorCode.REQUEST_ALGORITHM


@pytest.mark.parametrize(
    ("algorithm", "code"),
    [
        ("http://www.w3.org/2001/04/xmldsig-more#rsa-sha512", ErrorCode.REQUEST_SIGNATURE_INVALID),
        ("http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256", ErrorCode.REQUEST_SIGNATURE_INVALID),
        ("http://www.w3.org/2000/09/xmldsig#hmac-sha1", ErrorCode.REQUEST_ALGORITHM),
        ("http://www.w3.org/2001/04/xmldsig-more#hmac-sha256", ErrorCode.REQUEST_ALGORITHM),
        ("none", ErrorCode.REQUEST_ALGORITHM),
        ("", ErrorCode.REQUEST_ALGORITHM),
    ],
)
def test_sig_alg_swapped(algorithm, code):
    signed = by_redirect(authn_request(), key=KEY).query
    now = urllib.parse.quote_plus("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256").encode()
    swapped = signed.replace(now, urllib.parse.quote_plus(algorithm).encode())
    assert page(SentByRedirect(swapped)) is code


def test_signature_without_algorithm_or_algorithm_without_signature():
    head, algorithm, signature = by_redirect(authn_request(), key=KEY).query.split(b"&")
    for half in (algorithm, signature):
        assert page(SentByRedirect(head + b"&" + half)) is ErrorCode.REQUEST_MALFORMED


def test_key_that_is_too_small():
    small = signing_key("small", 1024)
    for send in (by_redirect, by_post):
        sent = send(authn_request(), key=small)
        assert page(sent, certificates=(small.certificate,)) is ErrorCode.REQUEST_SIGNATURE_INVALID


@pytest.mark.parametrize("wanted", [{}, SIGNED], ids=["optional", "required"])
def test_xml_signature_inside_a_redirect_instead_of_one_on_the_query(wanted):
    """saml-bindings 3.4.4.1 takes it out before sending; left in, it would be a signature that nobody checks."""
    root = etree.fromstring(authn_request())
    sign(root, KEY)
    assert page(by_redirect(etree.tostring(root)), **wanted) is ErrorCode.REQUEST_SIGNATURE_INVALID


def test_tampered_post():
    root = etree.fromstring(authn_request())
    sign(root, KEY)
    root.set("AssertionConsumerServiceURL", EVIL)
    assert page(by_post(etree.tostring(root))) is ErrorCode.REQUEST_SIGNATURE_INVALID


def signed_original() -> etree._Element:
    original = etree.fromstring(authn_request())
    sign(original, KEY)
    return original


def evil_root(**attributes) -> etree._Element:
    """Valid by the schema, with a place of another namespace to hide things in."""
    hiding_place = '<samlp:Extensions><x:hidden xmlns:x="urn:x"/></samlp:Extensions>'
    return etree.fromstring(authn_request(ID="_evil", inside=hiding_place, ForceAuthn="false", **attributes))


def hide(root: etree._Element, original: etree._Element) -> etree._Element:
    root.find("*/{urn:x}hidden").append(original)
    return root


def wrapped_in_extensions() -> etree._Element:
    return hide(evil_root(), signed_original())


def wrapped_with_the_signature_moved_out() -> etree._Element:
    root, original = evil_root(), signed_original()
    root.insert(1, original.find(f"{DS}Signature"))
    return hide(root, original)


def wrapped_under_the_same_id() -> etree._Element:
    root = wrapped_with_the_signature_moved_out()
    root.set("ID", "_request-1")
    return root


def wrapped_in_an_object_of_the_signature() -> etree._Element:
    root, original = evil_root(), signed_original()
    signature = original.find(f"{DS}Signature")
    root.insert(1, signature)
    etree.SubElement(signature, f"{DS}Object").append(original)
    return root


@pytest.mark.parametrize(
    ("wrapped", "code"),
    [
        (wrapped_in_extensions, ErrorCode.REQUEST_SIGNATURE_INVALID),
        (wrapped_with_the_signature_moved_out, ErrorCode.REQUEST_SIGNATURE_INVALID),
        (wrapped_under_the_same_id, ErrorCode.REQUEST_MALFORMED),
        (wrapped_in_an_object_of_the_signature, ErrorCode.REQUEST_SIGNATURE_INVALID),
    ],
)
@pytest.mark.parametrize("wanted", [{}, SIGNED], ids=["optional", "required"])
def test_wrapped_authn_request_signature(wrapped, code, wanted):
    assert page(by_post(etree.tostring(wrapped())), **wanted) is code


def test_acs_that_was_taken_out_of_metadata():
    other = (IndexedEndpoint(Binding.POST, "https://rekentuin.example/new", 0, is_default=True),)
    assert page(by_redirect(authn_request(), key=KEY), assertion_consumers=other) is ErrorCode.REQUEST_ACS_UNKNOWN
