"""Codes, access tokens and refresh tokens: opaque, kept sealed under a keyed hash of themselves, each for its time.

All that one login gave a client is a *grant*, under the session of that login. A grant is revoked as a whole; a mark
that outlives every token of it says so, and nothing can unmake the mark.
"""

import json
from dataclasses import dataclass, field, replace
from typing import Any

from gateway.domain.clock import Clock
from gateway.domain.kept_form import known, named, written
from gateway.domain.randomness import Randomness
from gateway.federation.models import ServiceId
from gateway.oidc.op.sender_key import SenderKey
from gateway.storage.contracts import ShortLivedStore

CODE_SECONDS = 60
_MAX_TOKEN = 100


@dataclass(frozen=True, slots=True)
class Grant:
    """What a login gave a client. `session` is its `sid`; moments are in whole seconds since 1970.

    `userinfo` are names of claims that were asked for one by one. `until` ends all renewing.
    `key` is the one that its tokens are bound to; `reference` is the login's.
    """

    session: str
    service: ServiceId
    subject: str = field(repr=False)
    scopes: tuple[str, ...]
    userinfo: tuple[str, ...]
    auth_time: int
    context: str
    until: int
    key: SenderKey | None = None
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Code:
    """An authorization code, as it is kept. `claims` go into the ID token: released, and asked for there by name.

    `dpop_jkt` is the thumbprint of the only DPoP key that may exchange it (RFC 9449 10).
    """

    grant: Grant
    redirect_uri: str
    challenge: str = field(repr=False)
    nonce: str | None = field(repr=False)
    claims: dict[str, Any] = field(repr=False)
    dpop_jkt: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class AccessToken:
    """An access token, as it is kept."""

    grant: Grant
    issued: int
    expires: int


class Grants:
    """Gives out and takes back. Of many at once that use one code or one refresh token, exactly one succeeds."""

    def __init__(
        self,
        *,
        store: ShortLivedStore,
        clock: Clock,
        randomness: Randomness,
        access_seconds: int,
        refresh_seconds: int,
    ) -> None:
        self._store = store
        self._clock = clock
        self._randomness = randomness
        self.access_seconds = access_seconds
        self.refresh_seconds = refresh_seconds
        self._mark_seconds = refresh_seconds + access_seconds + CODE_SECONDS

    def now(self) -> int:
        """In whole seconds since 1970."""
        return int(self._clock.now().timestamp())

    def new_code(self, code: Code) -> str:
        """An authorization code for 60 seconds."""
        return self._keep("code", {**named(code), "grant": _kept(code.grant)}, CODE_SECONDS)

    def find_code(self, presented: str) -> Code | None:
        """The code, left where it is: a request that fails a check must not spend it."""
        found = self._find("code", presented)
        return Code(**{**known(Code, found), "grant": _grant(found["grant"])}) if found else None

    def spend(self, kind: str, presented: str, grant: Grant) -> bool:
        """Spend a code or a refresh token; False when somebody did so before, and then its grant is revoked."""
        mark = written((grant.service, grant.session)).encode()
        first = self._store.add(f"spent:{kind}:{presented}", mark, seconds=self._mark_seconds)
        if not first:
            self.revoke(grant.session)
        return first

    def revoke_if_spent(self, kind: str, presented: str, service: ServiceId) -> None:
        """Revoke what a code or refresh token of this service gave, if it is gone because it was spent."""
        mark = self._store.get(f"spent:{kind}:{presented}") if _well_formed(presented) else None
        if mark is not None:
            of_service, session, *_ = json.loads(mark)
            if of_service == service:
                self.revoke(session)

    def new_access_token(self, grant: Grant) -> str:
        """An access token for `access_seconds`."""
        now = self.now()
        kept = {"grant": _kept(grant), "issued": now, "expires": now + self.access_seconds}
        return self._keep("access", kept, self.access_seconds)

    def find_access_token(self, presented: str) -> AccessToken | None:
        """The token, if it is alive: not over, not revoked."""
        found = self._find("access", presented)
        if found is None or self.is_revoked(found["grant"]["session"]):
            return None
        return AccessToken(_grant(found["grant"]), found["issued"], found["expires"])

    def new_refresh_token(self, grant: Grant) -> str | None:
        """A refresh token for what is left of the grant's time; None when nothing is."""
        seconds = grant.until - self.now()
        return self._keep("refresh", _kept(grant), seconds) if seconds > 0 else None

    def find_refresh_token(self, presented: str) -> Grant | None:
        """The grant of a refresh token, whether the token was spent or not; None when it is over or revoked."""
        found = self._find("refresh", presented)
        if found is None or self.is_revoked(found["session"]):
            return None
        return _grant(found)

    def revoke(self, session: str) -> None:
        """Take back all that this login gave."""
        self._store.put(f"revoked:{session}", b"1", seconds=self._mark_seconds)

    def is_revoked(self, session: str) -> bool:
        """Whether all of it was taken back."""
        return self._store.get(f"revoked:{session}") is not None

    def drop(self, kind: str, presented: str) -> None:
        """Take back one token alone."""
        self._store.take(f"{kind}:{presented}")

    def _keep(self, kind: str, kept: dict[str, Any], seconds: int) -> str:
        token = self._randomness.token()
        self._store.put(f"{kind}:{token}", written(kept).encode(), seconds=seconds)
        return token

    def _find(self, kind: str, presented: str) -> dict[str, Any] | None:
        kept = self._store.get(f"{kind}:{presented}") if _well_formed(presented) else None
        found: dict[str, Any] | None = json.loads(kept) if kept is not None else None
        return found


def narrowed(grant: Grant, scopes: tuple[str, ...]) -> Grant:
    """The grant with some of its scopes (RFC 6749 6)."""
    return replace(grant, scopes=scopes)


def bound(grant: Grant, key: SenderKey | None) -> Grant:
    """The grant with the key that its next tokens are bound to."""
    return replace(grant, key=key)


def _kept(grant: Grant) -> dict[str, Any]:
    return {**named(grant), "key": grant.key.dump() if grant.key is not None else None}


def _grant(kept: dict[str, Any]) -> Grant:
    key = SenderKey.load(kept.get("key"))
    lists = {name: tuple(kept[name]) for name in ("scopes", "userinfo")}
    return Grant(**{**known(Grant, kept), **lists, "key": key})


def _well_formed(presented: str) -> bool:
    return 0 < len(presented) <= _MAX_TOKEN and presented.isascii() and presented.isalnum()
