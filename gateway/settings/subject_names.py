"""Names of subjects of certificates, as RFC 4514 writes them."""

from cryptography import x509
from cryptography.x509.oid import NameOID

_MORE = {
    "serialNumber": NameOID.SERIAL_NUMBER,
    "organizationIdentifier": NameOID.ORGANIZATION_IDENTIFIER,
    "emailAddress": NameOID.EMAIL_ADDRESS,
    "GN": NameOID.GIVEN_NAME,
    "SN": NameOID.SURNAME,
}
"""Beside the types that RFC 4514 3 names; any other is written with its object identifier."""


def distinguished_name(text: str) -> x509.Name:
    """The name. Raises ValueError."""
    return x509.Name.from_rfc4514_string(text, _MORE)


def subject_name(text: str) -> str:
    """The text, if it is one. Raises ValueError with what is wrong."""
    try:
        distinguished_name(text)
    except ValueError:
        raise ValueError("it is no name as RFC 4514 writes it, such as CN=klas,O=Letterbos,C=NL") from None
    return text
