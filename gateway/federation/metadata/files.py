"""Metadata files of a configuration, each read and verified once, whoever refers to it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from gateway.federation.metadata.certificates import certificate
from gateway.federation.metadata.document import MetadataDocument, MetadataRejected
from gateway.federation.metadata.entities import IdpMetadata, SpMetadata
from gateway.federation.metadata.parse import read_idp, read_sp
from gateway.federation.metadata.source import Source
from gateway.federation.metadata.sources import MetadataSources
from gateway.settings.loader import Entry
from gateway.settings.models.identity_providers import SamlIdentityProviderEntry
from gateway.settings.models.saml_metadata import SamlMetadata
from gateway.settings.models.services import SamlServiceEntry
from gateway.settings.problems import Problem

Read = TypeVar("Read")
_Key = tuple[Path, Path | None]


@dataclass(slots=True)
class MetadataFiles:
    """The metadata that the entries of a configuration refer to; what is wrong with it is added to `problems`.

    What a source no longer has, or has in a way that cannot be used, goes to `of_one_party`: it touches nobody else.
    """

    directory: Path
    problems: list[Problem]
    sources: MetadataSources
    of_one_party: list[Problem] = field(default_factory=list)
    _opened: dict[_Key, MetadataDocument | str] = field(default_factory=dict)

    def idp(self, entry: Entry[Any], value: SamlIdentityProviderEntry) -> IdpMetadata | None:
        """The metadata of an identity provider; None when it cannot be used."""
        if value.metadata_source is not None:
            return self._in_source(entry, value, Source.idp)
        return self._in_file(entry, value, read_idp)

    def sp(self, entry: Entry[Any], value: SamlServiceEntry) -> SpMetadata | None:
        """The metadata of a service provider; None when it cannot be used."""
        if value.metadata_source is not None:
            return self._in_source(entry, value, Source.sp)
        return self._in_file(entry, value, read_sp)

    def _in_source(self, entry: Entry[Any], value: SamlMetadata, how: Callable[[Source, str], Read]) -> Read | None:
        assert value.metadata_source is not None
        assert value.entity_id is not None
        try:
            source = self.sources.find(value.metadata_source)
        except MetadataRejected as cause:
            self.problems.append(Problem(entry.place("metadata_source"), str(cause)))
            return None
        try:
            # The problem of a source that cannot be used has been told once, not for each of its parties.
            return how(source, value.entity_id) if source is not None else None
        except MetadataRejected as cause:
            self.of_one_party.append(Problem(entry.place("entity_id"), f"{value.metadata_source}: {cause}"))
            return None

    def _in_file(
        self, entry: Entry[Any], value: SamlMetadata, how: Callable[[MetadataDocument, str | None], Read]
    ) -> Read | None:
        assert value.metadata is not None
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
    signers = [] if signer is None else [certificate(signer, key="metadata_certificate")]
    try:
        raw = path.read_bytes()
    except OSError as cause:
        raise MetadataRejected(f"the file cannot be read: {cause.strerror}; it belongs beside this one") from None
    return MetadataDocument.of(raw, signers=signers)
