"""Authorization requests that clients pushed, until the browser comes with their `request_uri` (RFC 9126 2.2 and 4)."""

import json
from typing import NamedTuple

from gateway.domain.randomness import Randomness
from gateway.oidc.op.parameters import Parameters
from gateway.storage.contracts import ShortLivedStore

PREFIX = "urn:ietf:params:oauth:request_uri:"
SECONDS = 90
"""From the push to the browser's arrival. Each is used once: a page that is loaded again begins at the service."""
_MAX_TOKEN = 100
_REFERENCE = "\0reference"
"""What the reference is kept under beside the parameters: no parameter has a NUL in its name."""


class Pushed(NamedTuple):
    """What a client pushed, and the reference of that, which is the login's; empty if an older gateway kept it."""

    parameters: Parameters
    reference: str


class PushedRequests:
    """Keeps requests under an unguessable name, each for the client that pushed it and nobody else."""

    def __init__(self, *, store: ShortLivedStore, randomness: Randomness) -> None:
        self._store = store
        self._randomness = randomness

    def keep(self, client_id: str, parameters: Parameters, *, reference: str) -> str:
        """The `request_uri`, good once within SECONDS."""
        token = self._randomness.token()
        kept = json.dumps({**parameters.values, _REFERENCE: reference}, separators=(",", ":")).encode()
        self._store.put(_key(client_id, token), kept, seconds=SECONDS)
        return PREFIX + token

    def take(self, client_id: str, request_uri: str) -> Pushed | None:
        """What this client pushed; None when it pushed no such request, or it is over, or was used.

        Another client that comes with it finds nothing and spends nothing.
        """
        token = request_uri.removeprefix(PREFIX)
        if not (0 < len(token) <= _MAX_TOKEN and token.isascii() and token.isalnum()):
            return None
        kept = self._store.take(_key(client_id, token))
        if kept is None:
            return None
        values: dict[str, str] = json.loads(kept)
        reference = values.pop(_REFERENCE, "")
        return Pushed(Parameters(values), reference)


def is_pushed(request_uri: str) -> bool:
    """Whether it has the form of ours; anything else would be an address to fetch, and nothing is fetched."""
    return request_uri.startswith(PREFIX)


def _key(client_id: str, token: str) -> str:
    return f"pushed:{client_id}:{token}"
