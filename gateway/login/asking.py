"""A person is sent to an identity provider: what it is asked, and how sure it must be who they are."""

from collections.abc import Mapping
from dataclasses import replace

import structlog

from gateway.domain.errors import SluisError
from gateway.domain.protocol import Protocol
from gateway.federation.assurance import Level, stronger
from gateway.federation.models import IdentityProvider, Service
from gateway.federation.snapshot import Federation
from gateway.login.assurance import Assurance
from gateway.login.contracts import TowardsIdentityProviders
from gateway.login.messages import AuthenticationRequest
from gateway.login.steps import PostForm, Redirect, framed
from gateway.login.transactions import Transaction, Transactions
from gateway.login.ways import Way, Ways
from gateway.observability import legs
from gateway.observability.legs import StepName

log = structlog.get_logger("sluis")


class Asking:
    """Asks for logins that a service asked for; those of errands are asked for in `gateway.login.fresh`."""

    def __init__(
        self,
        *,
        federation: Federation,
        assurance: Assurance,
        ways: Ways,
        transactions: Transactions,
        identity_providers: Mapping[Protocol, TowardsIdentityProviders],
    ) -> None:
        self._federation = federation
        self._assurance = assurance
        self._ways = ways
        self._transactions = transactions
        self._identity_providers = identity_providers

    def ask(self, transaction: Transaction, way: Way) -> Redirect | PostForm:
        """A new attempt of this login. Raises LevelMissing when nobody can log in there surely enough."""
        idp = self._federation.identity_providers[way.idp]
        request, service = transaction.request, self._service(transaction)
        least = self._asked_for(transaction)
        if least is not None and not idp.assurance.reaches(least):
            raise self._assurance.missing(request, least, idp, service)
        # How long ago is enough cannot be asked of every school: whoever wants it to be recent has it done anew.
        force = request.force or request.fresh_since is not None
        asked = AuthenticationRequest(
            attempt=self._transactions.attempt(transaction, way.idp, way.school),
            force=force,
            passive=request.passive,
            contexts=self._assurance.words(idp, request, least),
            requesters=self._ways.requesters(way, request),
            max_age=0 if force else None,
        )
        log.info("login_sent_to_idp", service=request.service, idp=idp.id)
        with legs.step(StepName.REQUEST, service=service.id, idp=idp.id):
            return framed(self._identity_providers[idp.protocol].authenticate(idp, asked), service)

    def step_up(self, transaction: Transaction, idp: IdentityProvider, least: Level | None) -> Redirect | PostForm:
        """Ask for the level that somebody in this role needs; once, and not again for what was asked for already.

        Raises SluisError as `Assurance.missing` says.
        """
        request, asked = transaction.request, self._asked_for(transaction)
        if least is None or (asked is not None and asked >= least) or not idp.assurance.words(least):
            raise self._assurance.missing(request, least, idp, self._service(transaction))
        again = self._transactions.new(
            request,
            browser=transaction.browser,
            reference=transaction.reference,
            after_logout=transaction.after_logout,
        )
        again = replace(again, level=least.context, led=transaction.led, keep=transaction.keep)
        return self.ask(again, Way(idp.id, transaction.school))

    def in_our_words(self, transaction: Transaction, idp: IdentityProvider, error: SluisError) -> SluisError:
        """An identity provider that cannot: where we wanted it, the service would not know why."""
        least = self._asked_for(transaction)
        if least is None:
            return error
        return self._assurance.missing(transaction.request, least, idp, self._service(transaction))

    def _asked_for(self, transaction: Transaction) -> Level | None:
        """The least level that the identity provider is asked for, whatever else the service asks."""
        of_role = self._federation.levels.get(transaction.level)
        return stronger(self._service(transaction).needs.minimum, of_role)

    def _service(self, transaction: Transaction) -> Service:
        return self._federation.services[transaction.request.service]
