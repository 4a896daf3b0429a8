"""XML encryption (xmlenc-core1) as SAML uses it: an element becomes an EncryptedData for one recipient."""

from base64 import b64encode
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import rsa
from lxml import etree

from gateway.domain.randomness import Randomness
from gateway.xml.ciphers import CBC, GCM, KeyTransport, encrypted_with
from gateway.xml.namespaces import DS, XENC, XENC11

ELEMENT = XENC + "Element"


@dataclass(frozen=True, slots=True)
class EncryptFor:
    """A recipient: its key, and the algorithms that it reads."""

    key: rsa.RSAPublicKey
    content: str
    transport: KeyTransport


def encrypt(element: etree._Element, recipient: EncryptFor, randomness: Randomness) -> etree._Element:
    """An EncryptedData that holds the element, to put in its place; the element itself is left as it is."""
    # The parents' namespaces come along: what is hidden must stand on its own wherever it is put again.
    return encrypt_octets(etree.tostring(element, with_tail=False), recipient, randomness)


def encrypt_octets(plain: bytes, recipient: EncryptFor, randomness: Randomness) -> etree._Element:
    """An EncryptedData around the text of an element.

    The key stands inside, in KeyInfo, where every peer finds it (saml-core 6.2 leaves the choice).
    """
    size = GCM[recipient.content] if recipient.content in GCM else CBC[recipient.content]
    secret = randomness.bytes(size)
    value = encrypted_with(recipient.content, secret, randomness.bytes(16), plain)
    wrapped = recipient.key.encrypt(secret, recipient.transport.padding())
    return etree.fromstring(
        f'<xenc:EncryptedData xmlns:xenc="{XENC}" Type="{ELEMENT}">'
        f'<xenc:EncryptionMethod Algorithm="{recipient.content}"/>'
        f'<ds:KeyInfo xmlns:ds="{DS}"><xenc:EncryptedKey>{_method(recipient.transport)}'
        f"{_value(wrapped)}</xenc:EncryptedKey></ds:KeyInfo>"
        f"{_value(value)}</xenc:EncryptedData>"
    )


def _method(transport: KeyTransport) -> str:
    mask = f'<xenc11:MGF xmlns:xenc11="{XENC11}" Algorithm="{transport.mask}"/>' if transport.mask else ""
    return (
        f'<xenc:EncryptionMethod Algorithm="{transport.method}">'
        f'<ds:DigestMethod Algorithm="{transport.digest}"/>{mask}</xenc:EncryptionMethod>'
    )


def _value(octets: bytes) -> str:
    return f"<xenc:CipherData><xenc:CipherValue>{b64encode(octets).decode()}</xenc:CipherValue></xenc:CipherData>"
