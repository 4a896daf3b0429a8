"""Signatures that are missing, weak, foreign, or about something else."""

import re
from base64 import b64encode
from copy import deepcopy
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives import hmac
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree
from xmlsec import Transform

from gateway.domain.errors import ErrorCode
from gateway.xml.keys import SigningKey
from gateway.xml.signatures import sign
from tests.support.foreign_signatures import sign_with_libxmlsec
from tests.support.responses import (
    DS,
    IDP_KEY,
    NAMESPACES,
    NOW,
    OTHER_IDP,
    OTHER_KEY,
    Message,
    assertion_of,
    change,
    identity_provider,
    refusal,
    resigned_with_ec,
    signed,
)
from tests.support.signing_keys import certificate_of, elliptic_key, signing_key


def replaced(root: etree._Element, old: bytes, new: bytes) -> bytes:
    return change(root, lambda raw: raw.replace(old, new))


def test_unsigned():
    assert refusal(signed(assertion=False, response=False)) is ErrorCode.RESPONSE_SIGNATURE_MISSING


def test_signature_stripped():
    root = signed(response=False)
    inside = assertion_of(root)
    inside.remove(inside.find("ds:Signature", NAMESPACES))
    assert refusal(root) is ErrorCode.RESPONSE_SIGNATURE_MISSING


def test_the_good_assertion_signature_does_not_save_a_bad_response_signature():
    root = signed()
    root.set("IssueInstant", "2026-09-07T08:29:59Z")
    assert refusal(root) is ErrorCode.RESPONSE_SIGNATURE_INVALID


def test_the_good_response_signature_does_not_save_a_bad_assertion_signature():
    root = signed(response=False)
    assertion_of(root).set("IssueInstant", "2026-09-07T08:29:59Z")
    sign(root, IDP_KEY)
    assert refusal(root) is ErrorCode.RESPONSE_SIGNATURE_INVALID


@pytest.mark.parametrize("name", [b"fenna@", b"PasswordProtectedTransport", b"sluis.example/saml/sp/acs"])
def test_a_changed_word_in_the_assertion(name: bytes):
    raw = change(signed(response=False), lambda raw: raw.replace(name, name.upper()))
    assert refusal(raw) in {ErrorCode.RESPONSE_SIGNATURE_INVALID, ErrorCode.RESPONSE_DESTINATION}


def test_signed_by_another_member_of_the_federation():
    assert refusal(signed(key=OTHER_KEY)) is ErrorCode.RESPONSE_SIGNATURE_INVALID


def test_the_attackers_certificate_in_key_info():
    attacker = signing_key("attacker")
    assert refusal(signed(key=attacker)) is ErrorCode.RESPONSE_SIGNATURE_INVALID


def test_the_right_certificate_in_key_info_of_the_attackers_signature():
    attacker = signing_key("attacker")
    raw = replaced(signed(key=attacker), attacker.certificate_base64.encode(), IDP_KEY.certificate_base64.encode())
    assert refusal(raw) is ErrorCode.RESPONSE_SIGNATURE_INVALID


def test_issuer_confusion_an_unsigned_response_of_one_around_a_signed_assertion_of_another():
    message = Message(assertion_issuer=OTHER_IDP)
    root = signed(message, key=OTHER_KEY, response=False)
    assert refusal(root) is ErrorCode.RESPONSE_SIGNATURE_INVALID
    both = identity_provider(IDP_KEY.certificate, OTHER_KEY.certificate)
    assert refusal(root, idp=both) is ErrorCode.RESPONSE_ISSUER


def test_a_true_sha1_signature():
    root = Message().response()
    key = IDP_KEY.private_key
    sign_with_libxmlsec(assertion_of(root), key, algorithm=Transform.RSA_SHA1, digest=Transform.SHA1)
    assert refusal(root) is ErrorCode.RESPONSE_ALGORITHM


def test_a_true_sha1_digest_under_a_strong_signature():
    root = Message().response()
    sign_with_libxmlsec(assertion_of(root), IDP_KEY.private_key, digest=Transform.SHA1)
    assert refusal(root) is ErrorCode.RESPONSE_ALGORITHM


@pytest.mark.parametrize(
    "method",
    [
        b"http://www.w3.org/2000/09/xmldsig#dsa-sha1",
        b"http://www.w3.org/2001/04/xmldsig-more#rsa-md5",
        b"http://www.w3.org/2000/09/xmldsig#hmac-sha1",
        b"HTTP://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
        b"",
    ],
)
def test_a_signature_method_that_is_not_on_the_list(method: bytes):
    raw = replaced(signed(response=False), b"http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", method)
    assert refusal(raw) is ErrorCode.RESPONSE_ALGORITHM


@pytest.mark.parametrize(
    "digest",
    [b"http://www.w3.org/2000/09/xmldsig#sha1", b"http://www.w3.org/2001/04/xmldsig-more#md5"],
)
def test_weak_digest_method(digest: bytes):
    raw = replaced(signed(response=False), b"http://www.w3.org/2001/04/xmlenc#sha256", digest)
    assert refusal(raw) is ErrorCode.RESPONSE_ALGORITHM


def test_hmac_keyed_with_the_public_certificate():
    root = signed(response=False)
    signature = assertion_of(root).find("ds:Signature", NAMESPACES)
    method = signature.find("ds:SignedInfo/ds:SignatureMethod", NAMESPACES)
    method.set("Algorithm", "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256")
    canonical = etree.tostring(signature.find("ds:SignedInfo", NAMESPACES), method="c14n", exclusive=True)
    mac = hmac.HMAC(IDP_KEY.certificate.public_bytes(Encoding.PEM), SHA256())
    mac.update(canonical)
    signature.find("ds:SignatureValue", NAMESPACES).text = b64encode(mac.finalize()).decode()
    assert refusal(root) is ErrorCode.RESPONSE_ALGORITHM


def test_the_none_of_algorithms():
    raw = replaced(signed(response=False), b"http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", b"none")
    assert refusal(raw) is ErrorCode.RESPONSE_ALGORITHM


def test_a_weak_rsa_key():
    private_key = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    weak = SigningKey(private_key, certificate_of(private_key, "weak"))
    root = signed(key=weak)
    assert refusal(root, idp=identity_provider(weak.certificate)) is ErrorCode.RESPONSE_SIGNATURE_INVALID


@pytest.mark.parametrize("curve", [ec.SECP192R1, ec.SECP224R1, ec.SECP256K1])
def test_an_elliptic_curve_that_is_not_on_the_list(curve: type[ec.EllipticCurve]):
    key = elliptic_key("weak", curve)
    root = resigned_with_ec(signed(assertion=False), key)
    idp = identity_provider(certificate_of(key, "weak"))
    assert refusal(root, idp=idp) is ErrorCode.RESPONSE_SIGNATURE_INVALID


def test_an_rsa_algorithm_with_an_elliptic_key():
    idp = identity_provider(certificate_of(elliptic_key("po"), "po"))
    assert refusal(signed(), idp=idp) is ErrorCode.RESPONSE_SIGNATURE_INVALID


def test_canonicalization_with_comments():
    raw = replaced(
        signed(response=False),
        b'<ds:CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"',
        b'<ds:CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#WithComments"',
    )
    assert refusal(raw) is ErrorCode.RESPONSE_ALGORITHM


@pytest.mark.parametrize(
    "transform",
    [
        b"http://www.w3.org/TR/1999/REC-xslt-19991116",
        b"http://www.w3.org/TR/1999/REC-xpath-19991116",
        b"http://www.w3.org/2002/06/xmldsig-filter2",
        b"http://www.w3.org/2000/09/xmldsig#base64",
    ],
)
def test_a_transform_that_changes_what_is_signed(transform: bytes):
    raw = replaced(
        signed(response=False),
        b'<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"',
        b'<ds:Transform Algorithm="' + transform + b'"',
    )
    assert refusal(raw) is ErrorCode.RESPONSE_ALGORITHM


def test_no_enveloped_transform():
    raw = change(
        signed(response=False),
        lambda raw: re.sub(rb'<ds:Transform Algorithm="[^"]*enveloped-signature"/>', b"", raw),
    )
    assert refusal(raw) is ErrorCode.RESPONSE_ALGORITHM


@pytest.mark.parametrize("transform", [1, 2])
def test_a_parameter_in_a_transform(transform: int):
    """An XPath in the transform that takes the signature out, or in the canonicalisation, is not skipped over."""
    root = signed(response=False)
    transforms = assertion_of(root).find("ds:Signature/ds:SignedInfo/ds:Reference/ds:Transforms", NAMESPACES)
    etree.SubElement(transforms[transform - 1], f"{{{DS}}}XPath").text = "not(ancestor::evil)"
    assert refusal(root) is ErrorCode.RESPONSE_SIGNATURE_INVALID


def test_an_extra_reference():
    root = signed(response=False)
    info = assertion_of(root).find("ds:Signature/ds:SignedInfo", NAMESPACES)
    info.append(deepcopy(info.find("ds:Reference", NAMESPACES)))
    assert refusal(root) is ErrorCode.RESPONSE_SIGNATURE_INVALID


@pytest.mark.parametrize("uri", ["", "#_response-1", "#_somewhere", "https://evil.example/x", "#xpointer(/)"])
def test_a_reference_to_something_else(uri: str):
    root = signed(response=False)
    assertion_of(root).find("ds:Signature/ds:SignedInfo/ds:Reference", NAMESPACES).set("URI", uri)
    assert refusal(root) is ErrorCode.RESPONSE_SIGNATURE_INVALID


def test_a_reference_without_uri():
    root = signed(response=False)
    del assertion_of(root).find("ds:Signature/ds:SignedInfo/ds:Reference", NAMESPACES).attrib["URI"]
    assert refusal(root) is ErrorCode.RESPONSE_SIGNATURE_INVALID


def test_an_object_in_the_signature():
    root = signed(response=False)
    signature = assertion_of(root).find("ds:Signature", NAMESPACES)
    etree.SubElement(signature, f"{{{DS}}}Object").text = "hidden"
    assert refusal(root) is ErrorCode.RESPONSE_SIGNATURE_INVALID


@pytest.mark.parametrize("value", ["", "!!!", "AAAA"])
def test_a_signature_value_that_is_none(value: str):
    root = signed(response=False)
    assertion_of(root).find("ds:Signature/ds:SignatureValue", NAMESPACES).text = value
    assert refusal(root) in {ErrorCode.RESPONSE_SIGNATURE_INVALID, ErrorCode.RESPONSE_SCHEMA}


def test_duplicate_id():
    root = signed(Message(assertion_id="_response-1"), assertion=False)
    assert refusal(root) is ErrorCode.RESPONSE_SCHEMA


def test_expired_metadata_takes_its_keys_along():
    idp = identity_provider()
    old = replace(idp, party=replace(idp.saml, valid_until=NOW))
    assert refusal(signed(), idp=old) is ErrorCode.RESPONSE_IDP_METADATA_EXPIRED
