"""GET /go/<service>?school=BRIN: a portal of a school sends somebody to a service, at which their school is known then.

It begins no login by itself and carries none: the browser goes to the service's own address, from its entry, and the
service asks for a login as it always does. So nobody can be logged in as somebody else by such a link, and it leads to
no address that stands in it.
"""

from urllib.parse import urlencode

import structlog
from flask import Blueprint, Response, request

from gateway.domain.clock import Clock, dutch_day
from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.protocol import Protocol
from gateway.federation.hinted import hinted_school
from gateway.federation.models import Service, ServiceId
from gateway.federation.snapshot import Federation
from gateway.login.contracts import Hinted
from gateway.login.steps import Redirect, Refused
from gateway.web import Respond

log = structlog.get_logger("sluis")

PATH = "/go/<service>"


def blueprint(federation: Federation, hinted: Hinted, issuer: str, clock: Clock, respond: Respond) -> Blueprint:
    """The links. `issuer` is what the gateway is called in OpenID Connect."""
    routes = Blueprint("go", __name__)

    @routes.get(PATH)
    def go(service: str) -> Response:
        known = federation.services.get(ServiceId(service))
        if known is None:
            raise SluisError(ErrorCode.PAGE_UNKNOWN, hint="no such service")
        start = known.login_url or known.start_url
        if start is None:
            raise SluisError(ErrorCode.SERVICE_WITHOUT_START, hint=known.id, service=known.id)
        named = request.args.get("school", "")
        school = hinted_school(federation, school=named)
        if school is None and named:
            raise SluisError(ErrorCode.LOGIN_SCHOOL_UNKNOWN, service=known.id)
        if school is not None:
            try:
                federation.check_agreed(known.id, school, dutch_day(clock.now()))
            except SluisError as error:
                log.warning("request_refused", service=known.id, code=error.code, hint=error.hint)
                return respond(Refused(error, known, school=federation.schools[school]))
            hinted.keep(known.id, school)
        return respond(Redirect(_start(known, start, issuer, str(school or ""))))

    return routes


def _start(service: Service, start: str, issuer: str, school: str) -> str:
    """Where a login begins; a client is told by whom, as OpenID Connect Core 4 has it."""
    if service.login_url is None or service.protocol is not Protocol.OIDC:
        return start
    told = {"iss": issuer, **({"login_hint": school} if school else {})}
    return f"{start}{'&' if '?' in start else '?'}{urlencode(told)}"
