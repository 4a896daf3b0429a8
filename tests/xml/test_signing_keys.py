"""Loading of the keys that the gateway signs with."""

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)

from gateway.xml.keys import load_signing_key
from tests.support.signing_keys import certificate_of, elliptic_key, signing_key

KEY = signing_key("gateway")
SMALL = signing_key("small", 1024)
EC = elliptic_key("gateway")


def pem(key: PrivateKeyTypes, encryption: KeySerializationEncryption | None = None) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption())


def pem_of(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)


CERTIFICATE = pem_of(KEY.certificate)


def test_a_key_and_its_certificate():
    loaded = load_signing_key(pem(KEY.private_key), CERTIFICATE)
    assert loaded.certificate_base64 == KEY.certificate_base64
    assert loaded.private_key.private_numbers() == KEY.private_key.private_numbers()


def test_a_key_does_not_show_itself():
    assert repr(KEY) == f"SigningKey(serial {KEY.certificate.serial_number:x})"


@pytest.mark.parametrize(
    ("key", "certificate", "words"),
    [
        (b"nonsense", CERTIFICATE, "the key is not a private key in PEM"),
        (CERTIFICATE, CERTIFICATE, "the key is not a private key in PEM"),
        (pem(KEY.private_key, BestAvailableEncryption(b"pass")), CERTIFICATE, "without a passphrase"),
        (pem(KEY.private_key), b"nonsense", "the certificate is not one in PEM"),
        (pem(KEY.private_key), pem(KEY.private_key), "the certificate is not one in PEM"),
        (pem(KEY.private_key), pem_of(signing_key("other").certificate), "belongs to another key"),
        (pem(KEY.private_key), pem_of(certificate_of(EC, "gateway")), "belongs to another key"),
        (pem(EC), pem_of(certificate_of(EC, "gateway")), "RSA of at least 2048 bits"),
        (pem(SMALL.private_key), pem_of(SMALL.certificate), "RSA of at least 2048 bits"),
    ],
    ids=[
        "no key",
        "a certificate as the key",
        "a passphrase",
        "no certificate",
        "the key as the certificate",
        "a certificate of another",
        "a certificate of another kind of key",
        "an elliptic key",
        "a small key",
    ],
)
def test_what_cannot_sign(key: bytes, certificate: bytes, words: str):
    with pytest.raises(ValueError, match=words) as caught:
        load_signing_key(key, certificate)
    assert "PRIVATE" not in str(caught.value)
