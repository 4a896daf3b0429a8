"""Keys that the gateway signs and decrypts with."""

from base64 import b64encode
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gateway.xml.algorithms import Scheme, scheme_for


@dataclass(frozen=True, slots=True, repr=False)
class SigningKey:
    """A key, its certificate, and the scheme that follows from its kind; ValueError for a kind that has none.

    `certificate_base64` is the certificate's DER form on one line.
    """

    private_key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    certificate_base64: str = field(init=False)
    scheme: Scheme = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "certificate_base64", _base64(self.certificate))
        object.__setattr__(self, "scheme", scheme_for(self.private_key.public_key()))

    def sign(self, octets: bytes) -> bytes:
        """The signature as XML signatures have it: PKCS #1 v1.5, or the two integers of RFC 4050, each in full length.

        The same octets always get the same signature, but from an EC key in a token: ECDSA's nonce is derived from
        them (RFC 6979), and a token draws its own.
        """
        key = self.private_key
        if isinstance(key, rsa.RSAPrivateKey):
            return key.sign(octets, padding.PKCS1v15(), self.scheme.hash)
        numbers = decode_dss_signature(key.sign(octets, ec.ECDSA(self.scheme.hash, deterministic_signing=True)))
        size = (key.key_size + 7) // 8
        return b"".join(number.to_bytes(size) for number in numbers)

    def __repr__(self) -> str:
        return f"SigningKey(serial {self.certificate.serial_number:x})"


@dataclass(frozen=True, slots=True, repr=False)
class DecryptionKey:
    """An RSA key and its certificate, for which others encrypt."""

    private_key: rsa.RSAPrivateKey
    certificate: x509.Certificate
    certificate_base64: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "certificate_base64", _base64(self.certificate))

    def __repr__(self) -> str:
        return f"DecryptionKey(serial {self.certificate.serial_number:x})"


def signing_key(key: PrivateKeyTypes, certificate_pem: bytes) -> SigningKey:
    """A key with its certificate. Raises ValueError when one of them will not do, or they do not belong together."""
    strong = (isinstance(key, rsa.RSAPrivateKey) and key.key_size >= 2048) or (
        isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1 | ec.SECP384R1)
    )
    if not strong:
        raise ValueError("a signing key is RSA of at least 2048 bits, or EC on P-256 or P-384")
    assert isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey)
    return SigningKey(key, _certificate_of(key, certificate_pem))


def decryption_key(key: PrivateKeyTypes, certificate_pem: bytes) -> DecryptionKey:
    """A key with its certificate; ValueError likewise.

    It is RSA: with an EC key a peer would have to agree on a key (ECDH-ES, xmlenc-core1 5.6), which hardly any can.
    """
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < 2048:
        raise ValueError("a decryption key is RSA of at least 2048 bits: peers cannot encrypt for any other kind")
    return DecryptionKey(key, _certificate_of(key, certificate_pem))


def _certificate_of(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, pem: bytes) -> x509.Certificate:
    try:
        certificate = x509.load_pem_x509_certificate(pem)
        certified = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except (ValueError, UnsupportedAlgorithm):
        raise ValueError("the certificate is not one in PEM") from None
    if certified != key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo):
        raise ValueError("the certificate belongs to another key")
    return certificate


def _base64(certificate: x509.Certificate) -> str:
    return b64encode(certificate.public_bytes(Encoding.DER)).decode()
