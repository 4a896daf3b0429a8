"""The metadata sources of a configuration: where each one's files are, and what is in it now."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.federation.metadata.certificates import certificate
from gateway.federation.metadata.document import MetadataRejected
from gateway.federation.metadata.kept import Kept
from gateway.federation.metadata.source import Source
from gateway.settings.loader import Entry, Settings
from gateway.settings.models.metadata_sources import MetadataSourceEntry
from gateway.settings.problems import Problem
from gateway.storage.sealing import SecretKey

KEPT = "var/metadata"
"""Where fetched documents and their indexes are kept, relative to the configuration."""
FETCHED = ("document.xml", "answers.json")
"""The names of what was fetched: one document, or answers of a query service."""


@dataclass(frozen=True, slots=True)
class ConfiguredSource:
    """A source as it is configured, and where its document lies."""

    entry: Entry[MetadataSourceEntry]
    kept: Kept
    document: Path


@dataclass(frozen=True, slots=True)
class MetadataSources:
    """The content of the sources by their ids; None for one that cannot be used, which has its problem."""

    by_id: Mapping[str, Source | None]
    problems: tuple[Problem, ...]

    def find(self, source: str) -> Source | None:
        """The content of a source. Raises MetadataRejected for an id that no source has."""
        if source not in self.by_id:
            known = ", ".join(sorted(self.by_id)) or "none"
            raise MetadataRejected(f"no metadata source has the id {source}; known: {known}")
        return self.by_id[source]


def configured(settings: Settings, key: SecretKey | None, problems: list[Problem]) -> Iterator[ConfiguredSource]:
    """The sources whose certificates can be read; what is wrong with the others is added to `problems`."""
    seen: dict[str, Entry[MetadataSourceEntry]] = {}
    for entry in settings.metadata_sources:
        value = entry.value
        if value.id in seen:
            what = f"the id {value.id} stands at {seen[value.id].place('id')} already"
            problems.append(Problem(entry.place("id"), what, "each is given once"))
            continue
        seen[value.id] = entry
        beside = (settings.directory / entry.document.file).parent
        try:
            signers = tuple(certificate(beside / file, key="certificates:") for file in value.certificates)
        except MetadataRejected as cause:
            problems.append(Problem(entry.place("certificates"), str(cause)))
            continue
        kept = Kept(value.id, settings.directory / KEPT / value.id, signers, key, queried=value.mdq is not None)
        document = beside / value.file if value.file is not None else kept.directory / fetched_as(value)
        yield ConfiguredSource(entry, kept, document)


def open_sources(settings: Settings, key: SecretKey | None) -> tuple[MetadataSources, list[Problem]]:
    """The sources, and what is wrong with their configuration.

    What is wrong with the content of a source is a problem of the sources themselves: it touches the parties that are
    in it, and keeps nobody else from logging in.
    """
    wrong: list[Problem] = []
    content: list[Problem] = []
    by_id: dict[str, Source | None] = {entry.value.id: None for entry in settings.metadata_sources}
    for source in configured(settings, key, wrong):
        try:
            by_id[source.kept.id] = source.kept.open(source.document)
        except MetadataRejected as cause:
            hint = f"`sluis metadata fetch {settings.directory}`" if source.entry.value.address else ""
            content.append(Problem(source.entry.place(), f"the metadata source {source.kept.id}: {cause}", hint))
    return MetadataSources(by_id, tuple(content)), wrong


def fetched_as(value: MetadataSourceEntry) -> str:
    """The name of the file in which what was fetched of a source is kept."""
    return FETCHED[0] if value.mdq is None else FETCHED[1]


def is_in_source(value: Any) -> bool:
    """Whether the metadata of an entry is in a source."""
    return getattr(value, "metadata_source", None) is not None
