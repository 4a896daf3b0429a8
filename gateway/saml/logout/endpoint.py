"""/saml/idp/slo, /saml/idp/slo/soap and /saml/sp/slo: logout messages of services and of identity providers."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import structlog
from flask import Blueprint, Response, request
from lxml import etree

from gateway.domain.clock import Clock
from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.protocol import Protocol
from gateway.domain.randomness import Randomness
from gateway.federation.metadata.entities import Binding
from gateway.federation.models import IdpId, ServiceId
from gateway.federation.snapshot import Federation
from gateway.login.sso.logout import Logouts
from gateway.login.sso.parties import Initiator, Kind
from gateway.login.sso.registry import Visit
from gateway.login.steps import Step
from gateway.saml.addresses import IDP_LOGOUT_PATH, IDP_LOGOUT_SOAP_PATH, SP_LOGOUT_PATH, Addresses
from gateway.saml.idp.given import GivenName
from gateway.saml.idp.transport import SentByPost, SentByRedirect
from gateway.saml.logout.checks import MAX_ENCODED, checked
from gateway.saml.logout.incoming import Incoming, Peer, SentBySoap
from gateway.saml.logout.messages import PARTIAL, UNKNOWN, Sender
from gateway.saml.logout.reply import Reply
from gateway.saml.logout.soap import enveloped
from gateway.saml.redirect import Parameter
from gateway.saml.status import SUCCESS
from gateway.storage.contracts import ShortLivedStore
from gateway.web import Browser, Respond
from gateway.xml.namespaces import SAML, SAMLP, name

log = structlog.get_logger("sluis")

_NOT_BELIEVED = frozenset(
    {ErrorCode.LOGOUT_SIGNATURE, ErrorCode.LOGOUT_DESTINATION, ErrorCode.LOGOUT_STALE, ErrorCode.LOGOUT_REPLAYED}
)
"""What is said once the sender is known: a party that does it wrongly must not keep the person from the end."""
MAX_BODY = 3 * MAX_ENCODED + 4096


@dataclass(frozen=True, slots=True)
class SingleLogout:
    """What the endpoints share."""

    federation: Federation
    addresses: Addresses
    logouts: Logouts
    towards_services: Sender
    towards_schools: Sender
    replay_marks: ShortLivedStore
    clock: Clock
    randomness: Randomness
    skew: timedelta

    def by_service(self, sent: SentByRedirect | SentByPost, parameter: Parameter, browser: str) -> Step:
        """A message of a service. Raises SluisError LOGOUT_*."""
        incoming = self._incoming(sent, parameter, self.addresses.idp_logout, self._service)
        if parameter == "SAMLResponse":
            return self._answered(incoming, Kind.SERVICE, browser)
        checked(incoming)
        visit = self._visit_of_service(incoming, browser)
        return self._begin(incoming, Kind.SERVICE, visit, browser, self.towards_services)

    def by_school(self, sent: SentByRedirect | SentByPost, parameter: Parameter, browser: str) -> Step:
        """A message of an identity provider. Raises SluisError LOGOUT_*."""
        incoming = self._incoming(sent, parameter, self.addresses.sp_logout, self._idp)
        if parameter == "SAMLResponse":
            return self._answered(incoming, Kind.IDP, browser)
        checked(incoming)
        visits = self._visits_of_school(incoming)
        here = next((one for one in visits if one.browser == browser), None)
        results = self.logouts.end_behind([one for one in visits if one is not here])
        if here is None and visits:
            return self.logouts.said(self._initiator(incoming, Kind.IDP), results)
        return self._begin(incoming, Kind.IDP, here, browser, self.towards_schools)

    def by_soap(self, body: bytes) -> bytes:
        """A request of a service without the browser, and its answer. Raises SluisError LOGOUT_*."""
        sent = SentBySoap(body)
        incoming = checked(self._incoming(sent, "SAMLRequest", self.addresses.idp_logout_soap, self._service))
        visit = self._visit_of_service(incoming, None)
        status = UNKNOWN
        if visit is not None:
            # The school hears nothing of it: only a browser could be sent there, so all cannot have ended.
            self.logouts.end_behind([visit], but=ServiceId(incoming.peer.id))
            status = PARTIAL
        message = self.towards_services.response(
            f"_{self.randomness.token()}",
            incoming.peer.metadata.entity_id,
            incoming.root.get("ID", ""),
            status,
            self.clock.now(),
        )
        return enveloped(self.towards_services.signed(message))

    def _begin(self, incoming: Incoming, kind: Kind, visit: Visit | None, browser: str, sender: Sender) -> Step:
        if visit is None:
            return self._unknown(incoming, sender)
        return self.logouts.begin(visit, self._initiator(incoming, kind), browser)

    def _initiator(self, incoming: Incoming, kind: Kind) -> Initiator:
        return Initiator(kind, incoming.peer.id, _reply(incoming).dump())

    def _unknown(self, incoming: Incoming, sender: Sender) -> Step:
        """Nobody is logged in by that name: nothing ends, and whoever asked is told (saml-core 3.2.2.2)."""
        reply = _reply(incoming)
        endpoint = reply.endpoint(incoming.peer.metadata.single_logout)
        if endpoint is None:
            raise SluisError(ErrorCode.LOGOUT_UNEXPECTED, hint=incoming.peer.id)
        message = sender.response(
            f"_{self.randomness.token()}", endpoint.response_location, reply.request, UNKNOWN, self.clock.now()
        )
        return sender.by_browser(
            endpoint.binding, endpoint.response_location, "SAMLResponse", message, reply.relay_state
        )

    def _answered(self, incoming: Incoming, kind: Kind, browser: str) -> Step:
        """A LogoutResponse: of the party that was asked, to the message that it was sent (InResponseTo).

        One that cannot be believed, in the browser that waits for it, counts as none: the logout goes on.
        """
        believed = True
        try:
            checked(incoming)
        except SluisError as error:
            if error.code not in _NOT_BELIEVED:
                raise
            log.warning("logout_answer_not_believed", code=error.code, hint=error.hint, cause=str(error.cause))
            believed = False
        asked = incoming.root.get("InResponseTo", "").removeprefix("_")
        target = self.logouts.asked(asked)
        if (target.kind, target.id) != (kind, incoming.peer.id):
            raise SluisError(ErrorCode.LOGOUT_UNEXPECTED, hint=incoming.peer.id)
        status = incoming.root.find(f"{name(SAMLP, 'Status')}/{name(SAMLP, 'StatusCode')}")
        ended = status is not None and status.get("Value") == SUCCESS.top and len(status) == 0
        return self.logouts.answered(asked, browser, ended=ended and believed)

    def _visit_of_service(self, incoming: Incoming, browser: str | None) -> Visit | None:
        """The visit in which the service got this NameID and SessionIndex; without an index, that of the browser."""
        named, indexes = _named(incoming.root)
        service, registry = ServiceId(incoming.peer.id), self.logouts.registry
        if indexes:
            visits = [registry.of_login(index.removeprefix("_"), service) for index in indexes]
        else:
            visits = [registry.of_browser(browser)] if browser is not None else []
        for visit in visits:
            if visit is not None and any(
                one.service == service
                and GivenName.load(one.name).value == named
                and (not indexes or f"_{one.session}" in indexes)
                for one in registry.given(visit.id)
            ):
                return visit
        return None

    def _visits_of_school(self, incoming: Incoming) -> tuple[Visit, ...]:
        named, indexes = _named(incoming.root)
        registry, idp = self.logouts.registry, IdpId(incoming.peer.id)
        if not indexes:
            return registry.of_upstream(idp, name_id=named, index=None)
        found = (one for index in indexes for one in registry.of_upstream(idp, name_id=named, index=index))
        return tuple(dict.fromkeys(found))

    def _incoming(
        self,
        sent: SentByRedirect | SentByPost | SentBySoap,
        parameter: Parameter,
        address: str,
        peers: Callable[[str], Peer | None],
    ) -> Incoming:
        return Incoming(sent, parameter, address, peers, self.clock.now(), self.skew, self.replay_marks)

    def _service(self, entity_id: str) -> Peer | None:
        service = self.federation.service_by_entity_id.get(entity_id)
        return Peer(service.id, service.saml.metadata) if service is not None else None

    def _idp(self, entity_id: str) -> Peer | None:
        idp = self.federation.idp_by_entity_id.get(entity_id)
        return Peer(idp.id, idp.saml) if idp is not None and idp.protocol is Protocol.SAML else None


def blueprint(*, single_logout: SingleLogout, respond: Respond, browser: Browser) -> Blueprint:
    """The endpoints of both roles."""
    routes = Blueprint("saml_logout", __name__)

    @routes.route(IDP_LOGOUT_PATH, methods=["GET", "POST"], provide_automatic_options=False)
    def by_service() -> Response:
        return respond(single_logout.by_service(*_sent(), browser()))

    @routes.route(SP_LOGOUT_PATH, methods=["GET", "POST"], provide_automatic_options=False)
    def by_school() -> Response:
        return respond(single_logout.by_school(*_sent(), browser()))

    @routes.post(IDP_LOGOUT_SOAP_PATH)
    def by_soap() -> Response:
        request.max_content_length = MAX_ENCODED + 1
        return Response(single_logout.by_soap(request.get_data()), content_type="text/xml; charset=utf-8")

    return routes


def _sent() -> tuple[SentByRedirect | SentByPost, Parameter]:
    if request.method == "GET":
        return SentByRedirect(request.query_string), _parameter("SAMLResponse" in request.args)
    if request.method == "POST":
        request.max_content_length = request.max_form_memory_size = MAX_BODY
        parameter = _parameter("SAMLResponse" in request.form)
        if "SAMLResponse" in request.form and "SAMLRequest" in request.form:
            raise SluisError(ErrorCode.LOGOUT_MALFORMED, hint="request and response together")
        return SentByPost(request.form.getlist(parameter), request.form.getlist("RelayState")), parameter
    raise SluisError(ErrorCode.METHOD_NOT_ALLOWED)


def _parameter(response: object) -> Parameter:
    return "SAMLResponse" if response else "SAMLRequest"


def _reply(incoming: Incoming) -> Reply:
    binding = Binding.REDIRECT if incoming.query is not None else Binding.POST
    return Reply(incoming.root.get("ID", ""), incoming.relay_state, binding)


def _named(root: etree._Element) -> tuple[str, tuple[str, ...]]:
    named = root.find(name(SAML, "NameID"))
    if named is None:
        raise SluisError(ErrorCode.LOGOUT_MALFORMED, hint="a NameID that is not encrypted")
    indexes = tuple((one.text or "").strip() for one in root.iterfind(name(SAMLP, "SessionIndex")))
    return (named.text or "").strip(), indexes
