"""Keys of the parties of a test, each made once a run, and certificates around them."""

from base64 import b64decode
from datetime import UTC, datetime
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

from gateway.xml.keys import SigningKey


@cache
def signing_key(owner: str, bits: int = 2048) -> SigningKey:
    """The RSA key of this party."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    return SigningKey(key, certificate_of(key, owner))


@cache
def elliptic_key(owner: str, curve: type[ec.EllipticCurve] = ec.SECP256R1) -> ec.EllipticCurvePrivateKey:
    """The elliptic-curve key of this party."""
    return ec.generate_private_key(curve())


@cache
def elliptic_signing_key(owner: str, curve: type[ec.EllipticCurve] = ec.SECP256R1) -> SigningKey:
    """The same with its certificate, to sign SAML with."""
    key = elliptic_key(owner, curve)
    return SigningKey(key, certificate_of(key, owner))


def certificate_of(key: CertificateIssuerPrivateKeyTypes, owner: str) -> x509.Certificate:
    """A self-signed certificate around a key."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, owner)])
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2036, 1, 1, tzinfo=UTC))
        .sign(key, SHA256())
    )


UNKNOWN_CURVE = x509.load_der_x509_certificate(
    b64decode(
        "MIIBWjCCAQigAwIBAgIUbu6kFOxIlc4+cx8drtlqmI5W42EwCgYIKoZIzj0EAwIwDDEKMAgGA1UEAwwBeDAeFw0yNjExMjQxNTA0"
        "MTlaFw0yNzAzMDQxNTA0MTlaMAwxCjAIBgNVBAMMAXgwTjAQBgcqhkjOPQIBBgUrgQQAIAM6AATWgkHxypzzSNbolgrpu5YoF/p0"
        "ioszOrBDB/S2/Zt/flFHTg/+SMZuKhTLXNAHgRvvD+dOeZTF1qNTMFEwHQYDVR0OBBYEFBaVIuE5dsKpVVTmP5MQ0/FElvNQMB8G"
        "A1UdIwQYMBaAFBaVIuE5dsKpVVTmP5MQ0/FElvNQMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDQAAwPQIdALfsKR8MMNE2"
        "5CjAwhLyfz8aX37YPTJZUnHehpECHEuCwhk7PFiP8j9mEhJTT+8Nz88lVywMsJm6Qfw="
    )
)
"""A certificate around a key on secp224k1, which `cryptography` can neither make nor read."""
