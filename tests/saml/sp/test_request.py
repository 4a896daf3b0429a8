"""The AuthnRequest that schools get: signed, and saying exactly what was asked."""

from base64 import b64decode
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from gateway.federation.metadata.entities import Binding, Endpoint
from gateway.login.messages import AuthenticationRequest
from gateway.login.steps import PostForm, Redirect
from gateway.saml.redirect import inflate, read_query, verify_query
from gateway.saml.schemas import schema
from gateway.saml.sp.request import ServiceProvider
from gateway.xml.signatures import SignatureRejected, verify
from tests.support.foreign_signatures import check_with_libxmlsec
from tests.support.held import HeldClock
from tests.support.responses import ADDRESSES, NAMESPACES, NOW, identity_provider
from tests.support.signing_keys import elliptic_signing_key, signing_key

KEY = signing_key("gateway")
SP = ServiceProvider(addresses=ADDRESSES, key=KEY, clock=HeldClock(NOW))
ATTEMPT = "a" * 60
ADDRESS_TEXT = st.text("abc/?=&'.-_~;é", max_size=30).map("https://x.example/".__add__)


def asked(**changes: object) -> AuthenticationRequest:
    plain = AuthenticationRequest(ATTEMPT, force=False, passive=False, contexts=(), requesters=())
    return replace(plain, **changes)  # type: ignore[arg-type]


def by_redirect(request: AuthenticationRequest, location: str = "https://po.example/sso") -> etree._Element:
    idp = identity_provider()
    endpoint = Endpoint(Binding.REDIRECT, location)
    step = SP.authenticate(replace(idp, party=replace(idp.saml, single_sign_on=(endpoint,))), request)
    assert isinstance(step, Redirect)
    assert step.url.startswith(location)
    sent = urlsplit(step.url).query.removeprefix(urlsplit(location).query).removeprefix("&")
    query = read_query(sent.encode(), "SAMLRequest")
    verify_query(query, [KEY.certificate])
    assert query.relay_state == ATTEMPT
    root = etree.fromstring(inflate(query.message, limit=100_000))
    assert schema().validate(root), schema().error_log
    return root


def texts(root: etree._Element, path: str) -> list[str | None]:
    return [found.text for found in root.iterfind(path, NAMESPACES)]


def test_a_plain_request():
    root = by_redirect(asked())
    assert root.get("ID") == f"_{ATTEMPT}"
    assert root.get("Destination") == "https://po.example/sso"
    assert root.get("AssertionConsumerServiceURL") == ADDRESSES.assertion_consumer
    assert root.get("ProtocolBinding") == Binding.POST
    assert root.get("IssueInstant") == "2026-09-07T08:30:00Z"
    assert texts(root, "saml:Issuer") == [ADDRESSES.sp_entity_id]
    assert (root.get("ForceAuthn"), root.get("IsPassive")) == (None, None)
    assert root.find("samlp:Scoping", NAMESPACES) is None
    assert root.find("samlp:RequestedAuthnContext", NAMESPACES) is None


def test_flags():
    root = by_redirect(asked(force=True, passive=True))
    assert (root.get("ForceAuthn"), root.get("IsPassive")) == ("true", "true")


def test_contexts_are_asked_exactly():
    root = by_redirect(asked(contexts=("urn:a", "urn:b")))
    assert root.find("samlp:RequestedAuthnContext", NAMESPACES).get("Comparison") == "exact"
    assert texts(root, ".//saml:AuthnContextClassRef") == ["urn:a", "urn:b"]


def test_the_end_service_is_named_first():
    root = by_redirect(asked(requesters=("https://end.example/sp", "https://hub.example/sp")))
    assert texts(root, "samlp:Scoping/samlp:RequesterID") == ["https://end.example/sp", "https://hub.example/sp"]


def test_an_address_that_has_a_query_already():
    by_redirect(asked(), location="https://po.example/sso?tenant=1")


@given(ADDRESS_TEXT, ADDRESS_TEXT)
def test_odd_texts_arrive_as_they_are(context: str, requester: str):
    root = by_redirect(asked(contexts=(context,), requesters=(requester,)))
    assert texts(root, ".//saml:AuthnContextClassRef") == [context]
    assert texts(root, ".//samlp:RequesterID") == [requester]


def by_post(request: AuthenticationRequest, location: str) -> etree._Element:
    idp = identity_provider()
    endpoint = Endpoint(Binding.POST, location)
    step = SP.authenticate(replace(idp, party=replace(idp.saml, single_sign_on=(endpoint,))), request)
    assert isinstance(step, PostForm)
    assert step.url == location
    fields = dict(step.fields)
    assert fields["RelayState"] == ATTEMPT
    root = etree.fromstring(b64decode(fields["SAMLRequest"]))
    assert schema().validate(root), schema().error_log
    check_with_libxmlsec(root, KEY.certificate)
    return verify(root, [KEY.certificate])


def test_by_post_where_there_is_no_redirect():
    root = by_post(asked(), "https://po.example/sso?a=1&b=2")
    assert root.get("Destination") == "https://po.example/sso?a=1&b=2"
    assert root[0].tag == "{urn:oasis:names:tc:SAML:2.0:assertion}Issuer"


@given(ADDRESS_TEXT, ADDRESS_TEXT)
def test_odd_texts_are_signed_as_they_are(location: str, requester: str):
    root = by_post(asked(requesters=(requester,), force=True), location)
    assert root.get("Destination") == location
    assert texts(root, ".//samlp:RequesterID") == [requester]


def test_a_changed_request_does_not_hold():
    url = SP.authenticate(identity_provider(), asked(force=True)).url
    calm = SP.authenticate(identity_provider(), asked()).url
    forged = urlsplit(calm).query.partition("&Signature=")[0] + "&Signature=" + url.partition("&Signature=")[2]
    with pytest.raises(SignatureRejected):
        verify_query(read_query(forged.encode(), "SAMLRequest"), [KEY.certificate])


def test_redirect_goes_before_post():
    idp = identity_provider()
    both = (
        Endpoint(Binding.POST, "https://po.example/post"),
        Endpoint(Binding.REDIRECT, "https://po.example/redirect"),
    )
    step = SP.authenticate(replace(idp, party=replace(idp.saml, single_sign_on=both)), asked())
    assert isinstance(step, Redirect)


def test_with_an_ec_key_post_goes_before_redirect():
    """How ECDSA is written in a query string differs from one implementation to the next."""
    key = elliptic_signing_key("gateway")
    provider = ServiceProvider(addresses=ADDRESSES, key=key, clock=HeldClock(NOW))
    idp = identity_provider()
    redirect, post = (
        Endpoint(Binding.REDIRECT, "https://po.example/redirect"),
        Endpoint(Binding.POST, "https://po.example/post"),
    )
    step = provider.authenticate(replace(idp, party=replace(idp.saml, single_sign_on=(redirect, post))), asked())
    assert isinstance(step, PostForm)
    verify(etree.fromstring(b64decode(dict(step.fields)["SAMLRequest"])), [key.certificate])

    only = provider.authenticate(replace(idp, party=replace(idp.saml, single_sign_on=(redirect,))), asked())
    assert isinstance(only, Redirect)
    verify_query(read_query(urlsplit(only.url).query.encode(), "SAMLRequest"), [key.certificate])
