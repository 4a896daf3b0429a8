"""What a service gets at the end of a login, and what is kept of that."""

from collections.abc import Mapping

import structlog

from gateway.attributes.canonical import Reading
from gateway.domain.attribute import Attribute
from gateway.domain.protocol import Protocol
from gateway.domain.randomness import Randomness
from gateway.federation.snapshot import Federation
from gateway.login.assurance import Assurance
from gateway.login.contracts import AuthenticationFacts, TowardsServices
from gateway.login.kept import KeptLogins
from gateway.login.messages import Authentication, LoginRequest
from gateway.login.sso.registry import Given
from gateway.login.sso.session import Session
from gateway.login.sso.sign_on import SingleSignOn, transient
from gateway.login.steps import PostForm, Redirect, framed
from gateway.observability import legs, reference
from gateway.observability.legs import StepName
from gateway.observability.metrics import Metrics
from gateway.release.outcome import Outcome
from gateway.release.people import HeldLogin

log = structlog.get_logger("sluis")

_SAY_WHICH_SCHOOL = frozenset(
    {
        Attribute.SCHOOL,
        Attribute.SCHOOL_BRANCH,
        Attribute.SCHOOL_NAME,
        Attribute.SCHOOL_DOMAIN,
        Attribute.DIGI_DELIVERY_ID,
    }
)
"""A service that gets none of these is not told at whom the person logged in: it says the same (law 1)."""


class Answers:
    """Makes them, counts them and puts them in the log."""

    def __init__(
        self,
        *,
        federation: Federation,
        assurance: Assurance,
        services: Mapping[Protocol, TowardsServices],
        kept: KeptLogins,
        sign_on: SingleSignOn,
        randomness: Randomness,
        metrics: Metrics,
    ) -> None:
        self._federation = federation
        self._assurance = assurance
        self._services = services
        self._kept = kept
        self._sign_on = sign_on
        self._randomness = randomness
        self._metrics = metrics

    def answer(
        self,
        request: LoginRequest,
        reading: Reading,
        outcome: Outcome,
        visit: str,
        how: Authentication | Session,
        *,
        held: HeldLogin | None = None,
    ) -> Redirect | PostForm:
        """The signed answer; kept is what the logout of this `visit` needs of it, and what may be asked for later."""
        service = self._federation.services[request.service]
        idp = self._federation.identity_providers[how.idp]
        facts = AuthenticationFacts(
            context=self._assurance.told(idp, how.context, request),
            instant=how.instant,
            authorities=(*how.authorities, idp.entity_id) if _SAY_WHICH_SCHOOL & outcome.released.values.keys() else (),
            session=self._randomness.token(),
            transient=transient(visit, service),
        )
        towards = self._services[service.protocol]
        name = towards.name_in_logout(service, request.reply, outcome.released, facts)
        self._sign_on.record(visit, Given(service.id, facts.session, name))
        if towards.keeps_for:
            self._kept.keep(
                facts.session,
                service,
                idp.id,
                reading,
                seconds=towards.keeps_for,
                reference=reference.current(),
                held=held,
            )
        with legs.step(StepName.ANSWER, service=service.id, idp=idp.id):
            answer = framed(towards.answer(service, request.reply, outcome.released, facts), service)
        subject = outcome.released.subject
        log.info(
            "login_released", service=service.id, idp=idp.id, school=str(outcome.school.brin), subject_kind=subject.kind
        )
        self._metrics.login(service=service.id, idp=idp.id, outcome="released", code="")
        return answer
