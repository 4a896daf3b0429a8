"""One person is forgotten in the short-lived store: what their logins gave ends, and the person is found no more.

What cannot be found by the person, nothing but a random number or a key in the browser leads to, and it ends by itself:
authorization codes (a minute), sessions of single sign-on (which a visit that ended opens no more), tokens (which give
nothing without what was kept of their login).
"""

from dataclasses import dataclass

from gateway.federation.models import IdpId
from gateway.login.kept import forget_kept
from gateway.login.sso.registry import Registry
from gateway.storage.contracts import ShortLivedStore


@dataclass(frozen=True, slots=True)
class ForgottenLogins:
    """Visits of a person and the logins at services in them; `left` are visits that were still found afterwards."""

    visits: int
    logins: int
    left: int = 0


class Forgetting:
    """Finds the visits of a local account, in whatever browser, and ends them for good."""

    def __init__(self, registry: Registry, store: ShortLivedStore) -> None:
        self._registry = registry
        self._store = store

    def count(self, idp: IdpId, account: str) -> ForgottenLogins:
        """What would end. Raises SluisError STORE_UNAVAILABLE, as `forget` does."""
        visits = self._registry.of_account(idp, account)
        return ForgottenLogins(len(visits), sum(len(self._registry.given(visit.id)) for visit in visits))

    def forget(self, idp: IdpId, account: str) -> ForgottenLogins:
        """End them and take them out, then look again. A login that begins meanwhile is a new one."""
        logins, visits = 0, self._registry.of_account(idp, account)
        for visit in visits:
            self._registry.end(visit)
            for given in self._registry.given(visit.id):
                forget_kept(self._store, given.session)
                logins += 1
            self._registry.erase(visit)
        return ForgottenLogins(len(visits), logins, len(self._registry.of_account(idp, account)))
