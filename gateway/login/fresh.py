"""Logins that are made anew, for an errand of the person's own; and what lies open for one browser meanwhile."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.kept_form import written
from gateway.domain.protocol import Protocol
from gateway.federation.snapshot import Federation
from gateway.login.contracts import TowardsIdentityProviders
from gateway.login.messages import AuthenticationRequest, LoginRequest
from gateway.login.sso.registry import Registry
from gateway.login.steps import PostForm, Redirect
from gateway.login.transactions import NO_SERVICE, Transactions
from gateway.login.ways import Way, Ways
from gateway.storage.contracts import ShortLivedStore

_LONGEST = 100


class FreshLogins:
    """Asks identity providers for them: a session that was left open on a shared computer proves nothing."""

    def __init__(
        self,
        *,
        federation: Federation,
        ways: Ways,
        transactions: Transactions,
        identity_providers: Mapping[Protocol, TowardsIdentityProviders],
    ) -> None:
        self._federation = federation
        self._ways = ways
        self._transactions = transactions
        self._identity_providers = identity_providers

    def ask(
        self, way: Way, *, errand: str, browser: str, reference: str, request: LoginRequest | None = None
    ) -> Redirect | PostForm:
        """The browser goes there; the answer is for this errand and no other. `request` is of a login that waits."""
        asked = request or LoginRequest(service=NO_SERVICE, reply="")
        anew = replace(asked, force=True, passive=False, contexts=(), contexts_essential=False, fresh_since=None)
        begun = self._transactions.new(anew, browser=browser, reference=reference)
        party = self._federation.identity_providers[way.idp]
        message = AuthenticationRequest(
            attempt=self._transactions.attempt(replace(begun, errand=errand), way.idp, way.school),
            force=True,
            passive=False,
            contexts=(),
            requesters=self._ways.requesters(way, anew),
        )
        return self._identity_providers[party.protocol].authenticate(party, message)


class Opened:
    """What lies open for one browser for so many seconds, each under an id that cannot be guessed.

    `what` names it in the store and says in a log what could not be opened. It closes with a logout in the browser.
    """

    def __init__(self, what: str, *, store: ShortLivedStore, registry: Registry, seconds: int) -> None:
        self._what = what
        self._store = store
        self._registry = registry
        self._seconds = seconds

    def keep(self, one: str, browser: str, fields: Mapping[str, Any]) -> None:
        """Keep it, over what was there, for as long again."""
        kept = {"browser": browser, "last_logout": self._registry.last_logout(browser), "fields": dict(fields)}
        self._store.put(self._key(one), written(kept).encode(), seconds=self._seconds)

    def find(self, one: str, browser: str) -> dict[str, Any]:
        """The fields. Raises SluisError LOGIN_UNKNOWN, LOGIN_OTHER_BROWSER or LOGIN_LOGGED_OUT."""
        found = self._store.get(self._key(one)) if one.isascii() and len(one) < _LONGEST else None
        if found is None:
            raise SluisError(ErrorCode.LOGIN_UNKNOWN, cause=f"this {self._what} has ended, or never began")
        try:
            kept = json.loads(found)
            of_browser, last_logout, fields = kept["browser"], kept["last_logout"], dict(kept["fields"])
        except (ValueError, TypeError, KeyError) as cause:
            raise SluisError(ErrorCode.LOGIN_UNKNOWN, hint="kept by another version of the gateway") from cause
        if of_browser != browser:
            raise SluisError(ErrorCode.LOGIN_OTHER_BROWSER)
        if self._registry.last_logout(browser) not in ("", last_logout):
            raise SluisError(ErrorCode.LOGIN_LOGGED_OUT)
        return fields

    def close(self, one: str) -> bool:
        """It opens no more; of many at once exactly one gets True."""
        return self._store.take(self._key(one)) is not None

    def _key(self, one: str) -> str:
        return f"{self._what}:{one}"
