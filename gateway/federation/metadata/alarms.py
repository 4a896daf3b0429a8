"""How sources stand: whose last fetch failed, though their last good copy is in use, and how old that is."""

from collections.abc import Iterator
from datetime import UTC, datetime

from gateway.federation.metadata.kept import FetchState, Kept
from gateway.federation.metadata.sources import KEPT
from gateway.observability.stood_on import SourceStanding
from gateway.settings.loader import Settings


def fetch_warnings(settings: Settings) -> dict[str, str]:
    """A sentence for each source that could not be fetched, or of which a new version was not taken."""
    found = {}
    for source, state in _states(settings):
        if state.problem:
            since = f"{datetime.fromtimestamp(state.fetched, UTC):%Y-%m-%dT%H:%M:%SZ}" if state.fetched else "never"
            found[f"metadata {source}"] = f"{state.problem} (fetched last: {since})"
    return found


def source_standings(settings: Settings, now: datetime) -> list[SourceStanding]:
    """The standing of each source with an address, for the metrics."""
    return [
        SourceStanding(
            source, now.timestamp() - state.fetched if state.fetched else None, state.failures, state.entities
        )
        for source, state in _states(settings)
        if state.tried
    ]


def _states(settings: Settings) -> Iterator[tuple[str, FetchState]]:
    for entry in settings.metadata_sources:
        source = entry.value.id
        yield source, Kept(source, settings.directory / KEPT / source, (), None).state()
