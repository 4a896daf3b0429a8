"""Sources whose last fetch failed: their last good copy is in use, and somebody must look at it."""

from datetime import UTC, datetime

from gateway.federation.metadata.kept import Kept
from gateway.federation.metadata.sources import KEPT
from gateway.settings.loader import Settings


def fetch_warnings(settings: Settings) -> dict[str, str]:
    """A sentence for each source that could not be fetched, or of which a new version was not taken."""
    found = {}
    for entry in settings.metadata_sources:
        source = entry.value.id
        state = Kept(source, settings.directory / KEPT / source, (), None).state()
        if state.problem:
            since = f"{datetime.fromtimestamp(state.fetched, UTC):%Y-%m-%dT%H:%M:%SZ}" if state.fetched else "never"
            found[f"metadata {source}"] = f"{state.problem} (fetched last: {since})"
    return found
