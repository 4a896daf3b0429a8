"""What a service asks that cannot be."""

from datetime import timedelta
from urllib.parse import urlencode

from werkzeug.test import TestResponse

from gateway.demo.people import EXAMPLE_SCHOOLS
from gateway.domain.errors import ErrorCode
from gateway.saml.instants import write_instant
from tests.errors.federation import ENDS
from tests.errors.gateway import Gateway
from tests.errors.registry import How, gives
from tests.support.authn_requests import RSA_SHA1, by_redirect
from tests.support.signing_keys import signing_key

REGENBOOG = EXAMPLE_SCHOOLS[0]
FENNA, _, NOOR, *_ = REGENBOOG.people
"""Noor has no ECK iD."""


@gives(ErrorCode.REQUEST_MISSING)
def somebody_opens_the_address_by_hand(gateway: Gateway) -> TestResponse:
    return gateway.browser().get("/saml/idp/sso")


@gives(ErrorCode.REQUEST_TOO_LARGE)
def a_request_is_longer_than_any(gateway: Gateway) -> TestResponse:
    return gateway.browser().post("/saml/idp/sso", "cross-site", SAMLRequest="A" * 100_000)


@gives(ErrorCode.REQUEST_MALFORMED)
def a_request_is_no_xml(gateway: Gateway) -> TestResponse:
    return gateway.browser().get("/saml/idp/sso?SAMLRequest=AAAA")


@gives(ErrorCode.REQUEST_SERVICE_UNKNOWN)
def nobody_knows_the_service(gateway: Gateway) -> TestResponse:
    return gateway.browser().ask(issuer="<saml:Issuer>https://stranger.example/sp</saml:Issuer>")


@gives(ErrorCode.REQUEST_SERVICE_METADATA_EXPIRED)
def the_metadata_of_the_service_is_over(gateway: Gateway) -> TestResponse:
    gateway.clock.at += ENDS + timedelta(days=1)
    return gateway.browser().ask("kluis")


@gives(ErrorCode.REQUEST_ALGORITHM, back_to="Leesplein")
def a_request_is_signed_with_sha1(gateway: Gateway) -> TestResponse:
    browser = gateway.browser()
    key = gateway.federation.keys["leesplein"]
    sent = by_redirect(browser.request("leesplein"), key=key, algorithm=RSA_SHA1)
    return browser.get(f"/saml/idp/sso?{sent.query.decode()}")


@gives(ErrorCode.REQUEST_SIGNATURE_MISSING, back_to="Leesplein")
def a_request_is_not_signed(gateway: Gateway) -> TestResponse:
    browser = gateway.browser()
    return browser.get(f"/saml/idp/sso?{by_redirect(browser.request('leesplein')).query.decode()}")


@gives(ErrorCode.REQUEST_SIGNATURE_INVALID, back_to="Leesplein")
def somebody_else_signed_the_request(gateway: Gateway) -> TestResponse:
    browser = gateway.browser()
    sent = by_redirect(browser.request("leesplein"), key=signing_key("stranger"))
    return browser.get(f"/saml/idp/sso?{sent.query.decode()}")


@gives(ErrorCode.REQUEST_DESTINATION, back_to="Rekentuin")
def a_request_is_meant_for_another_gateway(gateway: Gateway) -> TestResponse:
    return gateway.browser().ask(Destination="https://elsewhere.example/sso")


@gives(ErrorCode.REQUEST_STALE, back_to="Rekentuin")
def a_request_was_made_an_hour_ago(gateway: Gateway) -> TestResponse:
    return gateway.browser().ask(IssueInstant=write_instant(gateway.clock.now() - timedelta(hours=1)))


@gives(ErrorCode.REQUEST_ACS_UNKNOWN, back_to="Rekentuin")
def the_answer_would_go_to_a_strange_address(gateway: Gateway) -> TestResponse:
    return gateway.browser().ask(AssertionConsumerServiceURL="https://elsewhere.example/acs")


@gives(ErrorCode.REQUEST_RETURN_UNKNOWN, back_to="Rekentuin")
def discovery_would_return_to_a_strange_address(gateway: Gateway) -> TestResponse:
    asked = {"entityID": "http://127.0.0.4:8080/metadata", "return": "https://elsewhere.example/"}
    return gateway.browser().get(f"/saml/idp/discovery?{urlencode(asked)}")


@gives(ErrorCode.REQUEST_RELAY_STATE)
def relay_state_cannot_be_given_back(gateway: Gateway) -> TestResponse:
    return gateway.browser().ask(relay_state="a\nb")


@gives(ErrorCode.REQUEST_UNSUPPORTED, back_to="Rekentuin")
def a_request_says_who_is_to_log_in(gateway: Gateway) -> TestResponse:
    return gateway.browser().ask(inside="<saml:Subject><saml:NameID>somebody</saml:NameID></saml:Subject>")


@gives(ErrorCode.REQUEST_NAME_ID_POLICY, back_to="Rekentuin")
def a_request_wants_an_email_address_for_a_name(gateway: Gateway) -> TestResponse:
    wish = '<samlp:NameIDPolicy Format="urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"/>'
    return gateway.browser().ask(inside=wish)


@gives(ErrorCode.REQUEST_AUTHENTICATION_CONTEXT, back_to="Rekentuin")
def a_request_wants_something_better_than_what_has_no_order(gateway: Gateway) -> TestResponse:
    wish = (
        '<samlp:RequestedAuthnContext Comparison="better"><saml:AuthnContextClassRef>urn:x:any'
        "</saml:AuthnContextClassRef></samlp:RequestedAuthnContext>"
    )
    return gateway.browser().ask(inside=wish)


@gives(ErrorCode.REQUEST_PROXY_COUNT, How.SERVICE)
def a_request_forbids_proxies(gateway: Gateway) -> TestResponse:
    return gateway.browser().ask(inside='<samlp:Scoping ProxyCount="0"/>')


@gives(ErrorCode.REQUEST_NO_PASSIVE, How.SERVICE)
def a_request_asks_for_no_page_and_there_is_a_choice(gateway: Gateway) -> TestResponse:
    return gateway.browser().ask(IsPassive="true")


@gives(ErrorCode.REQUEST_NO_AVAILABLE_IDP, How.SERVICE)
def a_request_names_only_strangers(gateway: Gateway) -> TestResponse:
    entry = '<samlp:IDPEntry ProviderID="https://stranger.example/idp"/>'
    return gateway.browser().ask(inside=f"<samlp:Scoping><samlp:IDPList>{entry}</samlp:IDPList></samlp:Scoping>")


@gives(ErrorCode.REQUEST_REDIRECT_URI, back_to="Schrijfmaatje")
def a_client_wants_the_answer_elsewhere(gateway: Gateway) -> TestResponse:
    return gateway.browser().authorize(redirect_uri="https://elsewhere.example/callback")


@gives(ErrorCode.REQUEST_RESPONSE_TYPE, How.SERVICE)
def a_client_wants_a_token_at_once(gateway: Gateway) -> TestResponse:
    return gateway.browser().authorize(response_type="token")


@gives(ErrorCode.REQUEST_SCOPE, How.SERVICE)
def a_client_does_not_ask_for_openid(gateway: Gateway) -> TestResponse:
    return gateway.browser().authorize(scope="profile")


@gives(ErrorCode.REQUEST_PKCE, How.SERVICE)
def a_client_has_no_challenge(gateway: Gateway) -> TestResponse:
    return gateway.browser().authorize(code_challenge=None)


@gives(ErrorCode.REQUEST_OBJECT, How.SERVICE)
def a_client_without_keys_sends_a_request_object(gateway: Gateway) -> TestResponse:
    return gateway.browser().authorize("klas", request="eyJhbGciOiJub25lIn0.e30.")


@gives(ErrorCode.REQUEST_OBJECT_INVALID, back_to="Schrijfmaatje")
def a_client_with_keys_did_not_sign_its_request_object(gateway: Gateway) -> TestResponse:
    return gateway.browser().authorize(request="eyJhbGciOiJub25lIn0.e30.")


@gives(ErrorCode.REQUEST_OBJECT_BY_REFERENCE, How.SERVICE)
def a_client_wants_its_request_fetched(gateway: Gateway) -> TestResponse:
    return gateway.browser().authorize(request_uri="https://klas.example/request")


@gives(ErrorCode.REQUEST_URI_UNKNOWN, back_to="Schrijfmaatje")
def a_pushed_request_is_over(gateway: Gateway) -> TestResponse:
    return gateway.browser().authorize(request_uri="urn:ietf:params:oauth:request_uri:gone")


@gives(ErrorCode.REQUEST_REGISTRATION, How.SERVICE)
def a_client_would_register_on_the_way(gateway: Gateway) -> TestResponse:
    return gateway.browser().authorize(registration="{}")


@gives(ErrorCode.REQUEST_CONSENT, How.SERVICE)
def a_client_wants_the_person_asked(gateway: Gateway) -> TestResponse:
    return gateway.browser().authorize(prompt="consent")


@gives(ErrorCode.REQUEST_OTHER_PERSON, How.SERVICE)
def a_client_expects_somebody_else(gateway: Gateway) -> TestResponse:
    browser = gateway.browser()
    browser.authorize("klas", claims='{"id_token": {"sub": {"value": "somebody else"}}}')
    browser.choose("99XA")
    return browser.by_person(REGENBOOG, FENNA)
