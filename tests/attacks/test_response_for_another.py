"""True messages at the wrong place: of another issuer, for another audience, request, consumer, or time."""

import re
from datetime import timedelta

import pytest

from gateway.domain.errors import ErrorCode
from gateway.xml.signatures import sign
from tests.support.responses import (
    ADDRESSES,
    BEARER,
    IDP_KEY,
    NOW,
    OTHER_IDP,
    SKEW,
    Message,
    judge,
    refusal,
    signed,
)

ELSEWHERE = "https://evil.example/acs"
SECOND = timedelta(seconds=1)


def test_wrong_issuer_of_the_response():
    assert refusal(signed(Message(issuer=OTHER_IDP))) is ErrorCode.RESPONSE_ISSUER


def test_wrong_issuer_of_the_assertion():
    assert refusal(signed(Message(assertion_issuer=OTHER_IDP))) is ErrorCode.RESPONSE_ISSUER


def test_issuer_with_another_case():
    assert refusal(signed(Message(assertion_issuer="https://PO.example/idp"))) is ErrorCode.RESPONSE_ISSUER


@pytest.mark.parametrize("destination", [ELSEWHERE, ADDRESSES.assertion_consumer + "/", ADDRESSES.sp_entity_id, ""])
def test_wrong_destination(destination: str):
    assert refusal(signed(Message(destination=destination))) is ErrorCode.RESPONSE_DESTINATION


def test_signed_response_without_destination():
    assert refusal(signed(Message(destination=None))) is ErrorCode.RESPONSE_DESTINATION


@pytest.mark.parametrize("recipient", [ELSEWHERE, ADDRESSES.assertion_consumer.upper(), ""])
def test_wrong_recipient(recipient: str):
    assert refusal(signed(Message(recipient=recipient))) is ErrorCode.RESPONSE_RECIPIENT


def test_wrong_audience():
    assert refusal(signed(Message(audiences=("https://other.example/sp",)))) is ErrorCode.RESPONSE_AUDIENCE


def test_audience_of_the_gateways_other_role():
    assert refusal(signed(Message(audiences=(ADDRESSES.idp_entity_id,)))) is ErrorCode.RESPONSE_AUDIENCE


def test_missing_audience_restriction():
    assert refusal(signed(Message(conditions="<saml:Conditions/>"))) is ErrorCode.RESPONSE_AUDIENCE


def test_missing_conditions():
    assert refusal(signed(Message(conditions=""))) is ErrorCode.RESPONSE_CONDITIONS


def test_two_audience_restrictions_of_which_one_is_for_another():
    restrictions = "".join(
        f"<saml:AudienceRestriction><saml:Audience>{audience}</saml:Audience></saml:AudienceRestriction>"
        for audience in (ADDRESSES.sp_entity_id, "https://other.example/sp")
    )
    message = Message(conditions=f"<saml:Conditions>{restrictions}</saml:Conditions>")
    assert refusal(signed(message)) is ErrorCode.RESPONSE_AUDIENCE


def test_a_condition_that_nobody_understands():
    typed = (
        '<saml:Condition xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="saml:OneTimeUseType"/>'
        "</saml:Conditions>"
    )
    message = Message(conditions=Message()._conditions().replace("</saml:Conditions>", typed))
    assert refusal(signed(message)) is ErrorCode.RESPONSE_CONDITIONS


def test_a_condition_that_the_schema_does_not_have():
    message = Message(conditions="<saml:Conditions><saml:Condition/></saml:Conditions>")
    assert refusal(signed(message)) is ErrorCode.RESPONSE_SCHEMA


def test_wrong_in_response_to_of_the_response():
    assert refusal(signed(Message(in_response_to="_other"))) is ErrorCode.RESPONSE_REQUEST


def test_wrong_in_response_to_of_the_confirmation():
    assert refusal(signed(Message(confirmed_request="_other"))) is ErrorCode.RESPONSE_REQUEST


def test_missing_in_response_to():
    assert refusal(signed(Message(in_response_to=None))) is ErrorCode.RESPONSE_REQUEST
    assert refusal(signed(Message(confirmed_request=None))) is ErrorCode.RESPONSE_REQUEST


def test_holder_of_key_instead_of_bearer():
    message = Message(method="urn:oasis:names:tc:SAML:2.0:cm:holder-of-key")
    assert refusal(signed(message)) is ErrorCode.RESPONSE_RECIPIENT


def test_no_confirmation_at_all():
    message = Message()
    root = message.response(message.assertion().replace(message._confirmation(), ""))
    sign(root, IDP_KEY)
    assert refusal(root) is ErrorCode.RESPONSE_RECIPIENT


def test_confirmation_without_data():
    message = Message()
    bare = f'<saml:SubjectConfirmation Method="{BEARER}"/>'
    root = message.response(message.assertion().replace(message._confirmation(), bare))
    sign(root, IDP_KEY)
    assert refusal(root) is ErrorCode.RESPONSE_RECIPIENT


def test_confirmation_without_end():
    assert refusal(signed(Message(confirmed_until=None))) is ErrorCode.RESPONSE_CONDITIONS


def test_confirmation_that_ends_in_a_year():
    assert refusal(signed(Message(confirmed_until=NOW + timedelta(days=365)))) is ErrorCode.RESPONSE_CONDITIONS


def test_expired_confirmation():
    assert refusal(signed(Message(confirmed_until=NOW - SKEW))) is ErrorCode.RESPONSE_EXPIRED


def test_expired_conditions():
    assert refusal(signed(Message(not_on_or_after=NOW - SKEW))) is ErrorCode.RESPONSE_EXPIRED


def test_conditions_of_the_future():
    assert refusal(signed(Message(not_before=NOW + SKEW + SECOND))) is ErrorCode.RESPONSE_TOO_EARLY


def test_authenticated_in_the_future():
    assert refusal(signed(Message(authenticated=NOW + SKEW + SECOND))) is ErrorCode.RESPONSE_TOO_EARLY


def test_session_that_has_ended():
    assert refusal(signed(Message(session_ends=NOW - SKEW))) is ErrorCode.RESPONSE_EXPIRED


def test_an_old_authentication_after_force_authn():
    message = Message(authenticated=NOW - timedelta(hours=1))
    judge(signed(message))
    assert refusal(signed(message), fresh_since=NOW) is ErrorCode.RESPONSE_NOT_FRESH


def test_another_authentication_context_than_was_asked():
    assert refusal(signed(), contexts=("https://refeds.org/profile/mfa",)) is (
        ErrorCode.RESPONSE_AUTHENTICATION_CONTEXT
    )


def test_missing_authentication_statement():
    message = Message()
    bare = re.sub(r"<saml:AuthnStatement.*</saml:AuthnStatement>", "", message.assertion())
    root = message.response(bare)
    sign(root, IDP_KEY)
    assert refusal(root) is ErrorCode.RESPONSE_SCHEMA


def status(first: str, second: str = "") -> str:
    prefix = "urn:oasis:names:tc:SAML:2.0:status:"
    inside = f'<samlp:StatusCode Value="{prefix}{second}"/>' if second else ""
    return f'<samlp:StatusCode Value="{prefix}{first}">{inside}</samlp:StatusCode>'


@pytest.mark.parametrize(
    ("second", "code"),
    [
        ("AuthnFailed", ErrorCode.IDP_CANCELLED),
        ("RequestDenied", ErrorCode.IDP_CANCELLED),
        ("NoPassive", ErrorCode.IDP_NO_PASSIVE),
        ("NoAuthnContext", ErrorCode.IDP_NO_AUTHENTICATION_CONTEXT),
        ("UnknownPrincipal", ErrorCode.IDP_REFUSED),
        ("", ErrorCode.IDP_REFUSED),
    ],
)
def test_a_status_that_says_no_with_an_assertion_beside_it(second: str, code: ErrorCode):
    assert refusal(signed(Message(status=status("Responder", second)))) is code


def test_a_status_that_says_no_unsigned_and_without_assertion():
    root = Message(status=status("Responder", "AuthnFailed")).response(assertion="")
    assert refusal(root) is ErrorCode.IDP_CANCELLED


def test_a_signed_status_that_was_changed():
    root = Message(status=status("Responder", "AuthnFailed")).response(assertion="")
    sign(root, IDP_KEY)
    root.set("IssueInstant", "2026-09-07T08:29:59Z")
    assert refusal(root) is ErrorCode.RESPONSE_SIGNATURE_INVALID


def test_missing_status():
    root = signed(response=False)
    root.remove(root.find("{urn:oasis:names:tc:SAML:2.0:protocol}Status"))
    assert refusal(root) is ErrorCode.RESPONSE_SCHEMA


def test_success_only_on_the_second_level():
    assert refusal(signed(Message(status=status("Responder", "Success")))) is ErrorCode.IDP_REFUSED
