"""A learning service that speaks OpenID Connect: a button to log in, and a page that shows exactly what arrived."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from flask import Flask, Response, request
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, RSAKey

from gateway.demo.pages import page
from gateway.demo.people import DemoService
from gateway.demo.results import Results
from gateway.domain.clock import Clock
from gateway.domain.http import Http, HttpAnswer, HttpFailed
from gateway.domain.randomness import Randomness
from gateway.xml.keys import SigningKey

SCOPES = "openid profile email eck school groups"
_COLOUR = "#6a3d9a"
_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_LEEWAY = 60
_HOME = """<p>This is a learning service of the demo. It speaks OpenID Connect.</p>
<p><a class="button" href="/login">Log in</a></p>"""
_IN = """
<p>You are in. This is all that the service received:</p>
{% for where, claims in received %}
<table><caption>{{ where }}</caption><tr><th scope="col">what</th><th scope="col">value</th></tr>
{% for name, value in claims.items() %}<tr><th scope="row">{{ name }}</th><td>{{ value | join(", ") if value is sequence and value is not string else value }}</td></tr>{% endfor %}
</table>
{% endfor %}
<p><a class="button" href="/">Start again</a></p>"""
_OUT = """<p>The login did not happen. The gateway says: {{ error }}. {{ why }}</p><p><a class="button" href="/">Start again</a></p>"""


class NotBelieved(Exception):
    """An answer that the service does not take; the text says why."""


@dataclass(frozen=True, slots=True)
class Begun:
    """What the service must know again when the browser comes back."""

    nonce: str
    verifier: str


class RelyingParty:
    """One relying party of the gateway at `issuer`, which proves itself by its key (`private_key_jwt`)."""

    def __init__(
        self,
        *,
        service: DemoService,
        origin: str,
        key: SigningKey,
        issuer: str,
        http: Http,
        clock: Clock,
        randomness: Randomness,
    ) -> None:
        self._service = service
        self._redirect_uri = f"{origin}/callback"
        self._key = RSAKey.import_key(jwk(key, private=True))
        self._issuer = issuer
        self._http = http
        self._clock = clock
        self._randomness = randomness
        self._begun: dict[str, Begun] = {}
        self._results = Results(randomness=randomness)

    def app(self) -> Flask:
        """The service as a WSGI application."""
        app = Flask(f"demo_{self._service.id}", static_folder=None)
        self._results.install(app)

        @app.get("/")
        def home() -> Response:
            return page(self._service.name, _COLOUR, _HOME)

        @app.get("/login")
        def login() -> Response:
            return Response(status=302, headers={"Location": self.login_url(request.args)})

        @app.get("/callback")
        def callback() -> Response:
            return self._results.led_to(self._received(request.args))

        return app

    def login_url(self, wishes: Mapping[str, str]) -> str:
        """Where a login begins. `wishes` are more parameters, such as `prompt` or `login_hint`, or other ones."""
        state = self._randomness.token()
        begun = Begun(self._randomness.token(), self._randomness.token() + self._randomness.token())
        self._begun[state] = begun
        asked = {
            "response_type": "code",
            "client_id": self._service.id,
            "redirect_uri": self._redirect_uri,
            "scope": SCOPES,
            "state": state,
            "nonce": begun.nonce,
            "code_challenge": _text(sha256(begun.verifier.encode()).digest()),
            "code_challenge_method": "S256",
        }
        return f"{self._document()['authorization_endpoint']}?{urlencode({**asked, **wishes})}"

    def _received(self, answer: Mapping[str, str]) -> Response:
        begun = self._begun.pop(answer.get("state", ""), None)
        if begun is None or answer.get("iss") != self._issuer:
            return self._refused("nothing that can be believed", "Why: nobody asked for it.", 400)
        if "code" not in answer:
            return self._refused(answer.get("error", ""), answer.get("error_description", ""), 403)
        try:
            document = self._document()
            tokens = self._tokens(document, answer["code"], begun)
            claims = self._claims(document, tokens["id_token"], begun)
            person = self._person(document, tokens["access_token"], claims["sub"])
        except (NotBelieved, HttpFailed, KeyError) as why:
            said = str(why) if isinstance(why, NotBelieved) else "the gateway did not answer as it should"
            return self._refused("nothing that can be believed", f"Why: {said}.", 400)
        return page(self._service.name, _COLOUR, _IN, received=(("ID token", claims), ("UserInfo", person)))

    def _refused(self, error: str, why: str, status: int) -> Response:
        return page(self._service.name, _COLOUR, _OUT, status=status, error=error, why=why)

    def _document(self) -> dict[str, Any]:
        return _json(self._http.get(f"{self._issuer}/.well-known/openid-configuration", headers={}))

    def _tokens(self, document: Mapping[str, Any], code: str, begun: Begun) -> dict[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_uri,
            "code_verifier": begun.verifier,
            "client_assertion_type": _ASSERTION_TYPE,
            "client_assertion": self._assertion(),
        }
        return _json(self._http.post(document["token_endpoint"], headers={}, form=form))

    def _assertion(self) -> str:
        now = int(self._clock.now().timestamp())
        name = self._service.id
        claims = {
            "iss": name, "sub": name, "aud": self._issuer, "jti": self._randomness.token(), "iat": now, "exp": now + 60
        }  # fmt: skip
        return jwt.encode({"alg": "RS256", "kid": self._key.kid}, claims, self._key, algorithms=["RS256"])

    def _claims(self, document: Mapping[str, Any], id_token: str, begun: Begun) -> dict[str, Any]:
        keys = KeySet.import_key_set(_json(self._http.get(document["jwks_uri"], headers={})))  # type: ignore[arg-type]
        now = int(self._clock.now().timestamp())
        expected = jwt.JWTClaimsRegistry(
            now=now,
            leeway=_LEEWAY,
            iss={"essential": True, "value": self._issuer},
            aud={"essential": True, "value": self._service.id},
            nonce={"essential": True, "value": begun.nonce},
            exp={"essential": True},
        )
        try:
            claims = jwt.decode(id_token, keys, algorithms=["RS256"]).claims
            expected.validate(claims)
        except (JoseError, ValueError) as cause:
            raise NotBelieved("the ID token is not the gateway's, or not of this login") from cause
        return dict(claims)

    def _person(self, document: Mapping[str, Any], token: str, subject: str) -> dict[str, Any]:
        answer = self._http.get(document["userinfo_endpoint"], headers={"Authorization": f"Bearer {token}"})
        person = _json(answer)
        if person.get("sub") != subject:
            raise NotBelieved("UserInfo is of another person")
        return person


def jwk(key: SigningKey, *, private: bool = False) -> dict[str, Any]:
    """The key of a party as a JSON Web Key, with its thumbprint as `kid`."""
    pem = key.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    made = RSAKey.import_key(pem, {"use": "sig", "alg": "RS256"})
    made.ensure_kid()
    return dict(made.as_dict(private=private))


def _json(answer: HttpAnswer) -> dict[str, Any]:
    """Raises NotBelieved for anything but a 200 with a JSON object."""
    try:
        told = json.loads(answer.body)
    except ValueError as cause:
        raise NotBelieved("the gateway did not answer in JSON") from cause
    if answer.status != 200 or not isinstance(told, dict):
        error = told.get("error", "") if isinstance(told, dict) else ""
        raise NotBelieved(f"the gateway answered {answer.status} {error}")
    return told


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
