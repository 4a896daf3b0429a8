"""What has run out, or will soon, of metadata in sources; from their indexes, without parsing an entity."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.federation.dates import SOON
from gateway.federation.metadata.index import Indexed
from gateway.federation.metadata.sources import MetadataSources
from gateway.settings.loader import Entry, Settings
from gateway.settings.models.saml_metadata import SamlMetadata
from gateway.settings.problems import Place, Problem, warning

NOT_FETCHED_LATELY = timedelta(days=2)
"""Aggregates are valid for some days or weeks, and renewed daily: less than this means that renewing has failed."""


def source_dates(settings: Settings, sources: MetadataSources, now: datetime) -> Iterator[Problem]:
    """Parties whose metadata or certificate has ended or soon will, and sources all of which soon will."""
    running_out: dict[str, datetime] = {}
    for entry, source, indexed in _parties(settings, sources):
        until = _moment(indexed.valid_until)
        if until is not None and until <= now:
            what = f"the metadata was valid until {until:%Y-%m-%d}: logins of {indexed.entity_id} are refused"
            yield Problem(entry.place("entity_id"), what, "fetch it anew")
        elif until is not None and until <= now + NOT_FETCHED_LATELY:
            running_out[source] = min(until, running_out.get(source, until))
        ends = _moment(indexed.certificates_until)
        if ends is not None and ends <= now + SOON:
            yield _certificate(entry.place("entity_id"), ends, now)
    for value in settings.metadata_sources:
        if value.value.id in running_out:
            until = running_out[value.value.id]
            what = f"metadata of its parties is valid until {until:%Y-%m-%dT%H:%M:%SZ} and no longer"
            yield warning(value.place(), what, f"`sluis metadata fetch {settings.directory}` says what is wrong")


def _certificate(place: Place, ends: datetime, now: datetime) -> Problem:
    said = f"a certificate {'ended' if ends <= now else 'ends'} on {ends:%Y-%m-%d}"
    return warning(place, said, "the party must publish another")


def _parties(settings: Settings, sources: MetadataSources) -> Iterator[tuple[Entry[Any], str, Indexed]]:
    entries: list[Entry[Any]] = [*settings.identity_providers, *settings.services]
    for entry in entries:
        value = entry.value
        if not isinstance(value, SamlMetadata) or value.metadata_source is None or value.entity_id is None:
            continue
        source = sources.by_id.get(value.metadata_source)
        indexed = source.entities.get(value.entity_id) if source is not None else None
        if indexed is not None:
            yield entry, value.metadata_source, indexed


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
