"""GET /saml/idp/discovery: the Identity Provider Discovery Service Protocol, for services whose software asks first.

Towards services the gateway is one identity provider, whichever school somebody is from. So it always answers with its
own entity id, at once and without a page: the school is asked, once, in the login that follows.
(sstc-saml-idp-discovery-1.0.)
"""

import re
from urllib.parse import parse_qsl, quote, urlsplit

from flask import Blueprint, Response, request

from gateway.domain.errors import ErrorCode, SluisError
from gateway.federation.models import Service
from gateway.federation.snapshot import Federation
from gateway.login.steps import Redirect
from gateway.saml.addresses import DISCOVERY_PATH, Addresses
from gateway.web import Respond
from gateway.xml.namespaces import IDPDISC

SINGLE = f"{IDPDISC}:single"
"""The only policy: one identity provider is the answer, and it is the default (2.4.1)."""
MAX_RETURN = 2048
_PARAMETER = re.compile(r"[A-Za-z0-9_.-]{1,64}", re.ASCII)
_ADDRESS = re.compile(r"[\x21-\x5b\x5d-\x7e]+", re.ASCII)
"""Visible characters but the backslash, which browsers read as a slash."""


def blueprint(*, addresses: Addresses, federation: Federation, respond: Respond) -> Blueprint:
    """The discovery service."""
    routes = Blueprint("saml_idp_discovery", __name__)

    @routes.get(DISCOVERY_PATH)
    def discover() -> Response:
        service = _service(federation)
        _check_policy()
        back, parameter = _return(service), _return_parameter()
        if any(name == parameter for name, _ in parse_qsl(urlsplit(back).query, keep_blank_values=True)):
            raise SluisError(ErrorCode.REQUEST_MALFORMED, hint=f"{parameter} stands in return already")
        answer = f"{parameter}={quote(addresses.idp_entity_id, safe='')}"
        return respond(Redirect(f"{back}{'&' if '?' in back else '?'}{answer}"))

    return routes


def _service(federation: Federation) -> Service:
    entity_id = _one("entityID")
    if not entity_id:
        raise SluisError(ErrorCode.REQUEST_MISSING, hint="entityID is missing")
    service = federation.service_by_entity_id.get(entity_id)
    if service is None:
        raise SluisError(ErrorCode.REQUEST_SERVICE_UNKNOWN, cause=f"entityID {entity_id[:200]!r}")
    return service


def _check_policy() -> None:
    if _one("policy") not in (None, SINGLE):
        raise SluisError(ErrorCode.REQUEST_UNSUPPORTED, hint=f"policy is {SINGLE}")
    if _one("isPassive") not in (None, "true", "false", "1", "0"):
        raise SluisError(ErrorCode.REQUEST_MALFORMED, hint="isPassive is true or false")


def _return(service: Service) -> str:
    """Where the answer goes: an address of the service's metadata, to the letter up to its query (2.5)."""
    known = service.saml.metadata.discovery_responses
    asked = _one("return")
    if asked is None and known:
        return known[0]
    if asked is not None and len(asked) <= MAX_RETURN and _ADDRESS.fullmatch(asked) and "#" not in asked:
        mine = [one for one in known if asked == one or asked.startswith(f"{one}{'&' if '?' in one else '?'}")]
        if mine:
            return asked
    raise SluisError(
        ErrorCode.REQUEST_RETURN_UNKNOWN,
        hint=f"{service.id}: return is a DiscoveryResponse of its metadata",
        service=service.id,
    )


def _return_parameter() -> str:
    asked = _one("returnIDParam")
    if asked is None:
        return "entityID"
    if not _PARAMETER.fullmatch(asked):
        raise SluisError(ErrorCode.REQUEST_MALFORMED, hint="returnIDParam is a name")
    return asked


def _one(name: str) -> str | None:
    values = request.args.getlist(name)
    if len(values) > 1:
        raise SluisError(ErrorCode.REQUEST_MALFORMED, hint=f"{name} stands there twice")
    return values[0] if values else None
