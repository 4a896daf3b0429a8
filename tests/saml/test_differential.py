"""The same Responses, given to the gateway and to pysaml2: what both accept they read alike.

The gateway refuses more, never less: whatever it accepts, pysaml2 accepts too. Where pysaml2 accepts what must be
refused, test_library_traps.py holds both facts.
"""

from datetime import UTC, datetime, timedelta
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from saml2.client import Saml2Client

from gateway.domain.errors import ErrorCode, SluisError
from gateway.xml.signatures import sign
from tests.support.pysaml2_as_gateway import (
    WHAT_THE_GATEWAY_WANTS,
    Reading,
    message_of_now,
    pysaml2_accepts,
    pysaml2_as_gateway,
    read_by_pysaml2,
    read_here,
)
from tests.support.responses import (
    ADDRESSES,
    DS,
    IDP_KEY,
    NAMESPACES,
    OTHER_KEY,
    SAML,
    assertion_of,
    judge,
    refusal,
    signed,
)
from tests.support.signing_keys import signing_key

PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
TRANSIENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
RESPONDER = "urn:oasis:names:tc:SAML:2.0:status:Responder"


@pytest.fixture(scope="module")
def pysaml2() -> Saml2Client:
    return pysaml2_as_gateway(**WHAT_THE_GATEWAY_WANTS)


def both_read(client: Saml2Client, root: etree._Element) -> Reading:
    theirs = read_by_pysaml2(client, root)
    ours = read_here(judge(root, now=datetime.now(UTC)))
    assert ours == theirs
    return ours


HOW = {"both signed": {}, "assertion signed": {"response": False}, "response signed": {"assertion": False}}

GOOD: dict[str, dict[str, object]] = {
    "one value": {"attributes": {"uid": ("fenna",)}},
    "several values": {"attributes": {"eduPersonAffiliation": ("student", "member")}},
    "letters of elsewhere, and escapes": {"attributes": {"urn:oid:2.5.4.4": ("d&apos;Añcona &amp; Zn. &lt;b&gt;",)}},
    "many attributes": {"attributes": {f"urn:x:{number}": (str(number),) for number in range(40)}},
    "no attributes": {"attributes": {}},
    "a persistent name": {"name_id": f'<saml:NameID Format="{PERSISTENT}" SPNameQualifier="x">p1</saml:NameID>'},
    "a transient name": {"name_id": f'<saml:NameID Format="{TRANSIENT}">t1</saml:NameID>'},
    "no name": {"name_id": ""},
    "the chain of authorities": {"authorities": ("https://hub.example/idp", "https://school.example/idp")},
    "a session that ends": {"session_ends": datetime.now(UTC).replace(microsecond=0) + timedelta(hours=8)},
    "more audiences": {"audiences": ("https://other.example", ADDRESSES.sp_entity_id)},
    "another context": {"context": "urn:oasis:names:tc:SAML:2.0:ac:classes:Kerberos"},
}


@pytest.mark.parametrize("how", HOW.values(), ids=HOW)
@pytest.mark.parametrize("changes", GOOD.values(), ids=GOOD)
def test_both_read_the_same(pysaml2: Saml2Client, how: dict[str, bool], changes: dict[str, object]):
    both_read(pysaml2, signed(message_of_now(**changes), **how))


VALUE = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn")), min_size=1, max_size=40).filter(
    lambda text: text == text.strip()
)


@settings(max_examples=60)
@given(values=st.lists(VALUE, min_size=1, max_size=4), name=VALUE)
def test_whatever_the_values_are(pysaml2: Saml2Client, values: list[str], name: str):
    message = message_of_now(
        attributes={"uid": tuple(escape(value) for value in values)},
        name_id=f"<saml:NameID>{escape(name)}</saml:NameID>",
    )
    reading = both_read(pysaml2, signed(message))
    assert reading.values == (("uid", tuple(values)),)
    assert reading.name_id == name


def test_typed_values_whose_prefix_the_response_declares(pysaml2: Saml2Client):
    text = etree.tostring(message_of_now().response()).decode()
    declared = 'xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    text = text.replace("<samlp:Response", f"<samlp:Response {declared}", 1)
    root = etree.fromstring(text.replace("<saml:AttributeValue", '<saml:AttributeValue xsi:type="xs:string"'))
    sign(root, IDP_KEY)
    both_read(pysaml2, root)


def test_an_envelope_that_says_little(pysaml2: Saml2Client):
    """Unsigned, without Issuer and Destination: the signed assertion says it all."""
    root = signed(message_of_now(destination=None), response=False)
    root.remove(root.find("saml:Issuer", NAMESPACES))
    both_read(pysaml2, root)


def _changed(path: str, attribute: str | None, value: str) -> etree._Element:
    root = signed(message_of_now())
    found = root.find(path, NAMESPACES)
    if attribute is None:
        found.text = value
    else:
        found.set(attribute, value)
    return root


BAD = {
    "unsigned": (lambda: message_of_now().response(), ErrorCode.RESPONSE_SIGNATURE_MISSING),
    "a stranger's key": (
        lambda: signed(message_of_now(), key=signing_key("attacker")),
        ErrorCode.RESPONSE_SIGNATURE_INVALID,
    ),
    "another member's key": (lambda: signed(message_of_now(), key=OTHER_KEY), ErrorCode.RESPONSE_SIGNATURE_INVALID),
    "another audience": (
        lambda: signed(message_of_now(audiences=("https://other.example",))),
        ErrorCode.RESPONSE_AUDIENCE,
    ),
    "another request": (
        lambda: signed(message_of_now(in_response_to="_other", confirmed_request="_other")),
        ErrorCode.RESPONSE_REQUEST,
    ),
    "another request in the confirmation": (
        lambda: signed(message_of_now(confirmed_request="_other")),
        ErrorCode.RESPONSE_REQUEST,
    ),
    "holder of key": (
        lambda: signed(message_of_now(method="urn:oasis:names:tc:SAML:2.0:cm:holder-of-key")),
        ErrorCode.RESPONSE_RECIPIENT,
    ),
    "another version": (lambda: signed(message_of_now(version="1.1")), ErrorCode.RESPONSE_SCHEMA),
    "conditions have ended": (
        lambda: signed(message_of_now(not_on_or_after=datetime.now(UTC) - timedelta(hours=1))),
        ErrorCode.RESPONSE_EXPIRED,
    ),
    "conditions have not begun": (
        lambda: signed(message_of_now(not_before=datetime.now(UTC) + timedelta(minutes=4))),
        ErrorCode.RESPONSE_TOO_EARLY,
    ),
    "confirmation has ended": (
        lambda: signed(message_of_now(confirmed_until=datetime.now(UTC) - timedelta(hours=1))),
        ErrorCode.RESPONSE_EXPIRED,
    ),
    "the session has ended": (
        lambda: signed(message_of_now(session_ends=datetime.now(UTC) - timedelta(hours=1))),
        ErrorCode.RESPONSE_EXPIRED,
    ),
    "status says no": (
        lambda: signed(message_of_now(status=f'<samlp:StatusCode Value="{RESPONDER}"/>')),
        ErrorCode.IDP_REFUSED,
    ),
    "a changed value": (
        lambda: _changed(".//saml:AttributeValue", None, "mallory"),
        ErrorCode.RESPONSE_SIGNATURE_INVALID,
    ),
    "a changed digest": (lambda: _changed(".//ds:DigestValue", None, "AAAA"), ErrorCode.RESPONSE_SIGNATURE_INVALID),
    "a changed reference": (
        lambda: _changed(".//ds:Reference", "URI", "#_assertion-1"),
        ErrorCode.RESPONSE_SIGNATURE_INVALID,
    ),
    "no schema-valid Response": (lambda: _changed("saml:Assertion", "Surprise", "x"), ErrorCode.RESPONSE_SCHEMA),
}


@pytest.mark.parametrize("bad", BAD)
def test_both_refuse(pysaml2: Saml2Client, bad: str):
    make, code = BAD[bad]
    root = make()
    assert not pysaml2_accepts(pysaml2, root)
    assert refusal(root, now=datetime.now(UTC)) is code


def _disturb(root: etree._Element, draw: st.DataObject) -> None:
    """One thing in the message is not as it was signed; not in KeyInfo, which neither goes by."""
    keys = [element for info in root.iter(f"{{{DS}}}KeyInfo") for element in info.iter()]
    elements = [element for element in root.iter() if element is not root and element not in keys]
    element = draw.draw(st.sampled_from(elements))
    kind = draw.draw(st.sampled_from(["text", "attribute", "remove", "double", "move", "comment"]))
    parent = element.getparent()
    if kind == "text":
        element.text = draw.draw(st.sampled_from(["", " ", "x", "https://vo.example/idp"]))
    elif kind == "attribute":
        names = list(element.keys()) or ["ID"]
        element.set(draw.draw(st.sampled_from(names)), draw.draw(st.sampled_from(["", "x", "_response-1"])))
    elif kind == "remove":
        parent.remove(element)
    elif kind == "double":
        parent.append(etree.fromstring(etree.tostring(element, with_tail=False)))
    elif kind == "move":
        root.insert(draw.draw(st.integers(0, len(root))), element)
    else:
        element.insert(0, etree.Comment("x"))


@settings(max_examples=150)
@given(draw=st.data(), how=st.sampled_from(list(HOW.values())))
def test_what_the_gateway_accepts_pysaml2_accepts_and_reads_alike(
    pysaml2: Saml2Client, draw: st.DataObject, how: dict[str, bool]
):
    original = message_of_now(authorities=("https://hub.example/idp",))
    root = signed(original, **how)
    _disturb(root, draw)
    try:
        assertion = judge(root, now=datetime.now(UTC))
    except SluisError:
        return
    assert read_here(assertion) == read_by_pysaml2(pysaml2, root)
    assert assertion.attributes().values == (("uid", original.attributes["uid"]),)
    assert assertion.issuer == original.assertion_issuer


def test_a_signature_value_in_lines(pysaml2: Saml2Client):
    root = message_of_now().response()
    sign(assertion_of(root), IDP_KEY)
    value = root.find(f"{{{SAML}}}Assertion/ds:Signature/ds:SignatureValue", NAMESPACES)
    value.text = "\n" + "\n".join(value.text[at : at + 76] for at in range(0, len(value.text), 76)) + "\n"
    both_read(pysaml2, root)
