"""Logins that lost their way, and logouts."""

from datetime import timedelta
from urllib.parse import urlencode
from xml.sax.saxutils import quoteattr

from lxml import html
from sqlalchemy import text
from werkzeug.test import TestResponse

from gateway.demo.federation import address
from gateway.domain.errors import ErrorCode
from gateway.login.loops import MOST
from gateway.saml.instants import write_instant
from gateway.storage import schema
from tests.errors.federation import PORT, changed
from tests.errors.gateway import HOSTS, Browser, Gateway
from tests.errors.registry import gives
from tests.errors.situations.answers import SAID, at_school
from tests.errors.situations.requests import FENNA, NOOR, REGENBOOG
from tests.support.authn_requests import by_redirect
from tests.support.signing_keys import signing_key

_NAMESPACES = 'xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"'


def logged_in(gateway: Gateway, service: str = "rekentuin") -> Browser:
    browser = gateway.browser()
    browser.to_school(service)
    assert browser.by_person(REGENBOOG, FENNA).status_code == 200
    return browser


@gives(ErrorCode.LOGIN_UNKNOWN)
def a_login_took_longer_than_a_quarter(gateway: Gateway) -> TestResponse:
    browser = at_school(gateway)
    message = browser.message("regenboog", SAID)
    gateway.clock.forward(minutes=16)
    return browser.bring(message.response())


@gives(ErrorCode.LOGIN_OTHER_BROWSER, back_to="Rekentuin")
def somebody_else_opens_the_address(gateway: Gateway) -> TestResponse:
    browser = gateway.browser()
    browser.ask()
    return gateway.browser().get(browser.location)


@gives(ErrorCode.LOGIN_FINISHED, back_to="Rekentuin")
def somebody_goes_back_to_a_login_that_is_done(gateway: Gateway) -> TestResponse:
    browser = gateway.browser()
    browser.ask()
    page = browser.location
    browser.choose("99XA")
    assert browser.by_person(REGENBOOG, FENNA).status_code == 200
    return browser.get(page)


@gives(ErrorCode.LOGIN_SCHOOL_UNKNOWN, back_to="Rekentuin")
def somebody_chooses_a_school_that_is_gone(gateway: Gateway) -> TestResponse:
    browser = gateway.browser()
    browser.ask()
    return browser.choose("88ZZ")


@gives(ErrorCode.LOGIN_LOGGED_OUT, back_to="Rekentuin", other_school=True)
def somebody_logs_out_in_another_tab_meanwhile(gateway: Gateway) -> TestResponse:
    browser = logged_in(gateway, "leesplein")
    browser.ask(ForceAuthn="true")
    browser.choose("99XA") if browser.location.endswith("/school") else None
    asked = browser.at[-1]
    [form] = html.fromstring(browser.get("/logout").text).forms
    browser.post("/logout", **dict(form.form_values()))
    browser.at.append(asked)
    return browser.by_person(REGENBOOG, FENNA)


@gives(ErrorCode.LOGIN_LOOP, back_to="Rekentuin")
def a_service_asks_and_asks(gateway: Gateway) -> TestResponse:
    browser = logged_in(gateway)
    for _ in range(MOST):
        answer = browser.ask()
    return answer


@gives(ErrorCode.ASSURANCE_UNMET, back_to="Kluis", other_school=True)
def a_service_wants_more_than_the_school_can(gateway: Gateway) -> TestResponse:
    return gateway.browser().to_school("kluis")


def logout_request(gateway: Gateway, party: str = "rekentuin", **changes: str) -> bytes:
    """A LogoutRequest of a service, about somebody whom nobody knows."""
    said = {
        "ID": f"_{gateway.parts.randomness.token()}",
        "IssueInstant": write_instant(gateway.clock.now()),
        "Destination": gateway.addresses.idp_logout,
        "issuer": f"{address(HOSTS[party], PORT)}/metadata",
        **changes,
    }
    issuer = said.pop("issuer")
    attributes = " ".join(f"{name}={quoteattr(value)}" for name, value in said.items())
    return (
        f'<samlp:LogoutRequest {_NAMESPACES} Version="2.0" {attributes}><saml:Issuer>{issuer}</saml:Issuer>'
        "<saml:NameID>_nobody</saml:NameID></samlp:LogoutRequest>"
    ).encode()


@gives(ErrorCode.LOGOUT_MALFORMED)
def a_logout_is_no_message(gateway: Gateway) -> TestResponse:
    return gateway.browser().get("/saml/idp/slo?SAMLRequest=AAAA")


@gives(ErrorCode.LOGOUT_SENDER_UNKNOWN)
def a_stranger_wants_a_logout(gateway: Gateway) -> TestResponse:
    message = logout_request(gateway, issuer="https://stranger.example/sp")
    return gateway.browser().logout("rekentuin", message)


@gives(ErrorCode.LOGOUT_SIGNATURE)
def somebody_else_signed_the_logout(gateway: Gateway) -> TestResponse:
    sent = by_redirect(logout_request(gateway), key=signing_key("stranger"))
    return gateway.browser().get(f"/saml/idp/slo?{sent.query.decode()}")


@gives(ErrorCode.LOGOUT_DESTINATION)
def a_logout_is_for_another_gateway(gateway: Gateway) -> TestResponse:
    message = logout_request(gateway, Destination="https://elsewhere.example/slo")
    return gateway.browser().logout("rekentuin", message)


@gives(ErrorCode.LOGOUT_STALE)
def a_logout_was_asked_an_hour_ago(gateway: Gateway) -> TestResponse:
    message = logout_request(gateway, IssueInstant=write_instant(gateway.clock.now() - timedelta(hours=1)))
    return gateway.browser().logout("rekentuin", message)


@gives(ErrorCode.LOGOUT_REPLAYED)
def a_logout_is_asked_twice(gateway: Gateway) -> TestResponse:
    message = logout_request(gateway)
    gateway.browser().logout("rekentuin", message)
    return gateway.browser().logout("rekentuin", message)


@gives(ErrorCode.LOGOUT_UNEXPECTED)
def a_school_answers_to_a_logout_that_nobody_asked(gateway: Gateway) -> TestResponse:
    return gateway.browser().get(f"/oidc/logged-out?{urlencode({'state': 'nobody'})}")


@gives(ErrorCode.PAGE_UNKNOWN)
def somebody_types_an_address(gateway: Gateway) -> TestResponse:
    return gateway.browser().get("/nothing")


@gives(ErrorCode.SERVICE_WITHOUT_START)
def a_portal_links_to_a_service_that_starts_nowhere(gateway: Gateway) -> TestResponse:
    return gateway.browser().get("/go/kluis")


@gives(ErrorCode.METHOD_NOT_ALLOWED)
def somebody_sends_what_can_only_be_read(gateway: Gateway) -> TestResponse:
    return gateway.browser().post("/accessibility")


@gives(ErrorCode.STORE_UNAVAILABLE)
def the_store_of_logins_is_gone(gateway: Gateway) -> TestResponse:
    """At the address of the store nobody listens."""
    kept = "short_lived: {kind: sqlite, path: var/short-lived.sqlite}"
    gone = 'short_lived: {kind: redis, url: "redis://127.0.0.1:1/0"}'
    with changed(gateway.federation.directory / "gateway.yaml", kept, gone), gateway.again() as without:
        return without.browser().ask()


@gives(ErrorCode.LEDGER_UNAVAILABLE, back_to="Rekentuin")
def nothing_can_be_written_in_the_ledger(gateway: Gateway) -> TestResponse:
    browser = gateway.browser()
    browser.to_school()
    with gateway.parts.engine.begin() as connection:
        connection.execute(text("ALTER TABLE ledger RENAME TO away"))
    try:
        return browser.by_person(REGENBOOG, FENNA)
    finally:
        with gateway.parts.engine.begin() as connection:
            connection.execute(text("ALTER TABLE away RENAME TO ledger"))


@gives(ErrorCode.INTERNAL, back_to="Rekentuin")
def a_key_is_gone_that_an_identifier_needs(gateway: Gateway) -> TestResponse:
    for key in (None, "gone"):
        browser = gateway.browser()
        browser.to_school()
        answer = browser.by_person(REGENBOOG, NOOR)
        with gateway.parts.engine.begin() as connection:
            renamed = schema.subjects.update().values(key_id="gone") if key is None else schema.subjects.delete()
            connection.execute(renamed)
    return answer
