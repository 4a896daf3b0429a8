"""Metadata files of a configuration, each read and verified once, whoever refers to it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from cryptography import x509

from gateway.federation.metadata.document import MetadataDocument, MetadataRejected
from gateway.settings.loader import Entry
from gateway.settings.models.identity_providers import SamlIdentityProviderEntry
from gateway.settings.models.services import SamlServiceEntry
from gateway.settings.problems import Problem

Read = TypeVar("Read")
_Key = tuple[Path, Path | None]


@dataclass(slots=True)
class MetadataFiles:
    """The metadata that the entries of a configuration refer to; what is wrong with it is added to `problems`."""

    directory: Path
    problems: list[Problem]
    _opened: dict[_Key, MetadataDocument | str] = field(default_factory=dict)

    def read(
        self,
        entry: Entry[Any],
        value: SamlIdentityProviderEntry | SamlServiceEntry,
        how: Callable[[MetadataDocument, str | None], Read],
    ) -> Read | None:
        """The metadata that an entry's value names; None when it cannot be used."""
        beside = (self.directory / entry.document.file).parent
        signer = beside / value.metadata_certificate if value.metadata_certificate is not None else None
        document = self._open((beside / value.metadata, signer))
        try:
            if isinstance(document, MetadataDocument):
                return how(document, value.entity_id)
        except MetadataRejected as cause:
            document = str(cause)
        self.problems.append(Problem(entry.place("metadata"), f"{value.metadata}: {document}"))
        return None

    def _open(self, key: _Key) -> MetadataDocument | str:
        """The document, or what is wrong with it."""
        if key not in self._opened:
            try:
                self._opened[key] = _document(*key)
            except MetadataRejected as cause:
                self._opened[key] = str(cause)
        return self._opened[key]


def _document(path: Path, signer: Path | None) -> MetadataDocument:
    signers = [] if signer is None else [_certificate(signer)]
    try:
        raw = path.read_bytes()
    except OSError as cause:
        raise MetadataRejected(f"the file cannot be read: {cause.strerror}; it belongs beside this one") from None
    return MetadataDocument.of(raw, signers=signers)


def _certificate(path: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except OSError as cause:
        raise MetadataRejected(f"metadata_certificate {path.name} cannot be read: {cause.strerror}") from None
    except ValueError:
        raise MetadataRejected(f"metadata_certificate {path.name} is not a certificate in PEM") from None
