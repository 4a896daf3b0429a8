"""The ways in that a request leaves: which schools, and where people may come with an identity of their own."""

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.domain.brin import Brin
from gateway.domain.clock import Clock, dutch_day
from gateway.domain.errors import ErrorCode, SluisError
from gateway.federation.models import IdentityProvider, IdpId, Service
from gateway.federation.snapshot import Federation
from gateway.login.discovery import Discovery
from gateway.login.messages import LoginRequest


@dataclass(frozen=True, slots=True)
class Way:
    """An identity provider to go to, and the school that was chosen, where one was."""

    idp: IdpId
    school: Brin | None = None


class Ways:
    """Finds the ways in, as agreements stand today."""

    def __init__(self, *, federation: Federation, clock: Clock) -> None:
        self._federation = federation
        self._clock = clock

    def only(self, request: LoginRequest) -> Way | None:
        """The only way there is, if the person need not choose. Raises SluisError REQUEST_NO_AVAILABLE_IDP."""
        offered, held = self._federation.offered, self.held(request)
        schools = offered.intersection(request.idps) if request.idps else offered
        if not schools and not held:
            raise SluisError(ErrorCode.REQUEST_NO_AVAILABLE_IDP)
        if request.choose:
            return None
        if len(schools) == 1:
            (idp,) = schools
            beside = held.keys() & self._federation.identity_providers[idp].schools
            return None if beside and not request.passive else Way(idp)
        if not schools and len(held) == 1:
            ((brin, one),) = held.items()
            return Way(one.id, brin)
        return None

    def notified(self, request: LoginRequest, idp: IdpId | None) -> Way | None:
        """The way to where a portal says that the person is logged in already, if it is one of this request's."""
        if idp is None or request.choose or idp not in self._federation.offered:
            return None
        return Way(idp) if not request.idps or idp in request.idps else None

    def discovery(self, service: Service, request: LoginRequest, *, hinted: Brin | None = None) -> Discovery:
        """All the ways, to choose from."""
        return Discovery(
            service=service,
            federation=self._federation,
            today=dutch_day(self._clock.now()),
            language=request.language,
            limit=frozenset(request.idps),
            held=self.held(request),
            hinted=hinted or request.school,
        )

    def chosen(self, request: LoginRequest, brin: Brin, *, held: bool) -> Way:
        """Where this choice leads. Raises SluisError LOGIN_SCHOOL_UNKNOWN for one that was not offered."""
        if held:
            known = self.held(request).get(brin)
            idp = known.id if known else None
        else:
            choice = self._federation.choice(brin)
            idp = choice.idp if choice and (not request.idps or choice.idp in request.idps) else None
        if idp is None:
            raise SluisError(ErrorCode.LOGIN_SCHOOL_UNKNOWN)
        return Way(idp, brin)

    def several(self, request: LoginRequest) -> bool:
        """Whether another choice would lead somewhere else."""
        offered = self._federation.offered.intersection(request.idps) if request.idps else self._federation.offered
        return len(offered) > 1 or bool(self.held(request))

    def check_agreed(self, request: LoginRequest, way: Way) -> None:
        """That the chosen school has an agreement with the service; without one nobody need log in there first.

        Raises SluisError AGREEMENT_*.
        """
        if way.school is not None:
            self._federation.check_agreed(request.service, way.school, dutch_day(self._clock.now()))

    def held(self, request: LoginRequest) -> Mapping[Brin, IdentityProvider]:
        """The schools at which a user-held identity may be used for this, and who has those."""
        held = self._federation.held_at(request.service, dutch_day(self._clock.now()))
        if not request.idps:
            return held
        return {brin: idp for brin, idp in held.items() if idp.id in request.idps}

    def requesters(self, way: Way, request: LoginRequest) -> tuple[str, ...]:
        """Whom the identity provider is told the login is for.

        eduID aims its identifier at the first (domain facts 5.2): at the school, which knows no other than its own.
        """
        idp = self._federation.identity_providers[way.idp]
        if not idp.user_held or way.school is None:
            return request.requesters
        aimed = self._federation.schools[way.school].at_eduid.requester_id
        return tuple(dict.fromkeys((*((aimed,) if aimed else ()), *request.requesters)))

    def instead(self, request: LoginRequest, tried: Way, error: SluisError) -> "Way | None":
        """The other way in at this school when this one was closed: through the school, or with eduID.

        The same way again, when it was closed only to tell the person something.
        """
        idp = self._federation.identity_providers.get(tried.idp)
        if tried.school is None or idp is None:
            return None
        through_school = idp.user_held or error.code is ErrorCode.LINK_STOPPED
        if not through_school and error.code is not ErrorCode.USER_HELD_REQUIRED:
            return None
        try:
            return self.chosen(request, tried.school, held=not through_school)
        except SluisError:
            return None
