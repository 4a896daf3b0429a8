"""What a service may ask, and what the gateway makes of it."""

import base64
from datetime import UTC, datetime, timedelta

import pytest

from gateway.domain.errors import ErrorCode, SluisError
from gateway.federation.assurance import Level
from gateway.federation.clients import NameIdFormat
from gateway.federation.metadata.entities import Binding, IndexedEndpoint
from gateway.saml.idp.reply import Reply
from gateway.saml.idp.transport import SentByPost
from gateway.saml.idp.wishes import _compared
from tests.support.authn_requests import (
    ACS,
    ISSUER,
    authn_request,
    by_post,
    by_redirect,
    federation,
    granted,
    lower_case_escapes,
    outcome,
    page,
    told,
)
from tests.support.held import HeldClock
from tests.support.signing_keys import signing_key
from tests.support.small_federation import PO_IDP, REKENTUIN, VO_IDP

KEY = signing_key(REKENTUIN)
TRANSIENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
UNSPECIFIED = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"
EMAIL = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
PASSWORD = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"
MFA = "https://refeds.org/profile/mfa"


def reply(request) -> Reply:
    return Reply.load(request.reply, federation().services[request.service])


def policy(**attributes):
    written = " ".join(f'{name}="{value}"' for name, value in attributes.items())
    return f"<samlp:NameIDPolicy {written}/>"


def contexts(*classes, comparison=""):
    refs = "".join(f"<saml:AuthnContextClassRef>{one}</saml:AuthnContextClassRef>" for one in classes)
    return f"<samlp:RequestedAuthnContext {comparison}>{refs}</samlp:RequestedAuthnContext>"


def scoping(inside="", attributes=""):
    return f"<samlp:Scoping {attributes}>{inside}</samlp:Scoping>"


def idp_list(*entity_ids):
    entries = "".join(f'<samlp:IDPEntry ProviderID="{one}"/>' for one in entity_ids)
    return f"<samlp:IDPList>{entries}</samlp:IDPList>"


@pytest.mark.parametrize("send", [by_redirect, by_post])
@pytest.mark.parametrize("key", [None, KEY])
def test_a_plain_request_by_either_binding_signed_or_not(send, key):
    request = granted(send(authn_request(), "state", key=key))
    assert request.service == REKENTUIN
    assert (request.force, request.passive, request.contexts, request.idps) == (False, False, (), ())
    assert reply(request) == Reply("_request-1", ACS, "state", NameIdFormat.TRANSIENT)


def test_lower_case_percent_encoding_is_accepted():
    assert granted(by_redirect(authn_request(), "é&=", key=KEY, escape=lower_case_escapes))


@pytest.mark.parametrize("send", [by_redirect, by_post])
def test_a_destination_is_needed_only_where_there_is_a_signature(send):
    assert granted(send(authn_request(Destination=None)))


def test_base64_with_line_ends_is_accepted_by_post():
    encoded = base64.encodebytes(authn_request()).decode()
    assert granted(SentByPost([encoded.replace("\n", "\r\n")], []))


def test_every_part_that_a_request_may_have_is_accepted_or_passed_over():
    inside = (
        "<samlp:Extensions><x:y xmlns:x='urn:x'>z</x:y></samlp:Extensions>"
        + policy(Format=TRANSIENT, AllowCreate="true", SPNameQualifier=ISSUER)
        + contexts(PASSWORD)
        + scoping(idp_list("https://po.example/idp"), 'ProxyCount="3"')
    )
    request = authn_request(
        inside=inside,
        ProviderName="Rekentuin",
        AttributeConsumingServiceIndex="7",
        Consent="urn:oasis:names:tc:SAML:2.0:consent:unspecified",
        ProtocolBinding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST",
    )
    assert granted(by_redirect(request, key=KEY)).idps == (PO_IDP,)


@pytest.mark.parametrize(
    "instant", ["2026-09-07T08:30:00.1234567Z", "2026-09-07T08:30:00", "2026-09-07T10:30:00+02:00"]
)
def test_instants_as_platforms_write_them(instant):
    assert granted(by_redirect(authn_request(IssueInstant=instant)))


@pytest.mark.parametrize("later", [timedelta(seconds=-60), timedelta(0), timedelta(minutes=11)])
def test_a_request_is_answered_for_ten_minutes_give_or_take_a_minute(later):
    assert granted(by_redirect(authn_request()), clock=HeldClock(HeldClock().now() + later))


@pytest.mark.parametrize("later", [timedelta(seconds=-61), timedelta(minutes=11, seconds=1)])
def test_and_no_longer(later):
    assert told(by_redirect(authn_request()), clock=HeldClock(HeldClock().now() + later)) is ErrorCode.REQUEST_STALE


@pytest.mark.parametrize("written", ["true", "1"])
def test_force_and_passive(written):
    request = granted(by_redirect(authn_request(ForceAuthn=written, IsPassive=written)))
    assert (request.force, request.passive) == (True, True)


TWO = {
    "assertion_consumers": (
        IndexedEndpoint(Binding.POST, ACS, 0, is_default=False),
        IndexedEndpoint(Binding.POST, "https://rekentuin.example/acs/2", 2, is_default=True),
    )
}


@pytest.mark.parametrize(
    ("url", "index", "consumer"),
    [
        (ACS, None, ACS),
        ("https://rekentuin.example/acs/2", None, "https://rekentuin.example/acs/2"),
        (None, "0", ACS),
        (None, "2", "https://rekentuin.example/acs/2"),
        (None, None, "https://rekentuin.example/acs/2"),
    ],
)
def test_the_consumer_by_url_by_index_or_by_default(url, index, consumer):
    asked = authn_request(AssertionConsumerServiceURL=url, AssertionConsumerServiceIndex=index)
    assert reply(granted(by_redirect(asked), **TWO)).consumer == consumer


@pytest.mark.parametrize(
    ("inside", "entry", "given"),
    [
        ("", "transient", "transient"),
        ("", "persistent", "persistent"),
        (policy(AllowCreate="true"), "persistent", "persistent"),
        (policy(Format=UNSPECIFIED), "persistent", "persistent"),
        (policy(Format=TRANSIENT), "persistent", "transient"),
        (policy(Format=PERSISTENT), "persistent", "persistent"),
        (policy(Format=PERSISTENT, SPNameQualifier=ISSUER), "persistent", "persistent"),
    ],
)
def test_the_name_id_asked_for(inside, entry, given):
    request = granted(by_redirect(authn_request(inside=inside)), name_id=NameIdFormat(entry))
    assert reply(request).name_id == given


@pytest.mark.parametrize(
    "inside",
    [
        policy(Format=PERSISTENT),
        policy(Format=EMAIL),
        policy(Format="urn:oasis:names:tc:SAML:2.0:nameid-format:encrypted"),
        policy(Format=TRANSIENT, SPNameQualifier="https://leesplein.example/sp"),
    ],
)
def test_a_name_id_that_the_entry_does_not_have(inside):
    assert told(by_redirect(authn_request(inside=inside))) is ErrorCode.REQUEST_NAME_ID_POLICY


@pytest.mark.parametrize("comparison", ["", 'Comparison="exact"'])
def test_authentication_contexts_in_the_order_of_the_service(comparison):
    request = granted(by_redirect(authn_request(inside=contexts(MFA, PASSWORD, comparison=comparison))))
    assert request.contexts == (MFA, PASSWORD)


@pytest.mark.parametrize("comparison", ["minimum", "better", "maximum"])
def test_contexts_have_no_order_to_compare_by(comparison):
    asked = authn_request(inside=contexts(PASSWORD, comparison=f'Comparison="{comparison}"'))
    assert told(by_redirect(asked)) is ErrorCode.REQUEST_AUTHENTICATION_CONTEXT


BASIC, CODE, CARD = "https://sluis.example/basic", MFA, "https://sluis.example/card"
LEVELS = {context: Level(context, rank, context, {}) for rank, context in enumerate((BASIC, CODE, CARD))}


@pytest.mark.parametrize(
    ("comparison", "asked", "met"),
    [
        ("minimum", (CODE,), (CODE, CARD)),
        ("minimum", (CARD, BASIC), (BASIC, CODE, CARD)),
        ("better", (BASIC,), (CODE, CARD)),
        ("better", (BASIC, CODE), (CARD,)),
        ("exact", (CARD, "urn:other"), (CARD, "urn:other")),
    ],
)
def test_levels_of_the_configuration_have_an_order(comparison, asked, met):
    assert _compared(comparison, asked, LEVELS) == met


@pytest.mark.parametrize(
    ("comparison", "asked"),
    [("better", (CARD,)), ("maximum", (CODE,)), ("minimum", (CODE, "urn:other")), ("better", ("urn:other",))],
)
def test_what_cannot_be_compared_cannot_be_met(comparison, asked):
    with pytest.raises(SluisError) as raised:
        _compared(comparison, asked, LEVELS)
    assert raised.value.code is ErrorCode.REQUEST_AUTHENTICATION_CONTEXT


def test_declarations_of_contexts_are_not_known():
    inside = (
        "<samlp:RequestedAuthnContext><saml:AuthnContextDeclRef>urn:d</saml:AuthnContextDeclRef>"
        "</samlp:RequestedAuthnContext>"
    )
    assert told(by_redirect(authn_request(inside=inside))) is ErrorCode.REQUEST_AUTHENTICATION_CONTEXT


def test_an_idp_list_limits_who_may_be_asked_and_strangers_on_it_are_passed_over():
    listed = idp_list("https://vo.example/idp", "https://stranger.example/idp", "https://po.example/idp")
    request = granted(by_redirect(authn_request(inside=scoping(listed))))
    assert request.idps == (VO_IDP, PO_IDP)


def test_an_idp_list_of_a_thousand_entries_leaves_those_that_there_are():
    listed = idp_list(*(f"https://s{number}.example" for number in range(1000)), *["https://vo.example/idp"] * 3)
    request = granted(by_redirect(authn_request(inside=scoping(listed))))
    assert request.idps == (VO_IDP,)


def test_an_idp_list_of_strangers_leaves_nobody():
    listed = idp_list("https://stranger.example/idp")
    assert told(by_redirect(authn_request(inside=scoping(listed)))) is ErrorCode.REQUEST_NO_AVAILABLE_IDP


def test_requesters_are_carried_on_with_the_end_service_in_front():
    named = "<samlp:RequesterID>https://end.example/sp</samlp:RequesterID>"
    for send in (by_redirect, by_post):
        request = granted(send(authn_request(inside=scoping(named)), key=KEY))
        assert request.requesters == ("https://end.example/sp", ISSUER)


def test_whom_an_unsigned_request_names_behind_the_service_is_not_carried_on():
    named = "<samlp:RequesterID>https://victim.example/sp</samlp:RequesterID>"
    for send in (by_redirect, by_post):
        assert granted(send(authn_request(inside=scoping(named)))).requesters == (ISSUER,)


def test_without_requesters_the_service_is_the_end_service():
    assert granted(by_redirect(authn_request())).requesters == (ISSUER,)


def test_a_proxy_count_of_zero_forbids_this_gateway():
    asked = authn_request(inside=scoping(attributes='ProxyCount="0"'))
    assert told(by_redirect(asked)) is ErrorCode.REQUEST_PROXY_COUNT


@pytest.mark.parametrize(
    "inside",
    [
        "<saml:Subject><saml:NameID>somebody</saml:NameID></saml:Subject>",
        '<saml:Conditions NotOnOrAfter="2026-09-07T09:00:00Z"/>',
    ],
)
def test_a_service_cannot_name_whom_it_wants_nor_set_conditions(inside):
    assert told(by_redirect(authn_request(inside=inside))) is ErrorCode.REQUEST_UNSUPPORTED


def test_what_is_told_to_a_service_goes_to_its_consumer_with_its_relay_state():
    refused = authn_request(inside=policy(Format=EMAIL), IsPassive="true")
    request = outcome(by_redirect(refused, "state")).request
    assert request.passive
    assert reply(request) == Reply("_request-1", ACS, "state", NameIdFormat.TRANSIENT)


def test_metadata_is_judged_at_the_moment_of_use():
    until = datetime(2026, 9, 7, 8, 30, tzinfo=UTC)
    assert granted(by_redirect(authn_request()), valid_until=until + timedelta(seconds=1))
    expired = page(by_redirect(authn_request()), valid_until=until)
    assert expired is ErrorCode.REQUEST_SERVICE_METADATA_EXPIRED


@pytest.mark.parametrize("wanted", [{"authn_requests_signed": True}, {"require_signed_requests": True}])
@pytest.mark.parametrize("send", [by_redirect, by_post])
def test_signed_requests_where_metadata_or_entry_want_them(wanted, send):
    assert granted(send(authn_request(), key=KEY), **wanted)
    assert page(send(authn_request()), **wanted) is ErrorCode.REQUEST_SIGNATURE_MISSING


def test_the_next_key_of_a_service_counts_as_much_as_the_first():
    both = (signing_key("next").certificate, KEY.certificate)
    for key in (KEY, signing_key("next")):
        assert granted(by_redirect(authn_request(), key=key), certificates=both)


@pytest.mark.parametrize(
    "state", ["", "x" * 1024, "é" * 512, '"><script>alert(1)</script>', "https://a.example/?b=c&d=%20"]
)
def test_relay_state_is_kept_as_it_is(state):
    for send in (by_redirect, by_post):
        assert reply(granted(send(authn_request(), state))).relay_state == state
