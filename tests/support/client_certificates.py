"""Certificates of clients, with every way in which one can be wrong. The same is made once in a test run."""

import ipaddress
from base64 import b64encode
from datetime import datetime, timedelta
from functools import cache
from urllib.parse import quote

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.support.releasing import NOW
from tests.support.signing_keys import elliptic_key

DN = "CN=klas,O=Letterbos,C=NL"
DAY = timedelta(days=1)


def name(cn: str) -> x509.Name:
    """In the order in which certificates have it, the other way round than RFC 4514 writes it."""
    parts = ((NameOID.COUNTRY_NAME, "NL"), (NameOID.ORGANIZATION_NAME, "Letterbos"), (NameOID.COMMON_NAME, cn))
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts])


def authority(cn: str = "ca") -> x509.Certificate:
    """The same again for the same name."""
    return _made(cn, cn, ca=True)


def certificate(
    cn: str = "klas",
    issuer: str = "ca",
    *,
    usage: x509.ObjectIdentifier | None = ExtendedKeyUsageOID.CLIENT_AUTH,
    begins: datetime = NOW - DAY,
    ends: datetime = NOW + DAY,
    ca: bool = False,
    names: tuple[x509.GeneralName, ...] = (),
    signer: str | None = None,
) -> x509.Certificate:
    """Of the key `cn`; `signer` is another key than the issuer's, for a forged one."""
    return _made(cn, issuer, ca=ca, usage=usage, begins=begins, ends=ends, names=names, signer=signer)


ALTERNATIVES: dict[str, tuple[x509.GeneralName, str]] = {
    "tls_client_auth_san_dns": (x509.DNSName("klas.example"), "klas.example"),
    "tls_client_auth_san_uri": (x509.UniformResourceIdentifier("urn:klas"), "urn:klas"),
    "tls_client_auth_san_ip": (x509.IPAddress(ipaddress.ip_address("2001:db8::7")), "2001:db8:0::7"),
    "tls_client_auth_san_email": (x509.RFC822Name("tech@klas.example"), "tech@klas.example"),
}


def rfc9440(one: x509.Certificate) -> str:
    return f":{der(one)}:"


def der(one: x509.Certificate) -> str:
    return b64encode(one.public_bytes(Encoding.DER)).decode()


def escaped_pem(one: x509.Certificate) -> str:
    """As nginx writes `$ssl_client_escaped_cert`."""
    return quote(one.public_bytes(Encoding.PEM).decode(), safe="")


@cache
def _made(
    cn: str,
    issuer: str,
    *,
    ca: bool,
    usage: x509.ObjectIdentifier | None = None,
    begins: datetime = NOW - DAY,
    ends: datetime = NOW + DAY,
    names: tuple[x509.GeneralName, ...] = (),
    signer: str | None = None,
) -> x509.Certificate:
    key, signing = elliptic_key(f"certificate {cn}"), elliptic_key(f"certificate {signer or issuer}")
    builder = (
        x509.CertificateBuilder()
        .subject_name(name(cn))
        .issuer_name(name(issuer))
        .public_key(key.public_key())
        .serial_number(1000)
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), critical=False)
        .add_extension(
            x509.KeyUsage(
                digital_signature=not ca, content_commitment=False, key_encipherment=False, data_encipherment=False,
                key_agreement=False, key_cert_sign=ca, crl_sign=ca, encipher_only=False, decipher_only=False,
            ),
            critical=True,
        )
    )  # fmt: skip
    if usage is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(signing, SHA256())


def pem(*those: x509.Certificate) -> bytes:
    return b"".join(one.public_bytes(Encoding.PEM) for one in those)
