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

from gateway.domain.errors import ErrorCode
from gateway.federation.metadata.parse import MetadataRejected, parse_idp
from gateway.xml.signatures import sign
from tests.support.pysaml2_backend import pysaml2_service
from tests.support.responses import (
    ADDRESSES,
    IDP_KEY,
    OTHER_IDP,
    OTHER_KEY,
    REQUEST,
    Message,
    assertion_of,
    encoded,
    identity_provider,
    judge,
    refusal,
    signed,
)
from tests.support.signing_keys import signing_key

MD = "urn:oasis:names:tc:SAML:2.0:metadata"
FEDERATION_KEY = signing_key("federation operator")


def metadata(entity_id: str, certificate: str) -> str:
    return (
        f'<md:EntityDescriptor xmlns:md="{MD}" entityID="{entity_id}" ID="_{abs(hash(entity_id))}">'
        '<md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">'
        '<md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data>'
        f"<ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
        '<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"'
        ' Location="https://po.example/sso"/></md:IDPSSODescriptor></md:EntityDescriptor>'
    )


TRUE = metadata("https://po.example/idp", IDP_KEY.certificate_base64)
EVIL = metadata("https://po.example/idp", OTHER_KEY.certificate_base64)


def signed_metadata(document: str = TRUE) -> etree._Element:
    root = etree.fromstring(document)
    sign(root, FEDERATION_KEY)
    return root


def rejected(root: etree._Element) -> str:
    with pytest.raises(MetadataRejected) as caught:
        parse_idp(etree.tostring(root), signers=[FEDERATION_KEY.certificate])
    return str(caught.value)


def test_s01_signed_metadata_hidden_in_the_extensions_of_an_evil_entity():
    evil = etree.fromstring(EVIL)
    extensions = etree.Element(f"{{{MD}}}Extensions")
    extensions.append(signed_metadata())
    evil.insert(0, extensions)
    assert "sign" in rejected(evil)


def test_s01_signed_aggregate_nested_in_an_evil_one():
    inner = etree.fromstring(f'<md:EntitiesDescriptor xmlns:md="{MD}" ID="_inner">{TRUE}</md:EntitiesDescriptor>')
    sign(inner, FEDERATION_KEY)
    outer = etree.fromstring(f'<md:EntitiesDescriptor xmlns:md="{MD}" ID="_outer">{EVIL}</md:EntitiesDescriptor>')
    outer.append(inner)
    assert "sign" in rejected(outer)


def test_s01_the_signature_of_the_true_entity_moved_into_the_evil_one():
    true, evil = signed_metadata(), etree.fromstring(EVIL)
    evil.insert(0, true[0])
    assert "sign" in rejected(evil)


def test_s02_unsigned_metadata_where_a_key_is_known():
    assert "sign" in rejected(etree.fromstring(TRUE))


def test_s03_nothing_of_refused_metadata_is_kept():
    root = signed_metadata()
    root.find(f".//{{{MD}}}SingleSignOnService").set("Location", "https://evil.example/sso")
    assert "sign" in rejected(root)


def test_s03_metadata_signed_with_another_key():
    root = etree.fromstring(TRUE)
    sign(root, OTHER_KEY)
    assert "sign" in rejected(root)


def test_s04_a_local_file_with_a_key_is_verified():
    entity = parse_idp(etree.tostring(signed_metadata()), signers=[FEDERATION_KEY.certificate])
    assert entity.entity_id == "https://po.example/idp"
    assert entity.certificates == (IDP_KEY.certificate,)


@pytest.fixture(scope="module")
def pysaml2() -> Saml2Client:
    """pysaml2 in the gateway's place: it knows both identity providers and has sent REQUEST to the first."""
    both = (
        f'<md:EntitiesDescriptor xmlns:md="{MD}">{TRUE}{metadata(OTHER_IDP, OTHER_KEY.certificate_base64)}'
        "</md:EntitiesDescriptor>"
    )
    return pysaml2_service(
        entity_id=ADDRESSES.sp_entity_id,
        consumer=ADDRESSES.assertion_consumer,
        idp_metadata=both.encode(),
        want_response_signed=False,
        want_assertions_or_response_signed=True,
    )


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
        answer = client.parse_authn_request_response(
            b64encode(etree.tostring(root)).decode(), BINDING_HTTP_POST, outstanding={REQUEST: "/"}
        )
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


def test_s10_sha1_is_refused_before_anything_is_checked():
    root = signed(response=False)
    method = assertion_of(root).find(".//{http://www.w3.org/2000/09/xmldsig#}SignatureMethod")
    method.set("Algorithm", "http://www.w3.org/2000/09/xmldsig#rsa-sha1")
    assert refusal(root) is ErrorCode.RESPONSE_ALGORITHM


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


def test_s18_only_the_assertion_signed_is_enough():
    assert judge(signed(response=False)).issuer == "https://po.example/idp"


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
    theirs = pysaml2.parse_authn_request_response(
        b64encode(etree.tostring(root)).decode(), BINDING_HTTP_POST, outstanding={REQUEST: "/"}
    )
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
    "another destination": lambda: signed(now_message(destination="https://other.example/acs")),
    "expired": lambda: signed(now_message(not_on_or_after=Message().not_on_or_after - timedelta(days=400))),
    "status says no": lambda: signed(
        now_message(status='<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Responder"/>')
    ),
}


@pytest.mark.parametrize("bad", sorted(set(BAD) - {"another destination"}))
def test_both_refuse(pysaml2: Saml2Client, bad: str):
    root = BAD[bad]()
    assert not pysaml2_accepts(pysaml2, root)
    assert refusal(root, now=datetime.now(UTC))


def test_encoded_is_what_a_form_carries():
    assert judge(encoded(signed())).issuer == identity_provider().metadata.entity_id
