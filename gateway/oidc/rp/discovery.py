"""What an OpenID provider says of itself (OpenID Connect Discovery 1.0, sections 3 and 4)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from gateway.domain.http import Http
from gateway.observability import legs
from gateway.observability.legs import StepName
from gateway.oidc.rp.json_documents import DocumentRejected, json_object
from gateway.settings.fields import is_loopback

JSON = {"Accept": "application/json"}


@dataclass(frozen=True, slots=True)
class Provider:
    """The endpoints of an OpenID provider. `names_itself`: its answers carry `iss` (RFC 9207)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    userinfo_endpoint: str | None
    jwks_uri: str
    names_itself: bool
    end_session_endpoint: str | None = None


def fetch_provider(http: Http, issuer: str) -> Provider:
    """Fetch the document of this issuer. Raises HttpFailed or DocumentRejected."""
    with legs.step(StepName.PROVIDER):
        answer = http.get(f"{issuer.rstrip('/')}/.well-known/openid-configuration", headers=JSON)
    document = json_object(answer)
    if document.get("issuer") != issuer:
        raise DocumentRejected("the issuer in it is another (section 4.3)")
    on_loopback = is_loopback(urlsplit(issuer).hostname)
    return Provider(
        issuer=issuer,
        authorization_endpoint=_endpoint(document, "authorization_endpoint", on_loopback=on_loopback),
        token_endpoint=_endpoint(document, "token_endpoint", on_loopback=on_loopback),
        userinfo_endpoint=(
            _endpoint(document, "userinfo_endpoint", on_loopback=on_loopback)
            if "userinfo_endpoint" in document
            else None
        ),
        jwks_uri=_endpoint(document, "jwks_uri", on_loopback=on_loopback),
        names_itself=document.get("authorization_response_iss_parameter_supported") is True,
        end_session_endpoint=_end_session(document, on_loopback=on_loopback),
    )


def _end_session(document: Mapping[str, Any], *, on_loopback: bool) -> str | None:
    """One that cannot be used is none: nobody is kept from logging in for it."""
    try:
        return _endpoint(document, "end_session_endpoint", on_loopback=on_loopback)
    except DocumentRejected:
        return None


def _endpoint(document: Mapping[str, Any], name: str, *, on_loopback: bool) -> str:
    """An https address. Only a provider on loopback, where a demo or a test runs, may send the gateway there."""
    url = document.get(name)
    try:
        parts = urlsplit(url if isinstance(url, str) else "")
        _ = parts.port
    except ValueError:
        raise DocumentRejected(f"{name} is no address") from None
    safe = parts.scheme == "https" or (parts.scheme == "http" and on_loopback)
    inwards = is_loopback(parts.hostname) and not on_loopback
    if not isinstance(url, str) or not parts.hostname or not safe or inwards or parts.fragment or "@" in parts.netloc:
        raise DocumentRejected(f"{name} is missing or not an https address")
    return url
