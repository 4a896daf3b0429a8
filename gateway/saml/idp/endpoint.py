"""GET and POST /saml/idp/sso: where services send their requests."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

from flask import Blueprint, Response, request

from gateway.domain.clock import Clock, dutch_day
from gateway.domain.errors import ErrorCode, SluisError
from gateway.federation.hinted import hinted_provider, hinted_school
from gateway.federation.models import ServiceId
from gateway.federation.snapshot import Federation
from gateway.login.dispatch import Dispatcher
from gateway.login.messages import LoginRequest
from gateway.saml.addresses import SINGLE_SIGN_ON_PATH, Addresses
from gateway.saml.idp.request import NotGranted, check_request
from gateway.saml.idp.sender import MAX_ENCODED, MAX_RELAY_STATE
from gateway.saml.idp.transport import Sent, SentByPost, SentByRedirect
from gateway.web import Browser, Respond

_ESCAPED = 3
"""A character of a form field travels as up to three."""
MAX_BODY = _ESCAPED * (MAX_ENCODED + MAX_RELAY_STATE) + 1024
"""Bytes of a POST that are read at all."""


def blueprint(
    *,
    addresses: Addresses,
    federation: Federation,
    clock: Clock,
    skew: timedelta,
    admit: Callable[[ServiceId], None],
    dispatcher: Dispatcher,
    respond: Respond,
    browser: Browser,
) -> Blueprint:
    """The single sign-on service, one path for both bindings."""
    routes = Blueprint("saml_idp", __name__)

    @routes.route(SINGLE_SIGN_ON_PATH, methods=["GET", "POST"], provide_automatic_options=False)
    def single_sign_on() -> Response:
        outcome = check_request(
            _sent(), federation=federation, single_sign_on=addresses.single_sign_on, clock=clock, skew=skew, admit=admit
        )
        if isinstance(outcome, NotGranted):
            return respond(dispatcher.refuse(outcome.request, outcome.error, browser()))
        return respond(dispatcher.begin(_hinted(federation, outcome, dutch_day(clock.now())), browser()))

    return routes


def _hinted(federation: Federation, asked: LoginRequest, today: date) -> LoginRequest:
    """With what `school` or `idp` beside the request names: no part of SAML, and signed by nobody.

    An identity provider of several schools is a limit, within those that an IDPList set.
    """
    school, idp = (request.values.get(name, "") for name in ("school", "idp"))
    named = hinted_school(federation, school=school, idp=idp)
    provider = None if named else hinted_provider(federation, idp, asked.service, today)
    if provider is not None and (not asked.idps or provider in asked.idps):
        return replace(asked, idps=(provider,))
    return replace(asked, school=named)


def _sent() -> Sent:
    if request.method == "GET":
        return SentByRedirect(request.query_string)
    if request.method == "POST":
        return _posted()
    # Flask answers HEAD wherever it answers GET, and a login must not begin by looking
    raise SluisError(ErrorCode.METHOD_NOT_ALLOWED)


def _posted() -> SentByPost:
    request.max_content_length = request.max_form_memory_size = MAX_BODY
    return SentByPost(request.form.getlist("SAMLRequest"), request.form.getlist("RelayState"))
