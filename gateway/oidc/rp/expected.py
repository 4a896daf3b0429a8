"""All that must be known to judge what an OpenID provider answers."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.oidc.rp.key_set import ProviderKeys


@dataclass(frozen=True, slots=True, repr=False)
class Expected:
    """What a true answer to this attempt says. `renewed_keys` asks for the key set anew, when a key is not in `keys`.

    `contexts` are the acr values of which one must come back (empty: any); `fresh_since` the moment after which the
    person must have authenticated.
    """

    issuer: str
    client_id: str
    nonce: str
    access_token: str
    keys: ProviderKeys
    renewed_keys: Callable[[], ProviderKeys]
    contexts: tuple[str, ...]
    fresh_since: datetime | None
    now: datetime
    skew: timedelta
