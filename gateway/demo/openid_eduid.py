"""eduID over OpenID Connect, as one institution's client sees it: choose who you are, and be that."""

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, jsonify, request
from joserfc import jwt
from joserfc.jwk import RSAKey

from gateway.demo.pages import page
from gateway.demo.people import ACR, DemoSchool, Person
from gateway.demo.relying_party import jwk
from gateway.domain.clock import Clock
from gateway.domain.randomness import Randomness
from gateway.xml.keys import SigningKey

_COLOUR = "#008738"
_CHOOSE = """
<p>This is a provider of the demo, for identities that people hold themselves. Who are you?</p>
<form method="post" action="/login"><input type="hidden" name="pending" value="{{ pending }}">
{% for person in people %}<p><button name="account" value="{{ person.account }}">{{ person.given_name }}, {{ person.role }}</button> {{ person.expect }}</p>{% endfor %}
<p><button name="account" value="">Cancel</button></p></form>"""


@dataclass(frozen=True, slots=True)
class Asked:
    """An authorization request that waits for a person, or the code that stands for their answer."""

    redirect_uri: str
    state: str
    nonce: str
    challenge: str
    person: Person | None = None


class OpenIdEduid:
    """The provider. `client_id` and `secret` are the gateway's there, `callback` where it may be answered."""

    def __init__(
        self,
        *,
        school: DemoSchool,
        issuer: str,
        key: SigningKey,
        client_id: str,
        secret: str,
        callback: str,
        clock: Clock,
        randomness: Randomness,
    ) -> None:
        self._school = school
        self._issuer = issuer
        self._key = jwk(key, private=True)
        self._public = jwk(key)
        self._client = (client_id, secret)
        self._callback = callback
        self._clock = clock
        self._randomness = randomness
        self._pending: dict[str, Asked] = {}
        self._codes: dict[str, Asked] = {}
        self._tokens: dict[str, Person] = {}

    def app(self) -> Flask:
        """The provider as a WSGI application."""
        app = Flask(f"demo_{self._school.id}", static_folder=None)
        app.get("/.well-known/openid-configuration")(self._configuration)
        app.get("/jwks")(lambda: jsonify(keys=[self._public]))
        app.get("/authorize")(self._authorize)
        app.post("/login")(self._login)
        app.post("/token")(self._token)
        app.get("/userinfo")(self._userinfo)
        return app

    def _configuration(self) -> Response:
        return jsonify(
            issuer=self._issuer,
            authorization_endpoint=f"{self._issuer}/authorize",
            token_endpoint=f"{self._issuer}/token",
            userinfo_endpoint=f"{self._issuer}/userinfo",
            jwks_uri=f"{self._issuer}/jwks",
            response_types_supported=["code"],
            subject_types_supported=["pairwise"],
            id_token_signing_alg_values_supported=["RS256"],
            token_endpoint_auth_methods_supported=["client_secret_basic"],
            code_challenge_methods_supported=["S256"],
            authorization_response_iss_parameter_supported=True,
        )

    def _authorize(self) -> Response:
        asked = request.args
        if asked.get("client_id") != self._client[0] or asked.get("redirect_uri") != self._callback:
            return page(self._school.name, _COLOUR, "<p>No such client.</p>", status=400)
        waiting = Asked(self._callback, asked.get("state", ""), asked.get("nonce", ""), asked.get("code_challenge", ""))
        if asked.get("response_type") != "code" or asked.get("code_challenge_method") != "S256":
            return self._back(waiting, error="invalid_request")
        if asked.get("prompt") == "none":
            return self._back(waiting, error="login_required")
        pending = self._randomness.token()
        self._pending[pending] = waiting
        return page(self._school.name, _COLOUR, _CHOOSE, people=self._school.people, pending=pending)

    def _login(self) -> Response:
        asked = self._pending.pop(request.form["pending"], None)
        if asked is None:
            return page(self._school.name, _COLOUR, "<p>Begin again at the service.</p>", status=400)
        person = next((one for one in self._school.people if one.account == request.form["account"]), None)
        if person is None:
            return self._back(asked, error="access_denied")
        code = self._randomness.token()
        self._codes[code] = Asked(asked.redirect_uri, asked.state, asked.nonce, asked.challenge, person)
        return self._back(asked, code=code)

    def _back(self, asked: Asked, **parameters: str) -> Response:
        query = urlencode({**parameters, "state": asked.state, "iss": self._issuer})
        return Response(status=303, headers={"Location": f"{asked.redirect_uri}?{query}"})

    def _token(self) -> tuple[Response, int] | Response:
        who = request.authorization
        if who is None or not compare_digest(f"{who.username}:{who.password}", ":".join(self._client)):
            return jsonify(error="invalid_client"), 401
        granted = self._codes.pop(request.form.get("code", ""), None)
        verifier = sha256(request.form.get("code_verifier", "").encode()).digest()
        if granted is None or urlsafe_b64encode(verifier).rstrip(b"=").decode() != granted.challenge:
            return jsonify(error="invalid_grant"), 400
        assert granted.person is not None
        token, now = self._randomness.token(), int(self._clock.now().timestamp())
        self._tokens[token] = granted.person
        said = {
            "iss": self._issuer,
            "aud": self._client[0],
            "sub": self._claims(granted.person)["sub"],
            "nonce": granted.nonce,
            "acr": ACR,
            "auth_time": now,
            "iat": now,
            "exp": now + 300,
        }
        key = RSAKey.import_key(self._key)
        id_token = jwt.encode({"alg": "RS256", "kid": key.kid}, said, key)
        return jsonify({"access_token": token, "token_type": "Bearer", "expires_in": 300, "id_token": id_token})

    def _userinfo(self) -> tuple[Response, int] | Response:
        who = request.authorization
        person = self._tokens.get(who.token or "") if who is not None and who.type == "bearer" else None
        if person is None:
            return jsonify(error="invalid_token"), 401
        return jsonify(self._claims(person))

    def _claims(self, person: Person) -> Mapping[str, Any]:
        claims = dict(self._school.attributes(person))
        return {**claims, "sub": claims["subject_id"]}
