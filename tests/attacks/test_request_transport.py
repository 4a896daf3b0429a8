"""Hostile requests of services: what travels."""

import base64
import zlib

import pytest

from gateway.domain.errors import ErrorCode
from gateway.saml.idp.request import NotGranted
from gateway.saml.idp.transport import SentByPost, SentByRedirect
from tests.support.authn_requests import authn_request, by_post, by_redirect, deflated, granted, outcome, page, told
from tests.support.signing_keys import signing_key
from tests.support.small_federation import REKENTUIN

KEY = signing_key(REKENTUIN)


def test_gzip_bomb_in_redirect():
    packer = zlib.compressobj(9, wbits=-15)
    bomb = packer.compress(b"<a>" + b"a" * 50_000_000) + packer.flush()
    assert page(by_redirect(base64.b64encode(bomb).decode())) is ErrorCode.REQUEST_TOO_LARGE


def test_oversized_redirect():
    assert page(SentByRedirect(b"SAMLRequest=" + b"A" * 200_000)) is ErrorCode.REQUEST_TOO_LARGE


def test_oversized_post():
    assert page(SentByPost(["A" * 200_000], [])) is ErrorCode.REQUEST_TOO_LARGE


def test_oversized_xml_in_a_post_that_still_fits():
    padded = authn_request(prologue=" " * 66_000)
    assert page(by_post(padded)) is ErrorCode.REQUEST_TOO_LARGE


def test_doubled_request_of_which_one_is_signed():
    signed = by_redirect(authn_request(), key=KEY)
    evil = deflated(authn_request(AssertionConsumerServiceURL="https://evil.example/acs"))
    for query in (
        signed.query + b"&SAMLRequest=" + evil.encode(),
        b"SAMLRequest=" + evil.encode() + b"&" + signed.query,
        signed.query + b"&SAML%52equest=" + evil.encode(),
    ):
        assert page(SentByRedirect(query)) is ErrorCode.REQUEST_MALFORMED


def test_doubled_request_in_a_form():
    [message] = by_post(authn_request(), key=KEY).messages
    [evil] = by_post(authn_request()).messages
    assert page(SentByPost([message, evil], [])) is ErrorCode.REQUEST_MALFORMED


def test_doubled_relay_state():
    sent = by_redirect(authn_request(), "mine", key=KEY)
    assert page(SentByRedirect(sent.query + b"&RelayState=yours")) is ErrorCode.REQUEST_MALFORMED
    assert page(SentByPost(by_post(authn_request()).messages, ["mine", "yours"])) is ErrorCode.REQUEST_MALFORMED


def test_request_and_response_in_one_query():
    sent = by_redirect(authn_request(), key=KEY)
    assert page(SentByRedirect(sent.query + b"&SAMLResponse=abcd")) is ErrorCode.REQUEST_MALFORMED


def test_nothing_at_all():
    assert page(SentByRedirect(b"")) is ErrorCode.REQUEST_MISSING
    assert page(SentByPost([], [])) is ErrorCode.REQUEST_MISSING


@pytest.mark.parametrize(
    "state",
    ["a\r\nSet-Cookie: b=c", "a\nb", "a\x00b", "a\x1bb", "a\x7fb", "a\ufffdb"],
    ids=["CRLF", "LF", "NUL", "ESC", "DEL", "not UTF-8"],
)
@pytest.mark.parametrize("send", [by_redirect, by_post])
def test_relay_state_injection_by_control_characters(send, state):
    assert page(send(authn_request(), state)) is ErrorCode.REQUEST_RELAY_STATE


@pytest.mark.parametrize("state", ["x" * 1025, "é" * 513])
@pytest.mark.parametrize("send", [by_redirect, by_post])
def test_oversized_relay_state(send, state):
    assert page(send(authn_request(), state)) is ErrorCode.REQUEST_RELAY_STATE


def test_relay_state_in_octets_that_are_no_text():
    sent = by_redirect(authn_request())
    assert page(SentByRedirect(sent.query + b"&RelayState=%c3%28")) is ErrorCode.REQUEST_MALFORMED


DOCTYPES = {
    "entity expansion": '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>',
    "external entity": '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]>',
    "parameter entity": '<!DOCTYPE a [<!ENTITY % x SYSTEM "http://127.0.0.1:9/x"> %x;]>',
    "empty DTD": "<!DOCTYPE a>",
}


@pytest.mark.parametrize("prologue", DOCTYPES.values(), ids=DOCTYPES)
@pytest.mark.parametrize("send", [by_redirect, by_post])
def test_dtd_in_authn_request(send, prologue):
    assert page(send(authn_request(prologue=prologue))) is ErrorCode.REQUEST_MALFORMED


def test_deeply_nested_request():
    nested = "<x:y xmlns:x='urn:x'>" * 200 + "</x:y>" * 200
    inside = f"<samlp:Extensions>{nested}</samlp:Extensions>"
    assert page(by_redirect(authn_request(inside=inside))) is ErrorCode.REQUEST_MALFORMED


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"not xml",
        b"<samlp:AuthnRequest",
        authn_request(ID=None),
        authn_request(ID="1 2"),
        authn_request(ID="_" + "x" * 256),
        authn_request(IssueInstant="yesterday"),
        authn_request(ForceAuthn="perhaps"),
        authn_request(AssertionConsumerServiceURL=None, AssertionConsumerServiceIndex="-1"),
        authn_request(inside="<samlp:Unheard/>"),
        authn_request(issuer=""),
        authn_request().replace(b"AuthnRequest", b"LogoutRequest"),
    ],
)
def test_what_is_no_authn_request(message):
    assert page(by_redirect(message)) in {ErrorCode.REQUEST_MALFORMED, ErrorCode.REQUEST_UNSUPPORTED}


@pytest.mark.parametrize("digits", ["0" * 5000, "9" * 5000, "+0", "-0"])
def test_numbers_of_any_length_are_no_trouble(digits):
    scoping = f'<samlp:Scoping ProxyCount="{digits}"/>'
    asked = outcome(by_redirect(authn_request(inside=scoping)))
    assert isinstance(asked, NotGranted) == ("9" not in digits)
    indexed = authn_request(AssertionConsumerServiceURL=None, AssertionConsumerServiceIndex=digits)
    if "9" in digits:
        assert page(by_redirect(indexed)) is ErrorCode.REQUEST_MALFORMED
    else:
        assert granted(by_redirect(indexed))


@pytest.mark.parametrize("instant", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_instants_at_the_end_of_time(instant):
    assert told(by_redirect(authn_request(IssueInstant=instant))) is ErrorCode.REQUEST_STALE


@pytest.mark.parametrize("instant", ["2026-09-07T24:00:00Z", "12026-09-07T08:30:00Z", "-2026-09-07T08:30:00Z"])
def test_instants_that_the_schema_knows_and_no_clock(instant):
    assert told(by_redirect(authn_request(IssueInstant=instant))) is ErrorCode.REQUEST_MALFORMED


@pytest.mark.parametrize("message", ["not base64!", "AAA", "é", "QUJD====QUJD"])
def test_post_that_is_not_base64(message):
    assert page(SentByPost([message], [])) is ErrorCode.REQUEST_MALFORMED


@pytest.mark.parametrize("listed", [["urn:x"] * 11, ["x" * 1025], [" "]], ids=["many", "long", "empty"])
def test_lists_that_would_not_fit_into_the_request_to_the_school(listed):
    contexts = "".join(f"<saml:AuthnContextClassRef>{one}</saml:AuthnContextClassRef>" for one in listed)
    requesters = "".join(f"<samlp:RequesterID>{one}</samlp:RequesterID>" for one in listed)
    for inside in (
        f"<samlp:RequestedAuthnContext>{contexts}</samlp:RequestedAuthnContext>",
        f"<samlp:Scoping>{requesters}</samlp:Scoping>",
    ):
        assert told(by_redirect(authn_request(inside=inside))) is ErrorCode.REQUEST_UNSUPPORTED


def test_another_version_of_saml():
    assert page(by_redirect(authn_request(Version="1.1"))) is ErrorCode.REQUEST_UNSUPPORTED
