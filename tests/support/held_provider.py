"""An OpenID provider in the test's hand: honest until a test changes what it says."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.http import HttpAnswer, HttpFailed
from gateway.federation.clients import ClientAuthentication
from gateway.federation.models import IdpId
from gateway.federation.openid_provider import OpenIdProvider
from gateway.federation.snapshot import Federation
from gateway.login.messages import Authentication, AuthenticationRequest, Expectation
from gateway.oidc.rp.callback import Answer
from gateway.oidc.rp.wiring import RelyingPartyRole, relying_party
from gateway.storage.sealing import SecretKey
from tests.support.held import HeldClock, SeededRandomness
from tests.support.small_federation import PO_IDP, REGENBOOG, identity_provider

ISSUER = "https://eduid.example"
CLIENT = "sluis"
ATTEMPT = "a" * 60
PARTY = OpenIdProvider(ISSUER, CLIENT, ClientAuthentication.CLIENT_SECRET_BASIC, secret="s3cret")


@cache
def rsa_key(name: str) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": name, "use": "sig", "alg": "RS256"}, auto_kid=False)


@cache
def ec_key(name: str) -> ECKey:
    return ECKey.generate_key("P-256", {"kid": name, "use": "sig"}, auto_kid=False)


@dataclass
class HeldProvider:
    """Fulfils Http for one provider. Its next answer is made of `sign_with`, `header`, `claims` and `userinfo`."""

    clock: HeldClock = field(default_factory=HeldClock)
    document: dict[str, Any] = field(default_factory=dict)
    keys: list[dict[str, Any]] = field(default_factory=list)
    claims: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    userinfo: dict[str, Any] | str = field(default_factory=dict)
    token: Callable[[], str] | None = None
    token_status: int = 200
    token_answer: dict[str, Any] = field(default_factory=dict)
    sign_with: Any = None
    down: set[str] = field(default_factory=set)
    asked: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.sign_with = rsa_key("one")
        self.keys = [rsa_key("one").as_dict(private=False)]
        self.document = {
            "issuer": ISSUER,
            "authorization_endpoint": f"{ISSUER}/authorize",
            "token_endpoint": f"{ISSUER}/token",
            "userinfo_endpoint": f"{ISSUER}/userinfo",
            "jwks_uri": f"{ISSUER}/jwks",
        }
        now = int(self.clock.now().timestamp())
        self.claims = {
            "iss": ISSUER,
            "aud": CLIENT,
            "sub": "fenna-sub",
            "iat": now,
            "exp": now + 300,
            "auth_time": now,
        }
        self.userinfo = {"sub": "fenna-sub", "given_name": "Fenna"}

    def get(self, url: str, *, headers: Mapping[str, str]) -> HttpAnswer:
        self.asked.append((url, headers))
        path = url.removeprefix(ISSUER)
        if path in self.down:
            raise HttpFailed("ConnectTimeoutError")
        match path:
            case "/.well-known/openid-configuration":
                return _json(self.document)
            case "/jwks":
                return _json({"keys": self.keys})
            case "/userinfo":
                if isinstance(self.userinfo, str):
                    return HttpAnswer(200, self.userinfo.encode(), {"content-type": "application/jwt"})
                return _json(self.userinfo)
        return HttpAnswer(404, b"")

    def post(self, url: str, *, headers: Mapping[str, str], form: Mapping[str, str]) -> HttpAnswer:
        self.asked.append((url, {**headers, **form}))
        if "/token" in self.down:
            raise HttpFailed("ReadTimeoutError")
        if self.token_status != 200:
            return _json(self.token_answer, self.token_status)
        token = self.token() if self.token else self.signed(self.claims)
        return _json({"access_token": "at", "token_type": "Bearer", "id_token": token, **self.token_answer})

    def signed(self, claims: Mapping[str, Any]) -> str:
        key = self.sign_with
        algorithm = "RS256" if isinstance(key, RSAKey) else "ES256"
        header = {"alg": algorithm, "kid": key.kid, **self.header}
        return jwt.encode(
            {name: value for name, value in header.items() if value is not None},
            dict(claims),
            key,
            algorithms=[algorithm],
        )


@dataclass
class Sitting:
    """A gateway that has asked this provider, and reads what it answers."""

    provider: HeldProvider = field(default_factory=HeldProvider)
    party: OpenIdProvider = PARTY
    expectation: Expectation = field(default_factory=lambda: Expectation(PO_IDP, ATTEMPT, (), None))

    def __post_init__(self) -> None:
        idp = replace(identity_provider(PO_IDP, REGENBOOG), party=self.party, dialect="oidc-standard")
        federation = Federation.of(schools=(REGENBOOG,), identity_providers=(idp,), services=(), agreements=())
        self.idp = idp
        self.role: RelyingPartyRole = relying_party(
            federation=federation,
            http=self.provider,
            base_url="https://gateway.example",
            key=None,
            proof_key=SecretKey("p1", b"a key that the nonce is derived from...."),
            clock=self.provider.clock,
            randomness=SeededRandomness(),
            skew=timedelta(seconds=60),
        )
        self.provider.claims["nonce"] = self.nonce(ATTEMPT)

    def nonce(self, attempt: str) -> str:
        return self.role.reads._proofs.nonce(attempt)

    def request(self, **wishes: Any) -> str:
        asked = AuthenticationRequest(
            **{"attempt": ATTEMPT, "force": False, "passive": False, "contexts": (), "requesters": (), **wishes}
        )
        return self.role.asks.authenticate(self.idp, asked).url

    def read(
        self,
        *,
        code: str | None = "c0de",
        issuer: str | None = None,
        error: str | None = None,
        arrived_at: IdpId = PO_IDP,
    ) -> Authentication:
        return self.role.reads.authentication(Answer(arrived_at, code, issuer, error), self.expectation)

    def refusal(self, **answer: Any) -> ErrorCode:
        try:
            self.read(**answer)
        except SluisError as error:
            return error.code
        raise AssertionError("it was taken")


def _json(document: Any, status: int = 200) -> HttpAnswer:
    return HttpAnswer(status, json.dumps(document).encode(), {"content-type": "application/json"})
