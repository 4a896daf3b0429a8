"""What logins are for that no service asked for: linking two accounts, and a person's own page."""

from collections.abc import Mapping

from gateway.domain.clock import Clock
from gateway.domain.protocol import Protocol
from gateway.domain.randomness import Randomness
from gateway.federation.snapshot import Federation
from gateway.login.contracts import TowardsIdentityProviders
from gateway.login.fresh import FreshLogins, Opened
from gateway.login.linking import Linking
from gateway.login.messages import Authentication
from gateway.login.mine import ERRAND, MyPage
from gateway.login.sso.registry import Registry, Visit
from gateway.login.steps import Step
from gateway.login.transactions import Transaction, Transactions
from gateway.login.ways import Ways
from gateway.release.pipeline import Releases
from gateway.storage.contracts import Consents, Links, ShortLivedStore
from gateway.storage.own_releases import OwnReleases


class AllErrands:
    """Fulfils Errands: knows which one an answer is for. What they open stays so for `seconds`, as a login may last."""

    def __init__(
        self,
        *,
        federation: Federation,
        transactions: Transactions,
        identity_providers: Mapping[Protocol, TowardsIdentityProviders],
        releases: Releases,
        links: Links,
        consents: Consents,
        own: OwnReleases,
        store: ShortLivedStore,
        registry: Registry,
        clock: Clock,
        randomness: Randomness,
        seconds: int,
    ) -> None:
        ways = Ways(federation=federation, clock=clock)
        fresh = FreshLogins(
            federation=federation, ways=ways, transactions=transactions, identity_providers=identity_providers
        )
        self.linking = Linking(
            federation=federation,
            ways=ways,
            transactions=transactions,
            fresh=fresh,
            opened=Opened("linking", store=store, registry=registry, seconds=seconds),
            making=releases.making,
            clock=clock,
            randomness=randomness,
        )
        self.mine = MyPage(
            federation=federation,
            fresh=fresh,
            opened=Opened("mine", store=store, registry=registry, seconds=seconds),
            releases=releases,
            links=links,
            consents=consents,
            own=own,
            clock=clock,
            randomness=randomness,
        )
        self._federation = federation
        self._releases = releases
        self._registry = registry
        self._clock = clock

    def finish(self, transaction: Transaction, authentication: Authentication) -> Step:
        """A verified answer for one of them. Raises the SluisError that ends it.

        Whatever comes of it, the person is logged in there from now on, which a logout ends as well.
        """
        idp = self._federation.identity_providers[authentication.idp]
        reading = self._releases.read(authentication.attributes, idp, now=self._clock.now())
        self._registry.open_beside(
            Visit("", transaction.browser, idp.id, reading.account or "", authentication.session, shared=False)
        )
        if transaction.errand == ERRAND:
            return self.mine.finish(transaction, idp, reading)
        return self.linking.finish(transaction, idp, reading)
