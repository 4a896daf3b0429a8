"""SSO query and SSO notification, as services and portals of the chain know them (domain facts 1.7 and 1.8).

/sso/ssoquery: is this browser logged in? /sso/notification: a portal says at which school it is.
"""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Blueprint, Response, jsonify, request

from gateway.federation.models import IdentityProvider
from gateway.federation.snapshot import Federation
from gateway.web.allowed_hosts import is_allowed
from gateway.web.notified_cookie import NotifiedCookie

QUERY_PATH = "/sso/ssoquery"
NOTIFICATION_PATH = "/sso/notification"


@dataclass(frozen=True, slots=True)
class SingleSignOnServices:
    """`allowed` are the sites that may ask; `logged_in` says it of the browser of this request."""

    federation: Federation
    allowed: tuple[str, ...]
    logged_in: Callable[[], bool]
    notified: NotifiedCookie

    def query(self) -> Response:
        """`true`: a login needs no question; `remote`: logged in at the school, as a portal says; `false`: unknown."""
        url = _one("response_url")
        if not is_allowed(url, self.allowed):
            return _no(400, "response_url is not on the list of this gateway")
        result = "true" if self.logged_in() else "remote" if self.notified.idp() is not None else "false"
        if _one("format") != "json":
            return _redirect(f"{url}{'&' if '?' in url else '?'}{urlencode({'result': result})}")
        answer = jsonify(result=result)
        answer.headers["Vary"] = "Origin"
        origin = request.headers.get("Origin", "")
        if is_allowed(origin, self.allowed):
            answer.headers["Access-Control-Allow-Origin"] = origin
            answer.headers["Access-Control-Allow-Credentials"] = "true"
        return answer

    def notify(self) -> Response:
        """Remember for this browser where its person is logged in; discovery then leads there, once."""
        named = _one("id")
        if not named:
            return _no(400, "id is missing")
        idp = self._identity_provider(named)
        if idp is None:
            return _no(403, "this identity provider may not notify")
        url, back = _one("url") or request.headers.get("Referer", ""), _one("redirectUri")
        if "@" in url or "@" in back:
            return _no(403, "an address with a user name in it")
        if not is_allowed(url, idp.notification.hosts):
            return _no(401, "url is not one of this identity provider")
        if back and back not in idp.notification.redirect_uris:
            return _no(401, "redirectUri is not one of this identity provider, to the letter")
        self.notified.keep(idp.id)
        return _redirect(back) if back else Response(status=204)

    def _identity_provider(self, named: str) -> IdentityProvider | None:
        """The one with this entityID, in whatever case, if portals may speak for it."""
        known = (one for one in self.federation.identity_providers.values() if one.notification.hosts)
        return next((one for one in known if one.entity_id.casefold() == named.casefold()), None)


def blueprint(services: SingleSignOnServices) -> Blueprint:
    """Both."""
    routes = Blueprint("single_sign_on", __name__)
    routes.get(QUERY_PATH)(services.query)
    routes.get(NOTIFICATION_PATH)(services.notify)
    return routes


def _one(name: str) -> str:
    """The value of a parameter that stands there once."""
    values = request.args.getlist(name)
    return values[0] if len(values) == 1 else ""


def _redirect(url: str) -> Response:
    return Response(status=302, headers={"Location": url})


def _no(status: int, why: str) -> Response:
    return Response(f"{why}\n", status=status, content_type="text/plain; charset=utf-8")
