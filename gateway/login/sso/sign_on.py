"""What the dispatcher asks of sessions and registry: is there a login already, and remember this one."""

from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256

from gateway.attributes.canonical import Reading
from gateway.domain.clock import Clock
from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.randomness import Randomness
from gateway.federation.models import School, Service
from gateway.federation.snapshot import Federation
from gateway.login.contracts import SessionCookie
from gateway.login.messages import Authentication, LoginRequest
from gateway.login.sso.registry import Given, Registry, Visit
from gateway.login.sso.session import Session, serves
from gateway.login.sso.sessions import Sessions
from gateway.storage.contracts import ShortLivedStore


class SingleSignOn:
    """`replaced` hears of a visit whose place another person's took in the same browser, once it has ended."""

    def __init__(
        self,
        *,
        store: ShortLivedStore,
        registry: Registry,
        cookie: SessionCookie,
        federation: Federation,
        clock: Clock,
        randomness: Randomness,
        replaced: Callable[[Visit], object] = lambda _: None,
    ) -> None:
        self._sessions = Sessions(
            store=store,
            registry=registry,
            cookie=cookie,
            federation=federation,
            clock=clock,
            randomness=randomness,
        )
        self._registry = registry
        self._cookie = cookie
        self._federation = federation
        self._replaced = replaced

    def session_for(self, request: LoginRequest, service: Service, browser: str) -> Session | None:
        """The session that this login can be answered from."""
        session = self._sessions.find(browser)
        if session is None or session.idp not in self._federation.identity_providers:
            return None
        if request.school and request.school not in self._federation.identity_providers[session.idp].schools:
            return None
        return session if serves(session, request, service) else None

    def knows(self, browser: str) -> bool:
        """Whether somebody is logged in in this browser."""
        return self._sessions.find(browser) is not None

    def prolong(self, browser: str, session: Session) -> None:
        """A login was answered from it."""
        self._sessions.prolong(browser, session)

    def remember(
        self,
        browser: str,
        authentication: Authentication,
        reading: Reading,
        school: School,
        *,
        with_session: bool = True,
    ) -> str:
        """A login at the school: the visit that it belongs to, with a session where the school has them."""
        visit, replaced = self._registry.open(
            Visit(
                id="",
                browser=browser,
                idp=authentication.idp,
                account=reading.account or "",
                upstream=authentication.session,
                shared=self._cookie.on_shared_computer(),
            )
        )
        if replaced is not None and self._registry.end_alone(replaced):
            self._replaced(replaced)
        rules = school.sso if with_session else replace(school.sso, enabled=False)
        self._sessions.begin(visit, authentication, reading, rules)
        return visit.id

    def remember_beside(self, browser: str, authentication: Authentication, reading: Reading) -> None:
        """Somebody is logged in where they authenticated, and nothing has gone to a service: a logout ends that too."""
        self._registry.open_beside(
            Visit("", browser, authentication.idp, reading.account or "", authentication.session, shared=False)
        )

    def record(self, visit: str, given: Given) -> None:
        """Write down what a service is about to get.

        Raises SluisError LOGIN_LOGGED_OUT when a logout was faster: it may not have seen this login, which must not
        leave.
        """
        self._registry.record(visit, given)
        if self._registry.has_ended(visit):
            raise SluisError(ErrorCode.LOGIN_LOGGED_OUT)

    def last_logout(self, browser: str) -> str:
        """Another text after every logout in this browser."""
        return self._registry.last_logout(browser)

    def check_not_logged_out(self, browser: str, before: str) -> None:
        """A login that was under way when its person logged out in another tab does not go on (LOGIN_LOGGED_OUT)."""
        if self._registry.last_logout(browser) not in ("", before):
            raise SluisError(ErrorCode.LOGIN_LOGGED_OUT)


def transient(visit: str, service: Service) -> str:
    """A name for the person at this service, for as long as the visit lasts; it says nothing of either."""
    return sha256(f"{visit}\n{service.id}".encode()).hexdigest()[:40]
