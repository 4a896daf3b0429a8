"""The traps of pysaml2 7.5.5 that were found by running it, those of receiving, and what the gateway does instead.

Numbers are those of the project's notes on its libraries. Where pysaml2 accepts what must be refused, both facts are
asserted: the day it learns, the test says so.
"""

from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from lxml import etree
from saml2 import BINDING_HTTP_POST
from saml2.client import Saml2Client
from xmlsec import Transform

from gateway.domain.errors import ErrorCode
from tests.support.foreign_signatures import sign_with_libxmlsec
from tests.support.pysaml2_backend import pysaml2_service
from tests.support.responses import (
    ADDRESSES,
    IDP,
    IDP_KEY,
    OTHER_IDP,
    OTHER_KEY,
    REQUEST,
    Message,
    assertion_of,
    judge,
    refusal,
    signed,
)
from tests.support.signing_keys import signing_key

MD = "urn:oasis:names:tc:SAML:2.0:metadata"


def metadata(entity_id: str, certificate: str) -> str:
    return (
        f'<md:EntityDescriptor xmlns:md="{MD}" entityID="{entity_id}">'
        '<md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">'
        '<md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data>'
        f"<ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
        '<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"'
        ' Location="https://po.example/sso"/></md:IDPSSODescriptor></md:EntityDescriptor>'
    )


ELSEWHERE = "https://other.example/acs"


def client(**wants: bool) -> Saml2Client:
    """pysaml2 in the gateway's place: it knows both identity providers and has sent REQUEST to the first."""
    both = metadata(IDP, IDP_KEY.certificate_base64) + metadata(OTHER_IDP, OTHER_KEY.certificate_base64)
    return pysaml2_service(
        entity_id=ADDRESSES.sp_entity_id,
        consumer=ADDRESSES.assertion_consumer,
        idp_metadata=f'<md:EntitiesDescriptor xmlns:md="{MD}">{both}</md:EntitiesDescriptor>'.encode(),
        **wants,
    )


@pytest.fixture(scope="module")
def pysaml2() -> Saml2Client:
    """Set to take what the gateway takes: an answer of which the Response or the assertion is signed."""
    return client(want_response_signed=False, want_assertions_or_response_signed=True)


@pytest.fixture(scope="module")
def pysaml2_by_default() -> Saml2Client:
    return client()


def field(root: etree._Element) -> str:
    return b64encode(etree.tostring(root)).decode()


def now_message(**changes: object) -> Message:
    """A message of this moment: pysaml2 has a clock of its own."""
    now = datetime.now(UTC)
    current = Message(
        not_before=now - timedelta(minutes=1),
        not_on_or_after=now + timedelta(minutes=5),
        confirmed_until=now + timedelta(minutes=5),
        authenticated=now - timedelta(seconds=5),
        issued=now,
    )
    return replace(current, **changes)  # type: ignore[arg-type]


def pysaml2_accepts(client: Saml2Client, root: etree._Element) -> bool:
    try:
        answer = client.parse_authn_request_response(field(root), BINDING_HTTP_POST, outstanding={REQUEST: "/"})
    except Exception:  # noqa: BLE001 - it raises a great many kinds, and all of them mean no
        return False
    return answer is not None and answer.assertion is not None


def test_pysaml2_as_configured_here_accepts_a_good_message(pysaml2: Saml2Client):
    assert pysaml2_accepts(pysaml2, signed(now_message()))


def test_s06_issuer_confusion(pysaml2: Saml2Client):
    message = now_message(assertion_issuer=OTHER_IDP)
    root = signed(message, key=OTHER_KEY, response=False)
    assert pysaml2_accepts(pysaml2, root)
    here = signed(Message(assertion_issuer=OTHER_IDP), key=OTHER_KEY, response=False)
    assert refusal(here) is ErrorCode.RESPONSE_SIGNATURE_INVALID


def test_s07_an_answer_of_another_member_to_a_request_sent_to_the_first(pysaml2: Saml2Client):
    changes = {"issuer": OTHER_IDP, "assertion_issuer": OTHER_IDP}
    assert pysaml2_accepts(pysaml2, signed(now_message(**changes), key=OTHER_KEY))
    assert refusal(signed(Message(**changes), key=OTHER_KEY)) is ErrorCode.RESPONSE_ISSUER


def test_s08_the_same_answer_twice(pysaml2: Saml2Client):
    """The gateway's replay mark has its tests in tests/saml/sp/test_endpoint.py."""
    root = signed(now_message())
    assert pysaml2_accepts(pysaml2, root)
    assert pysaml2_accepts(pysaml2, root)


def test_s09_missing_conditions(pysaml2: Saml2Client):
    assert pysaml2_accepts(pysaml2, signed(now_message(conditions="")))
    assert refusal(signed(Message(conditions=""))) is ErrorCode.RESPONSE_CONDITIONS


def test_s09_missing_audience_restriction(pysaml2: Saml2Client):
    assert pysaml2_accepts(pysaml2, signed(now_message(conditions="<saml:Conditions/>")))
    assert refusal(signed(Message(conditions="<saml:Conditions/>"))) is ErrorCode.RESPONSE_AUDIENCE


@pytest.mark.parametrize("weak", [{"algorithm": Transform.RSA_SHA1}, {"digest": Transform.SHA1}], ids=["RSA", "digest"])
def test_s10_sha1(pysaml2: Saml2Client, weak: dict[str, object]):
    root = now_message().response()
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
    root = signed(now_message(), response=False)
    evil = assertion_of(Message(assertion_id="_evil").response())
    root.insert(2, evil)
    assert not pysaml2_accepts(pysaml2, root)
    assert refusal(root) is ErrorCode.RESPONSE_ASSERTIONS


def test_s17_what_was_not_asked_for_is_refused_by_both(pysaml2: Saml2Client):
    root = signed(now_message(in_response_to="_other", confirmed_request="_other"))
    assert not pysaml2_accepts(pysaml2, root)
    assert refusal(signed(Message(in_response_to="_other"))) is ErrorCode.RESPONSE_REQUEST


def test_s18_only_the_assertion_signed_is_enough(pysaml2_by_default: Saml2Client):
    root = signed(now_message(), response=False)
    assert not pysaml2_accepts(pysaml2_by_default, root)
    assert judge(root, now=datetime.now(UTC)).issuer == "https://po.example/idp"


def test_a_recipient_that_is_another_consumer(pysaml2: Saml2Client):
    root = signed(now_message(recipient=ELSEWHERE))
    assert pysaml2_accepts(pysaml2, root)
    assert refusal(root, now=datetime.now(UTC)) is ErrorCode.RESPONSE_RECIPIENT


def test_a_destination_that_is_another_consumer(pysaml2: Saml2Client):
    """pysaml2 writes to the log, raises nothing, and gives back an answer that is true and empty."""
    root = signed(now_message(destination=ELSEWHERE))
    answer = pysaml2.parse_authn_request_response(field(root), BINDING_HTTP_POST, outstanding={REQUEST: "/"})
    assert answer
    assert answer.assertion is None
    assert refusal(root, now=datetime.now(UTC)) is ErrorCode.RESPONSE_DESTINATION


GOOD = {
    "both signed": {},
    "assertion signed": {"response": False},
    "response signed": {"assertion": False},
}


@pytest.mark.parametrize("how", GOOD.values(), ids=GOOD)
@pytest.mark.parametrize(
    "values",
    [
        {"uid": ("fenna",)},
        {"urn:oid:2.5.4.42": ("Zoë",), "urn:oid:2.5.4.4": ("d&apos;Ancona &amp; Zn.",)},
        {"eduPersonAffiliation": ("student", "member")},
    ],
)
def test_both_read_the_same_values(pysaml2: Saml2Client, how: dict[str, bool], values: dict[str, tuple[str, ...]]):
    root = signed(now_message(attributes=values), **how)
    theirs = pysaml2.parse_authn_request_response(field(root), BINDING_HTTP_POST, outstanding={REQUEST: "/"})
    ours = judge(root, now=datetime.now(UTC))
    statement = theirs.assertion.attribute_statement[0]
    read = tuple(
        (attribute.name, tuple(value.text for value in attribute.attribute_value)) for attribute in statement.attribute
    )
    assert ours.attributes().values == read
    assert ours.attributes().name_id == theirs.name_id.text
    assert ours.issuer == theirs.assertion.issuer.text
    assert ours.authentication is not None
    assert ours.authentication.context == theirs.authn_info()[0][0]


BAD = {
    "unsigned": lambda: signed(now_message(), assertion=False, response=False),
    "another key": lambda: signed(now_message(), key=signing_key("attacker")),
    "another audience": lambda: signed(now_message(audiences=("https://other.example",))),
    "another request in the confirmation": lambda: signed(now_message(confirmed_request="_other")),
    "holder of key": lambda: signed(now_message(method="urn:oasis:names:tc:SAML:2.0:cm:holder-of-key")),
    "another version": lambda: signed(now_message(version="1.1")),
    "expired": lambda: signed(now_message(not_on_or_after=datetime(2026, 1, 1, tzinfo=UTC))),
    "session that ended": lambda: signed(now_message(session_ends=datetime(2026, 1, 1, tzinfo=UTC))),
    "status says no": lambda: signed(
        now_message(status='<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Responder"/>')
    ),
}


CODES = {
    "unsigned": ErrorCode.RESPONSE_SIGNATURE_MISSING,
    "another key": ErrorCode.RESPONSE_SIGNATURE_INVALID,
    "another audience": ErrorCode.RESPONSE_AUDIENCE,
    "another request in the confirmation": ErrorCode.RESPONSE_REQUEST,
    "holder of key": ErrorCode.RESPONSE_RECIPIENT,
    "another version": ErrorCode.RESPONSE_SCHEMA,
    "expired": ErrorCode.RESPONSE_EXPIRED,
    "session that ended": ErrorCode.RESPONSE_EXPIRED,
    "status says no": ErrorCode.IDP_REFUSED,
}


@pytest.mark.parametrize("bad", BAD)
def test_both_refuse(pysaml2: Saml2Client, bad: str):
    root = BAD[bad]()
    assert not pysaml2_accepts(pysaml2, root)
    assert refusal(root, now=datetime.now(UTC)) is CODES[bad]
