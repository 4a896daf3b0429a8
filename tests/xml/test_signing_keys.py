"""Loading of the keys that the gateway signs with."""

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding

from gateway.xml.keys import SigningKey, decryption_key
from gateway.xml.keys import signing_key as with_certificate
from tests.support.signing_keys import certificate_of, elliptic_key, signing_key

KEY = signing_key("gateway")
SMALL = rsa.generate_private_key(public_exponent=65537, key_size=1024)
EC = elliptic_key("gateway")


def pem_of(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)


CERTIFICATE = pem_of(KEY.certificate)


P_521 = ec.generate_private_key(ec.SECP521R1())
ED25519 = ed25519.Ed25519PrivateKey.generate()


@pytest.mark.parametrize(
    "key", [KEY.private_key, EC, elliptic_key("gateway", ec.SECP384R1)], ids=lambda key: key.key_size
)
def test_a_key_and_its_certificate(key: PrivateKeyTypes):
    certificate = certificate_of(key, "gateway")
    loaded = with_certificate(key, pem_of(certificate))
    assert loaded.certificate == certificate
    assert loaded.private_key is key


def test_a_key_does_not_show_itself():
    assert repr(KEY) == f"SigningKey(serial {KEY.certificate.serial_number:x})"
    assert (
        repr(decryption_key(KEY.private_key, CERTIFICATE)) == f"DecryptionKey(serial {KEY.certificate.serial_number:x})"
    )


@pytest.mark.parametrize("curve", [ec.SECP256R1, ec.SECP384R1])
def test_ecdsa_signs_the_same_twice_and_in_full_length(curve: type[ec.EllipticCurve]):
    """Every replica must publish the same metadata, signature included."""
    key = SigningKey(elliptic_key("gateway", curve), certificate_of(elliptic_key("gateway", curve), "gateway"))
    signatures = [key.sign(octets) for octets in (b"one", b"one", b"other")]
    assert signatures[0] == signatures[1] != signatures[2]
    assert all(len(signature) == 2 * curve().key_size // 8 for signature in signatures)


SIGNS = "RSA of at least 2048 bits, or EC on P-256 or P-384"


@pytest.mark.parametrize(
    ("key", "certificate", "words"),
    [
        (KEY.private_key, b"nonsense", "the certificate is not one in PEM"),
        (KEY.private_key, pem_of(signing_key("other").certificate), "belongs to another key"),
        (KEY.private_key, pem_of(certificate_of(EC, "gateway")), "belongs to another key"),
        (EC, pem_of(certificate_of(elliptic_key("other"), "gateway")), "belongs to another key"),
        (P_521, pem_of(certificate_of(P_521, "gateway")), SIGNS),
        (ED25519, CERTIFICATE, SIGNS),
        (SMALL, pem_of(certificate_of(SMALL, "gateway")), SIGNS),
    ],
    ids=["no certificate", "another's", "of another kind", "another on the curve", "P-521", "Ed25519", "small"],
)
def test_what_cannot_sign(key: PrivateKeyTypes, certificate: bytes, words: str):
    with pytest.raises(ValueError, match=words):
        with_certificate(key, certificate)


@pytest.mark.parametrize("key", [EC, SMALL, ED25519], ids=["EC", "small", "Ed25519"])
def test_what_nobody_can_encrypt_for(key: PrivateKeyTypes):
    with pytest.raises(ValueError, match="RSA of at least 2048 bits: peers cannot encrypt for any other kind"):
        decryption_key(key, CERTIFICATE)
