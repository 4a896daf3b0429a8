"""The keys for which an entity wants to be encrypted for (saml-metadata 2.4.1.1)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cryptography import x509
from lxml import etree

from gateway.xml.ciphers import OAEP, SHA1, KeyTransport
from gateway.xml.namespaces import DS, MD, XENC11, name


@dataclass(frozen=True, slots=True)
class EncryptionKey:
    """A key to encrypt for. `for_encryption` when the metadata says so, not only that the key may do anything.

    `contents` and `transports` are what EncryptionMethod names, in its order; empty when it names none of the kind.
    """

    certificate: x509.Certificate
    for_encryption: bool
    contents: tuple[str, ...]
    transports: tuple[KeyTransport, ...]


def encryption_keys(role: etree._Element, read: Callable[[str], x509.Certificate]) -> tuple[EncryptionKey, ...]:
    """Those of a role's KeyDescriptors that may encrypt, those that are for nothing else in front."""
    found = [
        key
        for descriptor in role.iterfind(name(MD, "KeyDescriptor"))
        if descriptor.get("use") in (None, "encryption")
        for key in _keys(descriptor, read)
    ]
    return tuple(sorted(found, key=lambda key: not key.for_encryption))


def _keys(descriptor: etree._Element, read: Callable[[str], x509.Certificate]) -> Iterator[EncryptionKey]:
    methods = descriptor.findall(name(MD, "EncryptionMethod"))
    wraps = [one for one in methods if "#rsa-" in one.get("Algorithm", "")]
    contents = tuple(one.get("Algorithm", "") for one in methods if one not in wraps)
    for certificate in descriptor.iter(name(DS, "X509Certificate")):
        yield EncryptionKey(
            certificate=read(certificate.text or ""),
            for_encryption=descriptor.get("use") == "encryption",
            contents=contents,
            transports=tuple(_transport(one) for one in wraps),
        )


def _transport(method: etree._Element) -> KeyTransport:
    digest, mask = method.find(name(DS, "DigestMethod")), method.find(name(XENC11, "MGF"))
    algorithm = method.get("Algorithm", "")
    return KeyTransport(
        algorithm,
        SHA1 if digest is None else digest.get("Algorithm", ""),
        mask.get("Algorithm", "") if mask is not None and algorithm == OAEP else None,
    )
