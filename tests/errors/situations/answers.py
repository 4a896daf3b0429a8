"""What a school answers that cannot be believed, or that says no."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from lxml import etree
from werkzeug.test import TestResponse

from gateway.domain.errors import ErrorCode
from tests.errors.federation import ENDS
from tests.errors.gateway import Browser, Gateway
from tests.errors.registry import How, gives
from tests.errors.situations.requests import FENNA, REGENBOOG
from tests.support.responses import SAML, signed
from tests.support.signing_keys import signing_key

SAID = {name: (value,) for name, value in REGENBOOG.attributes(FENNA) if value}
_STATUS = "urn:oasis:names:tc:SAML:2.0:status:"


def at_school(gateway: Gateway, **changes: Any) -> Browser:
    """Fenna, on her way from Rekentuin, at her school."""
    browser = gateway.browser()
    browser.to_school(**changes)
    return browser


def answered(gateway: Gateway, **changes: Any) -> TestResponse:
    """Her school answers; something in it is not right."""
    return at_school(gateway).answer("regenboog", SAID, **changes)


def spoilt(gateway: Gateway, how: Callable[[etree._Element], None], **changes: Any) -> TestResponse:
    """Her school answers in a form of its own, and signs nothing."""
    browser = at_school(gateway)
    root = browser.message("regenboog", SAID, **changes).response()
    how(root)
    return browser.bring(root)


def said_no(gateway: Gateway, second: str, **wishes: Any) -> TestResponse:
    status = (
        f'<samlp:StatusCode Value="{_STATUS}Responder"><samlp:StatusCode Value="{_STATUS}{second}"/></samlp:StatusCode>'
    )
    browser = at_school(gateway, **wishes)
    return browser.bring(browser.message("regenboog", SAID, status=status).response(""))


def through_provider(gateway: Gateway, **answer: str) -> TestResponse:
    """Somebody of Waterkant comes back from eduID's OpenID provider."""
    browser = gateway.browser()
    browser.authorize()
    browser.choose("99XE", held=True)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(browser.location).query).items()}
    gateway.outside.provider.claims["nonce"] = asked["nonce"]
    answered = urlencode({"state": asked["state"], "code": "c0de", **answer})
    return browser.get(f"{urlsplit(asked['redirect_uri']).path}?{answered}")


@gives(ErrorCode.RESPONSE_MISSING)
def nothing_comes_along(gateway: Gateway) -> TestResponse:
    return gateway.browser().post("/saml/sp/acs", "cross-site", RelayState="x")


@gives(ErrorCode.RESPONSE_TOO_LARGE, back_to="Rekentuin", other_school=True)
def an_answer_is_longer_than_any(gateway: Gateway) -> TestResponse:
    return at_school(gateway).bring(b"<" * 400_000)


@gives(ErrorCode.RESPONSE_MALFORMED, back_to="Rekentuin", other_school=True)
def an_answer_is_no_xml(gateway: Gateway) -> TestResponse:
    return at_school(gateway).bring(b"no XML")


@gives(ErrorCode.RESPONSE_SCHEMA, back_to="Rekentuin", other_school=True)
def an_answer_is_of_another_version(gateway: Gateway) -> TestResponse:
    return answered(gateway, version="1.1")


@gives(ErrorCode.RESPONSE_ENCRYPTED, back_to="Rekentuin", other_school=True)
def a_part_of_an_answer_is_encrypted(gateway: Gateway) -> TestResponse:
    data = (
        '<xenc:EncryptedData xmlns:xenc="http://www.w3.org/2001/04/xmlenc#"><xenc:CipherData><xenc:CipherValue>AAAA'
        "</xenc:CipherValue></xenc:CipherData></xenc:EncryptedData>"
    )
    return answered(gateway, name_id=f"<saml:EncryptedID>{data}</saml:EncryptedID>")


@gives(ErrorCode.RESPONSE_ASSERTIONS, back_to="Rekentuin", other_school=True)
def an_answer_says_nothing_of_anybody(gateway: Gateway) -> TestResponse:
    return spoilt(gateway, lambda root: root.remove(root.find(f"{{{SAML}}}Assertion")))


@gives(ErrorCode.RESPONSE_ALGORITHM, back_to="Rekentuin", other_school=True)
def an_answer_is_signed_with_sha1(gateway: Gateway) -> TestResponse:
    browser = at_school(gateway)
    key = gateway.federation.keys["regenboog"]
    root = etree.tostring(signed(browser.message("regenboog", SAID), key=key))
    return browser.bring(root.replace(b"2001/04/xmldsig-more#rsa-sha256", b"2000/09/xmldsig#rsa-sha1"))


@gives(ErrorCode.RESPONSE_SIGNATURE_MISSING, back_to="Rekentuin", other_school=True)
def an_answer_is_not_signed(gateway: Gateway) -> TestResponse:
    return spoilt(gateway, lambda root: None)


@gives(ErrorCode.RESPONSE_SIGNATURE_INVALID, back_to="Rekentuin", other_school=True)
def somebody_else_signed_the_answer(gateway: Gateway) -> TestResponse:
    browser = at_school(gateway)
    return browser.bring(signed(browser.message("regenboog", SAID), key=signing_key("stranger")))


@gives(ErrorCode.RESPONSE_ISSUER, back_to="Rekentuin", other_school=True)
def another_school_answers(gateway: Gateway) -> TestResponse:
    return answered(gateway, issuer="https://stranger.example/idp", assertion_issuer="https://stranger.example/idp")


@gives(ErrorCode.RESPONSE_IDP_METADATA_EXPIRED, back_to="Leesplein", other_school=True)
def the_metadata_of_the_school_is_over(gateway: Gateway) -> TestResponse:
    gateway.clock.at += ENDS + timedelta(days=1)
    browser = gateway.browser()
    browser.to_school("leesplein", "99YF")
    return browser.answer("hub", SAID)


@gives(ErrorCode.RESPONSE_DESTINATION, back_to="Rekentuin", other_school=True)
def an_answer_is_for_another_gateway(gateway: Gateway) -> TestResponse:
    return answered(gateway, destination="https://elsewhere.example/acs")


@gives(ErrorCode.RESPONSE_RECIPIENT, back_to="Rekentuin", other_school=True)
def an_assertion_is_for_another_gateway(gateway: Gateway) -> TestResponse:
    return answered(gateway, recipient="https://elsewhere.example/acs")


@gives(ErrorCode.RESPONSE_AUDIENCE, back_to="Rekentuin", other_school=True)
def an_assertion_is_for_somebody_else(gateway: Gateway) -> TestResponse:
    return answered(gateway, audiences=("https://elsewhere.example/sp",))


@gives(ErrorCode.RESPONSE_CONDITIONS, back_to="Rekentuin", other_school=True)
def an_assertion_has_no_conditions(gateway: Gateway) -> TestResponse:
    return answered(gateway, conditions="")


@gives(ErrorCode.RESPONSE_REQUEST, back_to="Rekentuin", other_school=True)
def an_answer_is_to_another_request(gateway: Gateway) -> TestResponse:
    return answered(gateway, in_response_to="_another")


@gives(ErrorCode.RESPONSE_UNSOLICITED)
def an_answer_that_nobody_asked_for(gateway: Gateway) -> TestResponse:
    return at_school(gateway).bring(b"<any/>", relay_state="")


@gives(ErrorCode.RESPONSE_TOO_EARLY, back_to="Rekentuin", other_school=True)
def the_clock_of_the_school_is_ahead(gateway: Gateway) -> TestResponse:
    return answered(gateway, not_before=gateway.clock.now() + timedelta(minutes=3))


@gives(ErrorCode.RESPONSE_EXPIRED, back_to="Rekentuin", other_school=True)
def an_answer_comes_late(gateway: Gateway) -> TestResponse:
    return answered(gateway, not_on_or_after=gateway.clock.now() - timedelta(minutes=3))


@gives(ErrorCode.RESPONSE_REPLAYED, back_to="Leesplein")
def an_answer_that_nobody_asked_for_comes_twice(gateway: Gateway) -> TestResponse:
    browser = gateway.browser()
    browser.to_school("leesplein", "99YF")
    mine = {"nlEduPersonHomeOrganizationId": ("99YF",), "uid": ("one@koepel.example",)}
    said = {**SAID, **mine, "eckId": ("https://ketenid.nl/pilot/" + "4d" * 64,)}
    unasked = {"in_response_to": None, "confirmed_request": None}
    message = signed(
        browser.message("hub", said, **unasked),
        key=gateway.federation.keys["hub"],
    )
    first = browser.bring(message, relay_state="leesplein")
    assert first.status_code == 200, first.text
    return browser.bring(message, relay_state="leesplein")


@gives(ErrorCode.RESPONSE_AUTHENTICATION_CONTEXT, back_to="Rekentuin", other_school=True)
def the_school_logged_in_otherwise_than_asked(gateway: Gateway) -> TestResponse:
    wish = "<saml:AuthnContextClassRef>urn:x:card</saml:AuthnContextClassRef>"
    browser = at_school(gateway, inside=f"<samlp:RequestedAuthnContext>{wish}</samlp:RequestedAuthnContext>")
    return browser.answer("regenboog", SAID)


@gives(ErrorCode.RESPONSE_NOT_FRESH, back_to="Rekentuin", other_school=True)
def the_school_did_not_ask_again(gateway: Gateway) -> TestResponse:
    browser = at_school(gateway, ForceAuthn="true")
    return browser.answer("regenboog", SAID, authenticated=gateway.clock.now() - timedelta(hours=1))


@gives(ErrorCode.RESPONSE_USERINFO, back_to="Schrijfmaatje", other_school=True)
def the_provider_speaks_of_two_people(gateway: Gateway) -> TestResponse:
    gateway.outside.provider.userinfo = {"sub": "another-sub"}
    return through_provider(gateway)


@gives(ErrorCode.IDP_REFUSED, How.SERVICE)
def the_school_says_no(gateway: Gateway) -> TestResponse:
    return said_no(gateway, "UnknownPrincipal")


@gives(ErrorCode.IDP_CANCELLED, How.SERVICE)
def the_person_presses_cancel_at_school(gateway: Gateway) -> TestResponse:
    return said_no(gateway, "AuthnFailed")


@gives(ErrorCode.IDP_NO_PASSIVE, How.SERVICE)
def the_school_would_have_to_ask_something(gateway: Gateway) -> TestResponse:
    return said_no(gateway, "NoPassive")


@gives(ErrorCode.IDP_NO_AUTHENTICATION_CONTEXT, How.SERVICE)
def the_school_cannot_log_in_as_asked(gateway: Gateway) -> TestResponse:
    return said_no(gateway, "NoAuthnContext")


@gives(ErrorCode.IDP_UNREACHABLE, back_to="Schrijfmaatje", other_school=True)
def the_provider_does_not_answer(gateway: Gateway) -> TestResponse:
    gateway.outside.provider.down.add("/token")
    return through_provider(gateway)


@gives(ErrorCode.IDP_TOKEN_REFUSED, back_to="Schrijfmaatje", other_school=True)
def the_provider_does_not_know_the_gateway(gateway: Gateway) -> TestResponse:
    provider = gateway.outside.provider
    provider.token_status, provider.token_answer = 401, {"error": "invalid_client"}
    return through_provider(gateway)
