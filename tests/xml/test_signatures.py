"""XML signatures: made here and checked elsewhere, made elsewhere and checked here."""

from copy import deepcopy

import pytest
import xmlsec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from gateway.xml.algorithms import RSA_SHA256, signature_is_valid, strong_enough
from gateway.xml.keys import load_signing_key
from gateway.xml.parsing import MAX_DEPTH, XmlRejected, parse
from gateway.xml.signatures import SignatureProblem, SignatureRejected, is_signed, sign, verify
from tests.support.foreign_signatures import sign_with_libxmlsec
from tests.support.signing_keys import elliptic_key, signing_key

KEY = signing_key("xml")
DS = "http://www.w3.org/2000/09/xmldsig#"
KEEP = "{http://www.w3.org/2001/10/xml-exc-c14n#}InclusiveNamespaces"
ECDSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn")), max_size=40)


def document(text: str = "Fenna", attribute: str = "x") -> etree._Element:
    root = etree.fromstring(
        '<a:outer xmlns:a="urn:a" xmlns:xs="http://www.w3.org/2001/XMLSchema" ID="_outer">\n  <a:inner ID="_inner">'
        '<a:value xmlns:b="urn:b" b:kind="xs:string"/></a:inner> tail</a:outer>'
    )
    root[0][0].text = text
    root[0].set("note", attribute)
    return root


def received(root: etree._Element) -> etree._Element:
    return parse(etree.tostring(root), limit=100_000)


def checked_by_xmlsec(root: etree._Element, element: etree._Element) -> None:
    xmlsec.tree.add_ids(root, ["ID"])
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(KEY.certificate.public_bytes(Encoding.PEM), xmlsec.KeyFormat.CERT_PEM)
    context.verify(element.find(f"{{{DS}}}Signature"))


@given(TEXT, TEXT)
def test_what_was_signed_is_what_is_read(text: str, attribute: str):
    root = document(text, attribute)
    sign(root[0], KEY)
    sign(root, KEY)
    arrived = received(root)
    outer = verify(arrived, [KEY.certificate])
    inner = verify(outer[0], [KEY.certificate])
    assert (inner[0].text or "") == text
    assert inner.get("note") == attribute
    assert not is_signed(inner)


@given(TEXT, TEXT)
def test_libxmlsec_agrees_with_our_signatures(text: str, attribute: str):
    root = document(text, attribute)
    sign(root[0], KEY)
    sign(root, KEY)
    arrived = etree.fromstring(etree.tostring(root))
    checked_by_xmlsec(arrived, arrived)
    checked_by_xmlsec(arrived, arrived.find("{urn:a}inner"))


@given(TEXT, TEXT)
def test_we_agree_with_signatures_of_libxmlsec(text: str, attribute: str):
    root = document(text, attribute)
    sign_with_libxmlsec(root[0], KEY.private_key)
    assert (verify(received(root)[0], [KEY.certificate])[0].text or "") == text


def test_prefixes_that_are_kept_although_declared_further_up():
    root = document()
    sign_with_libxmlsec(root[0], KEY.private_key, prefixes="xs")
    assert verify(received(root)[0], [KEY.certificate])[0].text == "Fenna"


def test_the_tree_is_left_as_it_was():
    root = document()
    sign_with_libxmlsec(root[0], KEY.private_key)
    arrived = received(root)
    before = etree.tostring(arrived)
    verify(arrived[0], [KEY.certificate])
    assert etree.tostring(arrived) == before


def test_text_around_the_signature_is_signed_too():
    root = document()
    root[0].text = "before"
    sign_with_libxmlsec(root[0], KEY.private_key)
    root[0][0].tail = "behind"
    problem(received(root)[0], SignatureProblem.INVALID)


def problem(element: etree._Element, reason: SignatureProblem, certificates=None) -> SignatureRejected:
    with pytest.raises(SignatureRejected) as caught:
        verify(element, [KEY.certificate] if certificates is None else certificates)
    assert caught.value.reason is reason
    return caught.value


def test_unsigned():
    problem(document(), SignatureProblem.MISSING)


def test_no_keys_at_all():
    root = document()
    sign(root, KEY)
    assert "strong enough" in problem(received(root), SignatureProblem.INVALID, []).detail


def test_two_signatures_in_one_element():
    root = document()
    sign(root, KEY)
    sign(root, KEY)
    problem(received(root), SignatureProblem.STRUCTURE)


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("SignedInfo", SignatureProblem.STRUCTURE),
        ("SignedInfo/CanonicalizationMethod", SignatureProblem.STRUCTURE),
        ("SignedInfo/Reference/Transforms", SignatureProblem.STRUCTURE),
        ("SignedInfo/Reference/DigestValue", SignatureProblem.STRUCTURE),
        ("SignatureValue", SignatureProblem.STRUCTURE),
    ],
)
def test_a_part_that_is_gone(path: str, reason: SignatureProblem):
    root = document()
    sign(root, KEY)
    qualified = "/".join(f"{{{DS}}}{part}" for part in ("Signature", *path.split("/")))
    found = root.find(qualified)
    found.getparent().remove(found)
    problem(received(root), reason)


@pytest.mark.parametrize(
    ("transforms", "reason"),
    [
        (lambda enveloped, exclusive: [exclusive, enveloped], SignatureProblem.ALGORITHM),
        (lambda enveloped, exclusive: [enveloped, exclusive, deepcopy(exclusive)], SignatureProblem.ALGORITHM),
        (lambda enveloped, exclusive: [enveloped, renamed(exclusive, "Canon")], SignatureProblem.ALGORITHM),
        (lambda enveloped, exclusive: [holding(enveloped, f"{{{DS}}}XPath"), exclusive], SignatureProblem.STRUCTURE),
        (lambda enveloped, exclusive: [enveloped, holding(exclusive, f"{{{DS}}}XPath")], SignatureProblem.STRUCTURE),
        (lambda enveloped, exclusive: [enveloped, holding(exclusive, KEEP, KEEP)], SignatureProblem.STRUCTURE),
    ],
)
def test_transforms_that_are_not_the_two(transforms, reason: SignatureProblem):
    root = document()
    sign(root, KEY)
    parent = root.find(f"{{{DS}}}Signature/{{{DS}}}SignedInfo/{{{DS}}}Reference/{{{DS}}}Transforms")
    parent[:] = transforms(*parent)
    problem(received(root), reason)


def test_a_parameter_of_the_canonicalisation_of_signed_info():
    root = document()
    sign(root, KEY)
    holding(root.find(f"{{{DS}}}Signature/{{{DS}}}SignedInfo/{{{DS}}}CanonicalizationMethod"), "{urn:x}Other")
    problem(received(root), SignatureProblem.STRUCTURE)


def renamed(element: etree._Element, local: str) -> etree._Element:
    element.tag = f"{{{DS}}}{local}"
    return element


def holding(element: etree._Element, *tags: str) -> etree._Element:
    for tag in tags:
        etree.SubElement(element, tag)
    return element


def test_a_digest_that_is_no_base64():
    root = document()
    sign(root, KEY)
    root.find(f".//{{{DS}}}DigestValue").text = "!"
    problem(received(root), SignatureProblem.STRUCTURE)


def test_an_id_that_stands_twice():
    root = document()
    sign(root, KEY)
    root[-1].set("ID", "_outer")
    problem(received(root), SignatureProblem.STRUCTURE)


def test_an_element_without_id():
    root = document()
    sign(root, KEY)
    del root.attrib["ID"]
    problem(received(root), SignatureProblem.STRUCTURE)


@pytest.mark.parametrize("signature", [b"", b"\x00" * 64, b"\x01" * 65, b"\xff" * 200])
def test_elliptic_signatures_that_are_none(signature: bytes):
    assert not signature_is_valid(ECDSA_SHA256, elliptic_key("e").public_key(), signature, b"text")


def test_an_algorithm_of_another_kind_of_key():
    assert not signature_is_valid(RSA_SHA256, elliptic_key("e").public_key(), b"x", b"text")
    assert not signature_is_valid(ECDSA_SHA256, KEY.private_key.public_key(), b"x", b"text")
    assert not signature_is_valid("urn:none", KEY.private_key.public_key(), b"x", b"text")


def test_key_sizes():
    assert strong_enough(KEY.private_key.public_key())
    assert strong_enough(elliptic_key("e").public_key())
    for curve in (ec.SECP384R1, ec.SECP521R1):
        assert strong_enough(elliptic_key("e", curve).public_key())
    for curve in (ec.SECP192R1, ec.SECP224R1, ec.SECP256K1):
        assert not strong_enough(elliptic_key("w", curve).public_key())


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"<a>" + b" " * 2000 + b"</a>", "too large"),
        (b"<!DOCTYPE a><a/>", "document type declaration"),
        (b"<a", "not well-formed"),
        (b"", "not well-formed"),
        (b"<a>\x00</a>", "not UTF-8"),
        ("<a/>".encode("utf-16"), "not UTF-8"),
        ("<!DOCTYPE a><a/>".encode("utf-16-le"), "not UTF-8"),
        ('<?xml version="1.0" encoding="cp037"?><!DOCTYPE a><a/>'.encode("cp037"), "not well-formed"),
        (b'<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE a+AD4-<a/>', "not well-formed"),
        (b'<?xml version="1.0" encoding="iso-8859-1"?><a>\xe9</a>', "not well-formed"),
        (b"<a>&unknown;</a>", "not well-formed"),
        (b"<a>" * (MAX_DEPTH + 1) + b"</a>" * (MAX_DEPTH + 1), "too deep or too many elements"),
        (b"<a>" + b"<b/>" * 60 + b"</a>", "too deep or too many elements"),
    ],
)
def test_documents_that_are_not_read(raw: bytes, reason: str):
    with pytest.raises(XmlRejected) as caught:
        parse(raw, limit=1500, elements=50 if reason.startswith("too deep") and b"<b/>" in raw else 5000)
    assert caught.value.reason == reason


def pem(private_key) -> bytes:
    return private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def test_a_signing_key_and_its_certificate():
    loaded = load_signing_key(pem(KEY.private_key), KEY.certificate.public_bytes(Encoding.PEM))
    assert loaded.certificate_base64 == KEY.certificate_base64
    assert "PRIVATE" not in repr(loaded)


@pytest.mark.parametrize("kind", ["other certificate", "elliptic key", "no key", "no certificate"])
def test_signing_keys_that_are_none(kind: str):
    certificate = KEY.certificate.public_bytes(Encoding.PEM)
    key = pem(KEY.private_key)
    if kind == "other certificate":
        certificate = signing_key("other").certificate.public_bytes(Encoding.PEM)
    elif kind == "elliptic key":
        key = pem(elliptic_key("e"))
    elif kind == "no key":
        key = b"nonsense"
    else:
        certificate = b"nonsense"
    with pytest.raises(ValueError, match=r"."):
        load_signing_key(key, certificate)
