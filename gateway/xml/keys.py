"""Keys that the gateway signs with."""

from base64 import b64encode
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key


@dataclass(frozen=True, slots=True, repr=False)
class SigningKey:
    """An RSA key and its certificate; `certificate_base64` is the certificate's DER form on one line."""

    private_key: rsa.RSAPrivateKey
    certificate: x509.Certificate
    certificate_base64: str = field(init=False)

    def __post_init__(self) -> None:
        encoded = b64encode(self.certificate.public_bytes(Encoding.DER)).decode()
        object.__setattr__(self, "certificate_base64", encoded)

    def __repr__(self) -> str:
        return f"SigningKey(serial {self.certificate.serial_number:x})"


def load_signing_key(key_pem: bytes, certificate_pem: bytes) -> SigningKey:
    """Load a PEM key and its certificate.

    Raises ValueError when either cannot be read, when the key is not RSA of at least 2048 bits, or when they do
    not belong together.
    """
    try:
        private_key = load_pem_private_key(key_pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ValueError("the key is not a private key in PEM without a passphrase") from None
    try:
        certificate = x509.load_pem_x509_certificate(certificate_pem)
    except ValueError:
        raise ValueError("the certificate is not one in PEM") from None
    if not isinstance(private_key, rsa.RSAPrivateKey) or private_key.key_size < 2048:
        raise ValueError("a signing key is RSA of at least 2048 bits")
    public_key = certificate.public_key()
    if not isinstance(public_key, rsa.RSAPublicKey) or public_key.public_numbers() != (
        private_key.public_key().public_numbers()
    ):
        raise ValueError("the certificate belongs to another key")
    return SigningKey(private_key, certificate)
