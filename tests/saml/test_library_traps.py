"""The traps of pysaml2 7.5.5 that were found by running it, those of receiving, and what the gateway does instead.

Numbers are those of the project's notes on its libraries. Where pysaml2 accepts what must be refused, both facts are
asserted: the day it learns, the test says so.
"""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from lxml import etree
from saml2.client import Saml2Client
from xmlsec import Transform

from gateway.domain.errors import ErrorCode
from tests.support.foreign_signatures import sign_with_libxmlsec
from tests.support.pysaml2_as_gateway import (
    WHAT_THE_GATEWAY_WANTS,
    given_to_pysaml2,
    message_of_now,
    pysaml2_accepts,
    pysaml2_as_gateway,
)
from tests.support.responses import (
    IDP_KEY,
    NAMESPACES,
    OTHER_IDP,
    OTHER_KEY,
    Marks,
    Message,
    assertion_of,
    identity_provider,
    judge,
    refusal,
    signed,
)

ELSEWHERE = "https://other.example/acs"


@pytest.fixture(scope="module")
def pysaml2() -> Saml2Client:
    """Set to take what the gateway takes: an answer of which the Response or the assertion is signed."""
    return pysaml2_as_gateway(**WHAT_THE_GATEWAY_WANTS)


@pytest.fixture(scope="module")
def pysaml2_by_default() -> Saml2Client:
    return pysaml2_as_gateway()


def test_pysaml2_as_configured_here_accepts_a_good_message(pysaml2: Saml2Client):
    assert pysaml2_accepts(pysaml2, signed(message_of_now()))


@pytest.mark.parametrize(
    "entry",
    [
        {"allow_unsolicited": True},
        {"party": replace(identity_provider().saml, want_authn_requests_signed=True)},
        {"party": replace(identity_provider().saml, certificates=())},
    ],
    ids=["allow_unsolicited", "WantAuthnRequestsSigned", "no certificate"],
)
def test_s05_nothing_that_can_be_set_lets_a_changed_answer_in(entry: dict[str, object]):
    """Of requests: test_library_traps_idp.py."""
    root = signed()
    assertion_of(root).find(".//saml:AttributeValue", NAMESPACES).text = "mallory"
    assert refusal(root, idp=replace(identity_provider(), **entry)) is ErrorCode.RESPONSE_SIGNATURE_INVALID


def test_s06_issuer_confusion(pysaml2: Saml2Client):
    message = message_of_now(assertion_issuer=OTHER_IDP)
    root = signed(message, key=OTHER_KEY, response=False)
    assert pysaml2_accepts(pysaml2, root)
    here = signed(Message(assertion_issuer=OTHER_IDP), key=OTHER_KEY, response=False)
    assert refusal(here) is ErrorCode.RESPONSE_SIGNATURE_INVALID


def test_s07_an_answer_of_another_member_to_a_request_sent_to_the_first(pysaml2: Saml2Client):
    changes = {"issuer": OTHER_IDP, "assertion_issuer": OTHER_IDP}
    assert pysaml2_accepts(pysaml2, signed(message_of_now(**changes), key=OTHER_KEY))
    assert refusal(signed(Message(**changes), key=OTHER_KEY)) is ErrorCode.RESPONSE_ISSUER


def test_s08_the_same_answer_twice(pysaml2: Saml2Client):
    """Over HTTP, with the real store: tests/saml/sp/test_endpoint.py."""
    root, now, marks = signed(message_of_now()), datetime.now(UTC), Marks()
    assert pysaml2_accepts(pysaml2, root)
    assert pysaml2_accepts(pysaml2, root)
    judge(root, now=now, replay_marks=marks)
    assert refusal(root, now=now, replay_marks=marks) is ErrorCode.RESPONSE_REPLAYED


def test_s09_missing_conditions(pysaml2: Saml2Client):
    assert pysaml2_accepts(pysaml2, signed(message_of_now(conditions="")))
    assert refusal(signed(Message(conditions=""))) is ErrorCode.RESPONSE_CONDITIONS


def test_s09_missing_audience_restriction(pysaml2: Saml2Client):
    assert pysaml2_accepts(pysaml2, signed(message_of_now(conditions="<saml:Conditions/>")))
    assert refusal(signed(Message(conditions="<saml:Conditions/>"))) is ErrorCode.RESPONSE_AUDIENCE


@pytest.mark.parametrize("weak", [{"algorithm": Transform.RSA_SHA1}, {"digest": Transform.SHA1}], ids=["RSA", "digest"])
def test_s10_sha1(pysaml2: Saml2Client, weak: dict[str, object]):
    root = message_of_now().response()
    sign_with_libxmlsec(assertion_of(root), IDP_KEY.private_key, **weak)
    assert pysaml2_accepts(pysaml2, root)
    assert refusal(root, now=datetime.now(UTC)) is ErrorCode.RESPONSE_ALGORITHM


def test_s13_encrypted_and_plain_side_by_side():
    root = signed(response=False)
    encrypted = etree.SubElement(root, "{urn:oasis:names:tc:SAML:2.0:assertion}EncryptedAssertion")
    data = etree.SubElement(encrypted, "{http://www.w3.org/2001/04/xmlenc#}EncryptedData")
    cipher = etree.SubElement(data, "{http://www.w3.org/2001/04/xmlenc#}CipherData")
    etree.SubElement(cipher, "{http://www.w3.org/2001/04/xmlenc#}CipherValue").text = "AAAA"
    assert refusal(root) is ErrorCode.RESPONSE_ENCRYPTED


def test_s14_wrapping_is_refused_by_both(pysaml2: Saml2Client):
    root = signed(message_of_now(), response=False)
    evil = assertion_of(Message(assertion_id="_evil").response())
    root.insert(2, evil)
    assert not pysaml2_accepts(pysaml2, root)
    assert refusal(root) is ErrorCode.RESPONSE_ASSERTIONS


def test_s17_what_was_not_asked_for_is_refused_by_both(pysaml2: Saml2Client):
    root = signed(message_of_now(in_response_to="_other", confirmed_request="_other"))
    assert not pysaml2_accepts(pysaml2, root)
    assert refusal(signed(Message(in_response_to="_other"))) is ErrorCode.RESPONSE_REQUEST


def test_s18_only_the_assertion_signed_is_enough(pysaml2_by_default: Saml2Client):
    root = signed(message_of_now(), response=False)
    assert not pysaml2_accepts(pysaml2_by_default, root)
    assert judge(root, now=datetime.now(UTC)).issuer == "https://po.example/idp"


def test_a_recipient_that_is_another_consumer(pysaml2: Saml2Client):
    root = signed(message_of_now(recipient=ELSEWHERE))
    assert pysaml2_accepts(pysaml2, root)
    assert refusal(root, now=datetime.now(UTC)) is ErrorCode.RESPONSE_RECIPIENT


def test_a_destination_that_is_another_consumer(pysaml2: Saml2Client):
    """pysaml2 writes to the log, raises nothing, and gives back an answer that is true and empty."""
    root = signed(message_of_now(destination=ELSEWHERE))
    answer = given_to_pysaml2(pysaml2, root)
    assert answer
    assert answer.assertion is None
    assert refusal(root, now=datetime.now(UTC)) is ErrorCode.RESPONSE_DESTINATION
