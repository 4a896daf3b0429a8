"""GET /oidc/callback/<idp>: where browsers come back to from OpenID providers, each at an address of its own."""

from datetime import timedelta

from flask import Blueprint, Response, request

from gateway.domain.clock import Clock
from gateway.domain.errors import ErrorCode, SluisError
from gateway.federation.assurance import AMR, UNSPECIFIED, Saying
from gateway.federation.models import IdpId
from gateway.federation.snapshot import Federation
from gateway.login.dispatch import Dispatcher
from gateway.login.messages import Authentication, Expectation, UpstreamSession
from gateway.observability import legs
from gateway.observability.legs import StepName
from gateway.oidc.rp.callback import CHECKS, Answer
from gateway.oidc.rp.claims import raw_attributes
from gateway.oidc.rp.exchange import Exchange, redeemed
from gateway.oidc.rp.expected import Expected
from gateway.oidc.rp.id_token import Claims, authenticated_at
from gateway.oidc.rp.proofs import Proofs
from gateway.oidc.rp.providers import Providers
from gateway.oidc.rp.request import CALLBACK_PATH
from gateway.web import Browser, Respond


class AnswerConsumer:
    """Turns an answer into an authentication."""

    def __init__(
        self,
        *,
        federation: Federation,
        providers: Providers,
        proofs: Proofs,
        exchange: Exchange,
        clock: Clock,
        skew: timedelta,
    ) -> None:
        self._federation = federation
        self._providers = providers
        self._proofs = proofs
        self._exchange = exchange
        self._clock = clock
        self._skew = skew

    def authentication(self, answer: Answer, expectation: Expectation) -> Authentication:
        """The authentication that answers an attempt. Raises SluisError RESPONSE_* or IDP_*."""
        idp = self._federation.identity_providers[expectation.idp]
        for check in CHECKS:
            check(answer, idp, self._providers)
        party, attempt = idp.oidc, expectation.attempt
        expected = Expected(
            issuer=party.issuer,
            client_id=party.client_id,
            nonce=self._proofs.nonce(attempt),
            access_token="",
            keys=self._providers.keys(party.issuer),
            renewed_keys=lambda: self._providers.renewed_keys(party.issuer),
            contexts=() if expectation.contexts is None else expectation.contexts or party.contexts,
            fresh_since=expectation.fresh_since,
            now=self._clock.now(),
            skew=self._skew,
        )
        provider = self._providers.provider(party.issuer)
        with legs.step(StepName.VERIFICATION, idp=idp.id):
            claims, userinfo = redeemed(
                self._exchange,
                idp,
                provider,
                code=answer.code or "",
                verifier=self._proofs.verifier(attempt),
                expected=expected,
            )
        return Authentication(
            idp.id,
            raw_attributes(claims, userinfo),
            _context(claims, idp.assurance),
            authenticated_at(claims),
            session=_session(claims),
        )


def _context(claims: Claims, saying: Saying) -> str:
    """What it says of how the person logged in: `acr`, unless a method in `amr` means a stronger level."""
    acr, amr = claims.get("acr"), claims.get("amr")
    said = (acr,) if isinstance(acr, str) and acr and not acr.startswith(AMR) else ()
    methods = tuple(f"{AMR}{one}" for one in amr if isinstance(one, str)) if isinstance(amr, list) else ()
    return saying.strongest((*said, *methods)) or next(iter(said), UNSPECIFIED)


def _session(claims: Claims) -> UpstreamSession:
    index = claims.get("sid")
    return UpstreamSession(name_id=str(claims["sub"]), index=index if isinstance(index, str) else None)


def blueprint(*, consumer: AnswerConsumer, dispatcher: Dispatcher, respond: Respond, browser: Browser) -> Blueprint:
    """The redirection endpoint (RFC 6749 3.1.2)."""
    routes = Blueprint("oidc_rp", __name__)

    @routes.get(f"{CALLBACK_PATH}/<idp>")
    def callback(idp: str) -> Response:
        state = _parameter("state")
        if not state:
            raise SluisError(ErrorCode.RESPONSE_UNSOLICITED)
        answer = Answer(IdpId(idp), _parameter("code"), _parameter("iss"), _parameter("error"))
        expectation = dispatcher.expect(state, browser())
        try:
            authentication = consumer.authentication(answer, expectation)
        except SluisError as error:
            return respond(dispatcher.fail(expectation, error))
        return respond(dispatcher.finish(expectation, authentication))

    return routes


def _parameter(name: str) -> str | None:
    values = request.args.getlist(name)
    if len(values) > 1:
        raise SluisError(ErrorCode.RESPONSE_MALFORMED, hint=f"{name} stands twice")
    return values[0] if values else None
