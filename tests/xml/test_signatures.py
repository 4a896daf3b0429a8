"""XML signatures: made here and checked elsewhere, made elsewhere and checked here."""

from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from gateway.xml.parsing import parse
from gateway.xml.signatures import SignatureProblem, SignatureRejected, is_signed, sign, verify
from tests.support.foreign_signatures import check_with_libxmlsec, sign_with_libxmlsec
from tests.support.signing_keys import UNKNOWN_CURVE, elliptic_signing_key, signing_key

KEY = signing_key("xml")
DS = "http://www.w3.org/2000/09/xmldsig#"
KEEP = "{http://www.w3.org/2001/10/xml-exc-c14n#}InclusiveNamespaces"
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
    check_with_libxmlsec(arrived, KEY.certificate)
    check_with_libxmlsec(arrived.find("{urn:a}inner"), KEY.certificate)


@pytest.mark.parametrize(("curve", "size"), [(ec.SECP256R1, 256), (ec.SECP384R1, 384)])
def test_the_algorithm_follows_the_key_and_libxmlsec_agrees(curve: type[ec.EllipticCurve], size: int):
    root = document()
    key = elliptic_signing_key("xml", curve)
    sign(root, key)
    arrived = received(root)
    assert arrived.find(f".//{{{DS}}}SignatureMethod").get("Algorithm").endswith(f"#ecdsa-sha{size}")
    assert arrived.find(f".//{{{DS}}}DigestMethod").get("Algorithm").endswith(f"sha{size}")
    assert verify(arrived, [KEY.certificate, key.certificate]).tag == root.tag
    check_with_libxmlsec(etree.fromstring(etree.tostring(root)), key.certificate)
    problem(received(root), SignatureProblem.INVALID, [KEY.certificate])


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


def test_a_certificate_whose_kind_of_key_is_unknown_stands_in_nobodys_way():
    root = document()
    sign(root, KEY)
    assert verify(root, [UNKNOWN_CURVE, KEY.certificate]).tag == root.tag
    assert "strong enough" in problem(root, SignatureProblem.INVALID, [UNKNOWN_CURVE]).detail


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


@pytest.mark.parametrize("declared", ['xmlns="inner"', 'xmlns:r="../inner"'])
@pytest.mark.parametrize("prefixes", [None, "r"])
def test_a_namespace_that_is_a_relative_address(declared: str, prefixes: str | None):
    """Canonical XML has no form for it: nobody can have signed it, and no parser minds."""
    root = document()
    sign_with_libxmlsec(root[0], KEY.private_key, prefixes=prefixes)
    text = etree.tostring(root).decode().replace("<a:value", f"<x {declared}/><a:value")
    problem(parse(text.encode(), limit=100_000)[0], SignatureProblem.STRUCTURE)


PREFIXES = ("a", "b", "xs", "#default")
DECLARED = st.dictionaries(st.sampled_from(["b", "xs", "xmlns"]), st.sampled_from(["urn:1", "urn:2"]))


def declarations(of: dict[str, str]) -> str:
    return " ".join(f'{"" if prefix == "xmlns" else "xmlns:"}{prefix}="{uri}"' for prefix, uri in of.items())


@given(outer=DECLARED, inner=DECLARED, kept=st.lists(st.sampled_from(PREFIXES), unique=True))
def test_whatever_prefixes_are_kept_and_wherever_they_are_declared(
    outer: dict[str, str], inner: dict[str, str], kept: list[str]
):
    root = etree.fromstring(
        f'<a:outer xmlns:a="urn:a" ID="_outer" {declarations(outer)}><a:inner ID="_inner" {declarations(inner)}>'
        '<a:value kind="xs:string">Fenna</a:value><plain/></a:inner></a:outer>'
    )
    sign_with_libxmlsec(root[0], KEY.private_key, prefixes=" ".join(kept))
    arrived = received(root)
    check_with_libxmlsec(arrived[0], KEY.certificate)
    assert verify(arrived[0], [KEY.certificate])[0].text == "Fenna"


def test_a_default_namespace_that_is_kept_in_a_thread_that_never_saw_one():
    """What lxml knows of prefixes is each thread's own."""
    root = etree.fromstring('<a:outer xmlns:a="urn:a" xmlns="urn:b" ID="_outer"><value>Fenna</value></a:outer>')
    sign_with_libxmlsec(root, KEY.private_key, prefixes="#default")
    raw = etree.tostring(root)
    with ThreadPoolExecutor(1) as thread:
        read = thread.submit(lambda: verify(parse(raw, limit=100_000), [KEY.certificate])[0].text)
    assert read.result() == "Fenna"
