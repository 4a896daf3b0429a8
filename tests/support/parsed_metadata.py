"""The parties of metadata documents, read as when a configuration is loaded."""

from collections.abc import Sequence

from cryptography import x509

from gateway.federation.metadata.document import MetadataDocument
from gateway.federation.metadata.entities import IdpMetadata, SpMetadata
from gateway.federation.metadata.parse import read_idp, read_sp


def parse_idp(raw: bytes, *, signers: Sequence[x509.Certificate] = (), entity_id: str | None = None) -> IdpMetadata:
    return read_idp(MetadataDocument.of(raw, signers=signers), entity_id)


def parse_sp(raw: bytes, *, signers: Sequence[x509.Certificate] = (), entity_id: str | None = None) -> SpMetadata:
    return read_sp(MetadataDocument.of(raw, signers=signers), entity_id)
