"""/saml/sp/acs: where identity providers send their Responses, by POST."""

from collections.abc import Sequence
from datetime import timedelta

from flask import Blueprint, Response, request
from lxml import etree

from gateway.domain.clock import Clock
from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.protocol import Protocol
from gateway.domain.randomness import Randomness
from gateway.federation.models import IdentityProvider, ServiceId
from gateway.federation.snapshot import Federation
from gateway.login.dispatch import Dispatcher
from gateway.login.messages import Authentication, Expectation
from gateway.observability import legs
from gateway.observability.legs import StepName
from gateway.saml.addresses import ASSERTION_CONSUMER_PATH, Addresses
from gateway.saml.sp.expected import Expected
from gateway.saml.sp.request import request_id
from gateway.saml.sp.verify import decode, verify_response
from gateway.storage.contracts import ShortLivedStore
from gateway.web import Browser, Respond
from gateway.xml.keys import DecryptionKey
from gateway.xml.namespaces import SAML, name

MAX_BODY = 1024 * 1024
"""Bytes of a POST that are read at all: an answer is 256 kB at most, a third more in base64, and escaped in a form."""


class AssertionConsumer:
    """Verifies Responses, solicited or not, each once.

    Whoever lost the mark of a solicited one has lost the login that it answers as well. An unsolicited one is held off
    by its mark alone: `lasting_marks` outlives the machine's crash.
    """

    def __init__(
        self,
        *,
        federation: Federation,
        addresses: Addresses,
        replay_marks: ShortLivedStore,
        lasting_marks: ShortLivedStore,
        clock: Clock,
        skew: timedelta,
        decryption_keys: Sequence[DecryptionKey],
        randomness: Randomness,
    ) -> None:
        self._federation = federation
        self._addresses = addresses
        self._replay_marks = replay_marks
        self._lasting_marks = lasting_marks
        self._clock = clock
        self._skew = skew
        self._decryption_keys = tuple(key.private_key for key in decryption_keys)
        self._randomness = randomness

    def solicited(self, encoded: str, expectation: Expectation) -> Authentication:
        """The authentication that answers an attempt. Raises SluisError RESPONSE_* or IDP_*."""
        idp = self._federation.identity_providers[expectation.idp]
        if idp.protocol is not Protocol.SAML:
            raise SluisError(ErrorCode.RESPONSE_ISSUER, hint=f"{idp.id} does not speak SAML")
        return self._authentication(decode(encoded), idp, expectation)

    def unsolicited(self, encoded: str) -> Authentication:
        """An authentication that nobody asked for, of an identity provider whose entry allows it.

        The issuer in the unverified envelope only chooses whose keys are tried; the verified issuer must be the same.
        """
        response = decode(encoded)
        issuers = {(found.text or "").strip() for found in response.iter(name(SAML, "Issuer"))}
        idp = self._federation.idp_by_entity_id.get(issuers.pop()) if len(issuers) == 1 else None
        if idp is None or not idp.allow_unsolicited or response.get("InResponseTo") is not None:
            raise SluisError(ErrorCode.RESPONSE_UNSOLICITED)
        return self._authentication(response, idp, None)

    def _authentication(
        self, response: etree._Element, idp: IdentityProvider, expectation: Expectation | None
    ) -> Authentication:
        expected = Expected(
            idp=idp,
            request_id=request_id(expectation.attempt) if expectation else None,
            consumer_url=self._addresses.assertion_consumer,
            audience=self._addresses.sp_entity_id,
            contexts=(expectation.contexts or ()) if expectation else (),
            fresh_since=expectation.fresh_since if expectation else None,
            now=self._clock.now(),
            skew=self._skew,
            replay_marks=self._replay_marks if expectation else self._lasting_marks,
            decryption_keys=self._decryption_keys,
            randomness=self._randomness,
        )
        with legs.step(StepName.VERIFICATION, idp=idp.id):
            assertion = verify_response(response, expected)
        statement = assertion.authentication
        assert statement is not None
        return Authentication(
            idp.id,
            assertion.attributes(),
            statement.context,
            statement.instant,
            statement.authorities,
            assertion.session(),
        )


def blueprint(*, consumer: AssertionConsumer, dispatcher: Dispatcher, respond: Respond, browser: Browser) -> Blueprint:
    """The assertion consumer service."""
    routes = Blueprint("saml_sp", __name__)

    @routes.post(ASSERTION_CONSUMER_PATH)
    def acs() -> Response:
        request.max_content_length = request.max_form_memory_size = MAX_BODY
        encoded, relay_state = _field("SAMLResponse"), _field("RelayState")
        if not encoded:
            raise SluisError(ErrorCode.RESPONSE_MISSING)
        if not relay_state:
            raise SluisError(ErrorCode.RESPONSE_UNSOLICITED)
        if dispatcher.knows(ServiceId(relay_state)):
            try:
                authentication = consumer.unsolicited(encoded)
            except SluisError as error:
                error.service = relay_state
                raise
            return respond(dispatcher.finish_unsolicited(ServiceId(relay_state), authentication, browser()))
        expectation = dispatcher.expect(relay_state, browser())
        try:
            authentication = consumer.solicited(encoded, expectation)
        except SluisError as error:
            return respond(dispatcher.fail(expectation, error))
        return respond(dispatcher.finish(expectation, authentication))

    @routes.get(ASSERTION_CONSUMER_PATH, provide_automatic_options=False)
    def gone_back_to() -> Response:
        """Where the browser's Back ends after a login (`submit.js`). An answer by GET is not read."""
        raise SluisError(ErrorCode.METHOD_NOT_ALLOWED if request.query_string else ErrorCode.LOGIN_FINISHED)

    return routes


def _field(field: str) -> str:
    values = request.form.getlist(field)
    if len(values) > 1:
        raise SluisError(ErrorCode.RESPONSE_MALFORMED, hint=f"{field} stands twice")
    return values[0] if values else ""
