"""Certificates of clients, as the proxy hands them on (RFC 8705, RFC 9440)."""

from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any
from urllib.parse import unquote

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import Criticality, ExtensionPolicy, PolicyBuilder, Store, VerificationError

from gateway.federation.clients import CertificateField, CertificateName
from gateway.settings.subject_names import distinguished_name

MAX_HEADER = 16 * 1024
_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
_FOR_CLIENTS = frozenset({ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE})


@dataclass(frozen=True, slots=True)
class ClientCertificates:
    """What the provider knows of certificates.

    `authorities` may issue those that prove who a client is; without any, certificates bind tokens and no more.
    `base_url` is where the proxy asks for one, if that is an address of its own.
    """

    authorities: tuple[x509.Certificate, ...] = ()
    base_url: str | None = None

    def check(self, certificate: x509.Certificate, now: datetime) -> None:
        """Issued by one of the authorities, in force now, and good for clients. Raises ValueError."""
        builder = PolicyBuilder().store(Store(list(self.authorities))).time(now.astimezone(UTC).replace(tzinfo=None))
        policies = {"ca_policy": _of_authorities(), "ee_policy": _of_clients()}
        try:
            builder.extension_policies(**policies).build_client_verifier().verify(certificate, [])
        except VerificationError:
            raise ValueError("the certificate is not in force, or of another authority") from None


def read_certificate(header: str) -> x509.Certificate:
    """The certificate in the header of a proxy. Raises ValueError."""
    if len(header) > MAX_HEADER:
        raise ValueError("the certificate is too long")
    text = unquote(header).strip()
    if text.startswith(":") and text.endswith(":"):
        text = text[1:-1]
    elif text.startswith(_BEGIN) and text.endswith(_END):
        # a header has no lines: nginx escapes their ends, Apache leaves spaces
        text = "".join(text[len(_BEGIN) : -len(_END)].split())
    try:
        return x509.load_der_x509_certificate(b64decode(text, validate=True))
    except (ValueError, UnsupportedAlgorithm):
        raise ValueError("what the proxy handed on is no certificate") from None


def thumbprint(certificate: x509.Certificate) -> str:
    """`x5t#S256`: SHA-256 of the DER in base64url (RFC 8705 3.1)."""
    return urlsafe_b64encode(certificate.fingerprint(SHA256())).rstrip(b"=").decode()


def is_named(certificate: x509.Certificate, name: CertificateName) -> bool:
    """Whether it is of the one who is registered by this name (RFC 8705 2.1.2)."""
    if name.field is CertificateField.SUBJECT_DN:
        return certificate.subject == distinguished_name(name.value)
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return False
    kind, same = _ALTERNATIVES[name.field]
    return any(same(value, name.value) for value in found.get_values_for_type(kind))


def _same_text(value: Any, name: str) -> bool:
    return bool(value == name)


def _same_host(value: Any, name: str) -> bool:
    return bool(value.lower() == name.lower())


def _same_address(value: Any, name: str) -> bool:
    return bool(value == ip_address(name))


_ALTERNATIVES: dict[CertificateField, tuple[type[Any], Callable[[Any, str], bool]]] = {
    CertificateField.SAN_DNS: (x509.DNSName, _same_host),
    CertificateField.SAN_URI: (x509.UniformResourceIdentifier, _same_text),
    CertificateField.SAN_IP: (x509.IPAddress, _same_address),
    CertificateField.SAN_EMAIL: (x509.RFC822Name, _same_text),
}


def _of_authorities() -> ExtensionPolicy:
    """The operator names them: all that is asked of them is that they are authorities."""
    return ExtensionPolicy.permit_all().require_present(x509.BasicConstraints, Criticality.AGNOSTIC, _check_authority)


def _of_clients() -> ExtensionPolicy:
    """Certificates of clients need no name of a host; one that is for something else, or an authority's, is none."""
    return (
        ExtensionPolicy.permit_all()
        .may_be_present(x509.ExtendedKeyUsage, Criticality.AGNOSTIC, _check_usage)
        .may_be_present(x509.BasicConstraints, Criticality.AGNOSTIC, _check_constraints)
    )


def _check_usage(_: Any, __: x509.Certificate, usage: x509.ExtendedKeyUsage | None) -> None:
    if usage is not None and not _FOR_CLIENTS.intersection(usage):
        raise ValueError("not for clients")


def _check_authority(_: Any, __: x509.Certificate, constraints: x509.BasicConstraints) -> None:
    if not constraints.ca:
        raise ValueError("no authority's")


def _check_constraints(_: Any, __: x509.Certificate, constraints: x509.BasicConstraints | None) -> None:
    if constraints is not None and constraints.ca:
        raise ValueError("an authority's")
