"""Which keys and algorithms count, whatever a message claims."""

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, padding
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, HashAlgorithm

from gateway.xml.algorithms import DIGESTS, RSA_SHA256, SIGNATURES, signature_is_valid, strong_enough, strong_key
from tests.support.signing_keys import UNKNOWN_CURVE, certificate_of, elliptic_key, signing_key

RSA = signing_key("xml").private_key
EC = elliptic_key("xml")
ECDSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
TEXT = b"text"


def rsa_signature(algorithm: HashAlgorithm | None = None) -> bytes:
    return RSA.sign(TEXT, padding.PKCS1v15(), algorithm or SHA256())


def ec_signature() -> bytes:
    numbers = decode_dss_signature(EC.sign(TEXT, ec.ECDSA(SHA256())))
    return b"".join(number.to_bytes(32) for number in numbers)


def test_signatures_that_count():
    assert signature_is_valid(RSA_SHA256, RSA.public_key(), rsa_signature(), TEXT)
    assert signature_is_valid(ECDSA_SHA256, EC.public_key(), ec_signature(), TEXT)


def test_other_texts_and_other_keys():
    assert not signature_is_valid(RSA_SHA256, RSA.public_key(), rsa_signature(), b"other")
    assert not signature_is_valid(RSA_SHA256, signing_key("other").private_key.public_key(), rsa_signature(), TEXT)
    assert not signature_is_valid(ECDSA_SHA256, EC.public_key(), ec_signature(), b"other")
    assert not signature_is_valid(ECDSA_SHA256, elliptic_key("other").public_key(), ec_signature(), TEXT)


@pytest.mark.parametrize(
    "signature",
    [b"", b"\x00", b"\x00" * 64, b"\x01" * 65, b"\xff" * 200, EC.sign(TEXT, ec.ECDSA(SHA256()))],
    ids=["nothing", "one octet", "zeroes", "an odd length", "too long", "DER instead of two numbers"],
)
def test_elliptic_signatures_that_are_none(signature: bytes):
    assert not signature_is_valid(ECDSA_SHA256, EC.public_key(), signature, TEXT)


@pytest.mark.parametrize("signature", [b"", b"\x00" * 256, b"\xff" * 256, b"\x01" * 5000])
def test_rsa_signatures_that_are_none(signature: bytes):
    assert not signature_is_valid(RSA_SHA256, RSA.public_key(), signature, TEXT)


def test_an_algorithm_of_another_kind_of_key():
    assert not signature_is_valid(RSA_SHA256, EC.public_key(), ec_signature(), TEXT)
    assert not signature_is_valid(ECDSA_SHA256, RSA.public_key(), rsa_signature(), TEXT)
    assert not signature_is_valid("urn:none", RSA.public_key(), rsa_signature(), TEXT)
    assert not signature_is_valid(RSA_SHA256, dsa.generate_private_key(2048).public_key(), rsa_signature(), TEXT)


def test_another_hash_than_the_one_that_is_named():
    assert not signature_is_valid(RSA_SHA256, RSA.public_key(), rsa_signature(SHA1()), TEXT)


def test_nothing_below_sha_256_is_on_the_lists():
    assert len(SIGNATURES) == 6
    assert not [algorithm for algorithm in (*SIGNATURES, *DIGESTS) if "sha1" in algorithm or "md5" in algorithm]


def test_keys_that_are_strong_enough():
    assert strong_enough(RSA.public_key())
    for curve in (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1):
        assert strong_enough(elliptic_key("strong", curve).public_key())


def test_keys_that_are_not():
    assert not strong_enough(signing_key("small", 1024).private_key.public_key())
    for curve in (ec.SECP192R1, ec.SECP224R1, ec.SECP256K1):
        assert not strong_enough(elliptic_key("weak", curve).public_key())
    assert not strong_enough(dsa.generate_private_key(2048).public_key())
    assert not strong_enough(ed25519.Ed25519PrivateKey.generate().public_key())


def test_the_key_of_a_certificate():
    assert strong_key(signing_key("xml").certificate) == RSA.public_key()
    assert strong_key(certificate_of(EC, "xml")) == EC.public_key()
    assert strong_key(signing_key("small", 1024).certificate) is None
    assert strong_key(UNKNOWN_CURVE) is None
