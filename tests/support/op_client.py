"""A client of the OpenID provider, written by hand: it shares no code with the provider."""

from abc import ABC, abstractmethod
from base64 import b64encode, urlsafe_b64encode
from dataclasses import replace
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, quote_plus, urlencode, urlsplit

from flask import Flask
from lxml import html
from werkzeug.test import TestResponse

from gateway.domain.attribute import Attribute
from gateway.domain.purpose import Purpose
from gateway.domain.sector import Sector
from gateway.federation.clients import ClientAuthentication, OidcClient
from gateway.federation.models import AttributeSet, Service, ServiceId
from gateway.web.proxies import CLIENT_CERTIFICATE
from tests.support.jose import CLIENT, verified
from tests.support.signing_on import HeldCookie
from tests.support.small_federation import service

CALLBACK = "https://klas.example/callback"
AFTER_LOGOUT = "https://klas.example/bye"
SECRET = "a secret of 256 bits, as add-oidc makes them"
VERIFIER = "v" * 43
CHALLENGE = urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
ASKED: dict[str, str | None] = {
    "response_type": "code",
    "client_id": CLIENT,
    "redirect_uri": CALLBACK,
    "scope": "openid profile eck school groups",
    "state": "the state",
    "nonce": "the nonce",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}
PASSWORD = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"
PURPOSES = {
    Attribute.ECK_ID: Purpose.ACCESS,
    Attribute.GIVEN_NAME: Purpose.GREETING,
    Attribute.SURNAME: Purpose.CLASS_LIST,
    Attribute.ROLE: Purpose.ACCESS,
    Attribute.SCHOOL: Purpose.ACCESS,
    Attribute.GROUP: Purpose.PROGRESS_PER_GROUP,
}


def client(**changes: Any) -> OidcClient:
    made = OidcClient(
        client_id=CLIENT,
        redirect_uris=(CALLBACK, "https://klas.example/other?tenant=1"),
        authentication=frozenset({ClientAuthentication.CLIENT_SECRET_BASIC}),
        post_logout_redirect_uris=(AFTER_LOGOUT,),
        secret_hashes=(sha256(SECRET.encode()).hexdigest(),),
    )
    return replace(made, **changes)


def relying_party(name: str = CLIENT, *, purposes: dict[Attribute, str] | None = None, **changes: Any) -> Service:
    """A service that speaks OpenID Connect; changes are made to its client."""
    return replace(
        service(ServiceId(name), Sector.PO),
        client=client(**{"client_id": name, **changes}),
        dialect="oidc",
        attribute_sets={1: AttributeSet(1, PURPOSES if purposes is None else purposes)},
    )


class ClientSide(ABC):
    """What a client and its user's browser do at the provider that `app` is."""

    app: Flask
    cookie: HeldCookie
    certificate: str | None

    @abstractmethod
    def finish(self, **facts: Any) -> TestResponse:
        """The school answers the last request."""

    # The browser's side.

    def authorize(self, method: str = "GET", query: str | None = None, **changes: str | None) -> TestResponse:
        """An authorization request; None leaves a parameter out."""
        text = urlencode({name: value for name, value in {**ASKED, **changes}.items() if value is not None})
        if method == "POST":
            form = "application/x-www-form-urlencoded"
            return self.app.test_client().post(
                "/oidc/authorize", data=text if query is None else query, content_type=form
            )
        return self.app.test_client().get(f"/oidc/authorize?{text if query is None else query}")

    def log_in(self, **changes: str | None) -> dict[str, str]:
        """What comes back at the redirect URI after a login at the school."""
        self.cookie.drop()
        asked = self.authorize(**changes)
        assert asked.status_code == 303, (asked.status_code, asked.headers.get("Location"))
        assert "klas.example" not in asked.headers["Location"], asked.headers["Location"]
        return back(self.finish())

    # The client's side.

    def post(self, path: str, headers: dict[str, str] | None = None, **form: str | None) -> TestResponse:
        sent = {name: value for name, value in form.items() if value is not None}
        return self.app.test_client().post(path, data=sent, headers=headers or {}, environ_overrides=self._around())

    def _around(self) -> dict[str, str]:
        return {} if self.certificate is None else {CLIENT_CERTIFICATE: self.certificate}

    def push(self, headers: dict[str, str] | None = None, **changes: str | None) -> TestResponse:
        """A pushed authorization request with client_secret_basic, unless it has other headers."""
        return self.post("/oidc/par", basic() if headers is None else headers, **{**ASKED, **changes})

    def bring(self, request_uri: str, **changes: str | None) -> TestResponse:
        """The browser comes with what the client pushed, and nothing else but `changes`."""
        asked = {"client_id": CLIENT, "request_uri": request_uri, **changes}
        return self.authorize(query=urlencode({name: value for name, value in asked.items() if value is not None}))

    def exchange(self, code: str, headers: dict[str, str] | None = None, **changes: str | None) -> TestResponse:
        """A token request with client_secret_basic, unless it has other headers."""
        form: dict[str, str | None] = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": VERIFIER,
            **changes,
        }
        return self.post("/oidc/token", basic() if headers is None else headers, **form)

    def tokens(self, **changes: str | None) -> dict[str, Any]:
        """All that a login ends in."""
        answer = self.exchange(self.log_in(**changes)["code"])
        assert answer.status_code == 200, answer.json
        return dict(answer.json or {})

    def refresh(self, token: str, headers: dict[str, str] | None = None, **changes: str) -> TestResponse:
        form = {"grant_type": "refresh_token", "refresh_token": token, **changes}
        return self.post("/oidc/token", basic() if headers is None else headers, **form)

    def userinfo(
        self, token: str, method: str = "GET", *, scheme: str = "Bearer", more: dict[str, str] | None = None
    ) -> TestResponse:
        headers = {"Authorization": f"{scheme} {token}", **(more or {})}
        return self.app.test_client().open(
            "/oidc/userinfo", method=method, headers=headers, environ_overrides=self._around()
        )

    def jwks(self) -> dict[str, Any]:
        return dict(self.app.test_client().get("/oidc/jwks").json or {})

    def id_token(self, tokens: dict[str, Any]) -> dict[str, Any]:
        """The claims of the ID token, verified."""
        return verified(tokens["id_token"], self.jwks())


def basic(secret: str = SECRET, name: str = CLIENT) -> dict[str, str]:
    both = f"{quote_plus(name)}:{quote_plus(secret)}"
    return {"Authorization": f"Basic {b64encode(both.encode()).decode()}"}


def back(answer: TestResponse) -> dict[str, str]:
    """The parameters of a redirect, or the fields of a form, to the client."""
    if answer.status_code == 303:
        parts = urlsplit(answer.headers["Location"])
        assert parts.hostname == "klas.example", answer.headers["Location"]
        values = parse_qs(parts.query, keep_blank_values=True)
        assert all(len(one) == 1 for one in values.values())
        return {name: one for name, [one] in values.items()}
    assert answer.status_code == 200, answer.get_data(as_text=True)
    [form] = html.fromstring(answer.get_data(as_text=True)).forms
    assert form.action == CALLBACK
    return dict(form.form_values())
