"""Fetches the keys that clients publish (`jwks_uri`), beside the workers: a login never waits for a client."""

import random
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from gateway.domain.http import Http, HttpFailed
from gateway.federation.jwks_files import MAX_BYTES
from gateway.federation.metadata.kept import FetchState
from gateway.federation.metadata.refresh import next_fetch
from gateway.federation.published_keys import keep_keys, kept_keys, published, published_jwks
from gateway.oidc.op.client_keys import usable_keys
from gateway.settings.loader import Settings

REFRESH = timedelta(minutes=15)
"""How often each address is asked; a client announces a key so long before it signs with it."""


@dataclass(frozen=True, slots=True)
class FetchedKeys:
    """What came of one address: the ids of its keys, or a `problem` for the operator."""

    kids: tuple[str, ...] = ()
    problem: str = ""


@dataclass(slots=True)
class ClientKeys:
    """Keeps the copies of a configuration fresh."""

    settings: Settings
    http: Http
    chance: random.Random = field(default_factory=random.Random)

    def fetch_due(self, now: datetime) -> None:
        """Fetch what is due: all of it every 15 minutes, an address that failed soon, and then ever later."""
        for service, address in published(self.settings):
            state = kept_keys(self.settings.directory, service).state()
            fresh = published_jwks(self.settings.directory, service, address) is not None or state.failures > 0
            if not fresh or next_fetch(state, REFRESH, self.chance) <= now.timestamp():
                self.fetch(service, address, now)

    def fetch(self, service: str, address: str, now: datetime) -> FetchedKeys:
        """Fetch one set. Whatever goes wrong leaves the last good copy as it is."""
        kept = kept_keys(self.settings.directory, service)
        try:
            keys = usable_keys(self._answer(address))
            keep_keys(self.settings.directory, service, address, keys)
        except (ValueError, OSError) as cause:
            state = kept.state()
            said = str(cause) if isinstance(cause, ValueError) else f"it cannot be kept: {cause.strerror}"
            kept.keep_state(replace(state, tried=now.timestamp(), failures=state.failures + 1, problem=said))
            return FetchedKeys(problem=said)
        kept.keep_state(FetchState(tried=now.timestamp(), fetched=now.timestamp(), entities=len(keys)))
        return FetchedKeys(tuple(str(one.get("kid", "without kid")) for one in keys))

    def _answer(self, address: str) -> bytes:
        try:
            answer = self.http.get(address, headers={"Accept": "application/jwk-set+json, application/json"})
        except HttpFailed as cause:
            raise ValueError(f"it could not be fetched: {cause}") from None
        if answer.status != 200:
            raise ValueError(f"it was answered with status {answer.status}; a redirect is not followed")
        if len(answer.body) > MAX_BYTES:
            raise ValueError(f"it has more than {MAX_BYTES // 1000} kB")
        return answer.body
