"""Public keys that clients publish at an address (`jwks_uri`): the last good copy of each, on disk.

No login waits for an address of a client: the copy is fetched beside the workers (`gateway.cli.client_keys`).
"""

import json
from datetime import UTC, datetime
from pathlib import Path

from gateway.federation.metadata.kept import Kept
from gateway.settings.loader import Settings
from gateway.settings.models.services import OidcServiceEntry

KEPT = "var/client-keys"
FILE = "jwks.json"


def kept_keys(directory: Path, service: str) -> Kept:
    """Where the copy of a service's keys lies, and how the last fetch went, in the directory of a configuration."""
    return Kept(service, directory / KEPT / service, (), None)


def published_jwks(directory: Path, service: str, address: str) -> str | None:
    """The text of the key set that was fetched from this very address; None while there is none."""
    try:
        kept = json.loads((kept_keys(directory, service).directory / FILE).read_bytes())
        return json.dumps({"keys": kept["keys"]}) if kept["address"] == address else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def keep_keys(directory: Path, service: str, address: str, keys: list[dict[str, object]]) -> bool:
    """Keep what was fetched, if it is another than before; whether it is. Raises OSError."""
    if published_jwks(directory, service, address) == json.dumps({"keys": keys}):
        return False
    kept_keys(directory, service).write(FILE, json.dumps({"address": address, "keys": keys}).encode())
    return True


def published(settings: Settings) -> list[tuple[str, str]]:
    """Every service with keys at an address, and that address."""
    return [
        (entry.value.id, entry.value.jwks_uri)
        for entry in settings.services
        if isinstance(entry.value, OidcServiceEntry) and entry.value.jwks_uri is not None
    ]


def key_warnings(settings: Settings) -> dict[str, str]:
    """A sentence for each service whose keys could not be fetched the last time, for the operator."""
    found = {}
    for service, _ in published(settings):
        state = kept_keys(settings.directory, service).state()
        if state.problem:
            since = f"{datetime.fromtimestamp(state.fetched, UTC):%Y-%m-%dT%H:%M:%SZ}" if state.fetched else "never"
            found[f"keys of {service}"] = f"{state.problem} (fetched last: {since})"
    return found
