"""A login that is refused: what the person sees, what takes them back to the service, and what they can do instead."""

from collections.abc import Callable, Mapping

import structlog

from gateway.domain.clock import Clock, dutch_day
from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.link import BETWEEN_SCHOOLS
from gateway.domain.protocol import Protocol
from gateway.federation.models import School
from gateway.federation.snapshot import Federation
from gateway.login.assurance import LevelMissing
from gateway.login.contracts import TowardsServices
from gateway.login.messages import Authentication
from gateway.login.steps import ChooseSchool, OtherWay, PostForm, Redirect, Refused, framed
from gateway.login.transactions import NO_SERVICE, Transaction, Transactions
from gateway.login.ways import Way, Ways
from gateway.observability import legs
from gateway.observability.legs import StepName
from gateway.observability.metrics import Metrics
from gateway.release.linked import LinkStopped
from gateway.storage.contracts import LinkRow

log = structlog.get_logger("sluis")

FOR_THE_SERVICE_ALONE = frozenset(
    {
        ErrorCode.REQUEST_NO_PASSIVE,
        ErrorCode.REQUEST_INTERACTION,
        ErrorCode.REQUEST_NO_AVAILABLE_IDP,
        ErrorCode.REQUEST_PROXY_COUNT,
        ErrorCode.REQUEST_OTHER_PERSON,
        ErrorCode.IDP_REFUSED,
        ErrorCode.IDP_CANCELLED,
        ErrorCode.IDP_NO_PASSIVE,
        ErrorCode.IDP_NO_AUTHENTICATION_CONTEXT,
        ErrorCode.CONSENT_REFUSED,
    }
)
"""What the service can tell the person better than a page of ours: it goes back at once, as a status."""

_A_PAGE_LEADS_ON = frozenset(
    {
        ErrorCode.USER_HELD_REQUIRED,
        ErrorCode.LINK_NEEDED,
        ErrorCode.LINK_STALE,
        ErrorCode.LINK_CLOSED,
        ErrorCode.LINK_STOPPED,
    }
)
"""Their page shows the person another way in, or that they can go on: to a silent attempt they are no last word."""
_LEFT = frozenset({ErrorCode.IDP_REFUSED, ErrorCode.IDP_CANCELLED})
"""The ways in which somebody comes back from a school without having logged in there."""
_OURS = frozenset({ErrorCode.STORE_UNAVAILABLE, ErrorCode.LEDGER_UNAVAILABLE, ErrorCode.INTERNAL})
"""What fails here fails whichever way somebody comes in."""


class Refusals:
    """Makes refusals, counts them and puts them in the log. `told` hears of a link that a page says has stopped.

    `last_logout` names the last logout in a browser: a login that begins anew begins after it.
    """

    def __init__(
        self,
        *,
        federation: Federation,
        ways: Ways,
        transactions: Transactions,
        services: Mapping[Protocol, TowardsServices],
        metrics: Metrics,
        told: Callable[[LinkRow], None],
        last_logout: Callable[[str], str],
        clock: Clock,
    ) -> None:
        self._federation = federation
        self._ways = ways
        self._transactions = transactions
        self._services = services
        self._metrics = metrics
        self._told = told
        self._last_logout = last_logout
        self._clock = clock

    def refuse(
        self, transaction: Transaction, error: SluisError, authentication: Authentication | None = None
    ) -> Redirect | PostForm | Refused | ChooseSchool:
        """A page with the way back; or at once back, where the service alone can say more, or nobody may see a page.

        Whom a hint led to a school that they left without a login chooses one: it may not have been theirs.
        """
        request = transaction.request
        error = _unseen(error) if request.passive else error
        idp = authentication.idp if authentication else transaction.idp
        log.warning(
            "login_refused", service=request.service, idp=idp, code=error.code, hint=error.hint, cause=str(error.cause)
        )
        self._metrics.login(service=request.service, idp=idp or "", outcome="refused", code=error.code)
        if request.service == NO_SERVICE:
            return Refused(error)
        if transaction.led and error.code in _LEFT and not request.passive:
            return ChooseSchool(self._again(transaction))
        service = self._federation.services[request.service]
        with legs.step(StepName.REFUSAL, service=service.id):
            back = framed(self._services[service.protocol].refuse(service, request.reply, error), service)
        if request.passive or error.code in FOR_THE_SERVICE_ALONE:
            return back
        if isinstance(error, LinkStopped):
            self._told(error.row)
        missing = error.level.names if isinstance(error, LevelMissing) else None
        link_at = self._could_link_at(transaction, error)
        school = self._federation.schools.get(transaction.school) if transaction.school else None
        other_way = self._other_way(transaction, error)
        choose = other_way.login if other_way else self._choose_again(transaction, error)
        return Refused(error, service, back, other_way, missing, link_at, school, choose)

    def _choose_again(self, transaction: Transaction, error: SluisError) -> str | None:
        """The same login anew, for a person who came to a school that was not theirs, or that cannot let them in."""
        ended_here = error.code in _OURS or error.code is ErrorCode.LOGIN_LOOP
        if transaction.idp is None or ended_here or not self._ways.several(transaction.request):
            return None
        return self._again(transaction)

    def _again(self, transaction: Transaction) -> str:
        again = self._transactions.new(
            transaction.request,
            browser=transaction.browser,
            reference=transaction.reference,
            after_logout=self._last_logout(transaction.browser),
        )
        self._transactions.keep(again)
        return again.login

    def _could_link_at(self, transaction: Transaction, error: SluisError) -> School | None:
        """The school at which somebody lacks an ECK iD that they may have at their own, where that would do."""
        if error.code is not ErrorCode.ECK_ID_REQUIRED or transaction.school is None:
            return None
        today, service = dutch_day(self._clock.now()), transaction.request.service
        services = (
            one
            for kind in BETWEEN_SCHOOLS
            for one in self._federation.services_linked_at(transaction.school, kind, today)
        )
        return self._federation.schools[transaction.school] if any(one.id == service for one in services) else None

    def _other_way(self, transaction: Transaction, error: SluisError) -> OtherWay | None:
        """The same login anew, for a person whose way in is closed and who has another, or can open it."""
        if transaction.idp is None or error.code in _OURS:
            return None
        way = self._ways.instead(transaction.request, Way(transaction.idp, transaction.school), error)
        link = error.code in (ErrorCode.LINK_NEEDED, ErrorCode.LINK_CLOSED)
        if transaction.school is None or (way is None and not link):
            return None
        idp = self._federation.identity_providers[way.idp] if way else None
        held = idp if idp and idp.user_held else None
        return OtherWay(
            self._again(transaction), self._federation.schools[transaction.school], held, through=bool(way), link=link
        )


def _unseen(error: SluisError) -> SluisError:
    """The error of an attempt at which the person may see no page: what they could do on one is no refusal."""
    why = f"{error.code} {error.hint}".rstrip()
    if error.code in _A_PAGE_LEADS_ON:
        return SluisError(ErrorCode.REQUEST_INTERACTION, hint="the person has to be shown a page", cause=why)
    if error.code is ErrorCode.RESPONSE_NOT_FRESH:
        return SluisError(ErrorCode.REQUEST_NO_PASSIVE, hint="the person has to log in anew", cause=why)
    return error
