"""Certificates for mutual TLS within the demo: an authority of its own, and what it vouches for."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from gateway.cli.key_material import KeyKind

_LASTS = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Authority:
    """Vouches for the demo's parties, from a moment on."""

    name: str
    key: EllipticCurvePrivateKey
    now: datetime

    @classmethod
    def fresh(cls, name: str, now: datetime) -> "Authority":
        """With a new key."""
        return cls(name, _key(), now)

    def write(self, path: Path) -> None:
        """Its own certificate."""
        basic = x509.BasicConstraints(ca=True, path_length=0)
        made = self._certificate(self.name, self.key.public_key(), basic, signs=True)
        path.write_bytes(made.public_bytes(Encoding.PEM))

    def issue(self, stem: Path, host: str | None = None) -> None:
        """A key and a certificate, in files of this name that end in `.key` and `.pem`; `host`: for a server there."""
        key = _key()
        names = [] if host is None else [x509.SubjectAlternativeName([x509.IPAddress(IPv4Address(host))])]
        basic = x509.BasicConstraints(ca=False, path_length=None)
        made = self._certificate(stem.name, key.public_key(), basic, *names, signs=False)
        stem.with_suffix(".pem").write_bytes(made.public_bytes(Encoding.PEM))
        secret = stem.with_suffix(".key")
        secret.touch(mode=0o600)
        secret.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))

    def _certificate(
        self, name: str, key: EllipticCurvePublicKey, *extensions: x509.ExtensionType, signs: bool
    ) -> x509.Certificate:
        usage = x509.KeyUsage(
            digital_signature=not signs,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            key_cert_sign=signs,
            crl_sign=signs,
            encipher_only=False,
            decipher_only=False,
        )
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self.name)]))
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(self.now - timedelta(minutes=5))
            .not_valid_after(self.now + _LASTS)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
        )
        for one in extensions:
            builder = builder.add_extension(one, critical=isinstance(one, x509.BasicConstraints))
        return builder.sign(self.key, SHA256())


def _key() -> EllipticCurvePrivateKey:
    made = KeyKind.P_256.make()
    assert isinstance(made, EllipticCurvePrivateKey)
    return made
