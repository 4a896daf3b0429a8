"""Responses that play with time: moments that no clock has, lives without end, the same word twice."""

from datetime import timedelta

import pytest
from lxml import etree

from gateway.domain.errors import ErrorCode
from gateway.login.messages import MAX_SESSION
from gateway.saml.sp.contents import MAX_LIFETIME
from gateway.xml.signatures import sign
from tests.support.responses import (
    BEARER,
    IDP_KEY,
    NOW,
    OTHER_KEY,
    SKEW,
    Marks,
    Message,
    judge,
    refusal,
    signed,
)

SECOND = timedelta(seconds=1)


def saying(old: str, new: str) -> etree._Element:
    """A signed Response whose assertion says something else in one place."""
    message = Message()
    assertion = message.assertion()
    assert old in assertion
    root = message.response(assertion.replace(old, new, 1))
    sign(root, IDP_KEY)
    return root


PLACES = {
    "AuthnInstant": 'AuthnInstant="2026-09-07T08:29:50Z"',
    "NotBefore": 'NotBefore="2026-09-07T08:29:00Z"',
    "NotOnOrAfter": 'NotOnOrAfter="2026-09-07T08:35:00Z"',
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("moment", ["12026-01-01T00:00:00Z", "-0001-01-01T00:00:00Z", "2026-09-07T24:00:00Z"])
def test_moments_that_the_schema_has_and_no_clock(place: str, moment: str):
    assert refusal(saying(PLACES[place], f'{place}="{moment}"')) is ErrorCode.RESPONSE_SCHEMA


@pytest.mark.parametrize("moment", ["yesterday", "2026-09-07", "2026-09-07T08:35:00+99:00", ""])
def test_moments_that_are_none(moment: str):
    assert refusal(saying(PLACES["AuthnInstant"], f'AuthnInstant="{moment}"')) is ErrorCode.RESPONSE_SCHEMA


@pytest.mark.parametrize(
    ("moment", "code"),
    [
        ("9999-12-31T23:59:59-14:00", ErrorCode.RESPONSE_TOO_EARLY),
        ("0001-01-01T00:00:00+14:00", ErrorCode.RESPONSE_EXPIRED),
    ],
)
def test_authenticated_at_the_ends_of_time(moment: str, code: ErrorCode):
    assert refusal(saying(PLACES["AuthnInstant"], f'AuthnInstant="{moment}"')) is code


def test_authenticated_ages_ago():
    judge(signed(Message(authenticated=NOW - MAX_SESSION)))
    assert refusal(signed(Message(authenticated=NOW - MAX_SESSION - SECOND))) is ErrorCode.RESPONSE_EXPIRED


@pytest.mark.parametrize("until", ["2026-09-08T08:30:01Z", "2126-09-07T08:35:00Z", "9999-12-31T23:59:59Z"])
def test_a_second_confirmation_that_outlives_the_replay_mark(until: str):
    """The first holds for five minutes and is fine; by the second the assertion could be used again after them."""
    second = f'<saml:SubjectConfirmation Method="{BEARER}"><saml:SubjectConfirmationData NotOnOrAfter="{until}"/>'
    root = saying("</saml:Subject>", f"{second}</saml:SubjectConfirmation></saml:Subject>")
    assert refusal(root) is ErrorCode.RESPONSE_CONDITIONS


def test_confirmation_that_begins_later():
    """saml-profiles 4.1.4.2: a bearer confirmation has no NotBefore, not even one that has passed."""
    end = 'NotOnOrAfter="2026-09-07T08:35:00Z"/></saml:SubjectConfirmation>'
    root = saying(end, f'NotBefore="2026-09-07T08:00:00Z" {end}')
    assert refusal(root) is ErrorCode.RESPONSE_CONDITIONS


def test_replay():
    marks = Marks()
    judge(signed(), replay_marks=marks)
    assert refusal(signed(), replay_marks=marks) is ErrorCode.RESPONSE_REPLAYED


def test_replay_in_another_envelope_and_signed_anew():
    marks = Marks()
    judge(signed(response=False), replay_marks=marks)
    again = signed(Message(response_id="_another", session_ends=NOW + timedelta(hours=1)))
    assert refusal(again, replay_marks=marks) is ErrorCode.RESPONSE_REPLAYED


def test_the_replay_mark_lasts_as_long_as_the_assertion_could_be_used():
    marks = Marks()
    judge(signed(Message(confirmed_until=NOW + MAX_LIFETIME)), replay_marks=marks)
    [seconds] = marks.values()
    assert seconds > (MAX_LIFETIME + SKEW).total_seconds()


def test_a_refused_response_uses_nothing_up():
    """Else whoever can guess an id could keep the true assertion out."""
    marks = Marks()
    for refused in (
        signed(key=OTHER_KEY),
        signed(Message(audiences=("https://other.example",))),
        signed(Message(context="urn:x:other")),
    ):
        refusal(refused, contexts=(Message().context,), replay_marks=marks)
    assert not marks
