"""A relying party on openid-client (`tests/interop/node/rp.mjs`)."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import yaml
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from tests.support.browser_like import Tab
from tests.support.child_process import Address, free_address, serving
from tests.support.jose import b64, client_key, public_jwk, rsa_jwk
from tests.support.node_saml import BUILD, SOURCE

SECRET = "0f" * 32


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """One client: its address, how it proves who it is, what signs its tokens, and what else it does (`rp.mjs`)."""

    name: str
    address: Address
    method: str
    alg: str
    signed_userinfo: bool
    extras: tuple[str, ...] = ()

    def login(self, **parameters: str) -> str:
        """Where a login begins; parameters go into the authorization request."""
        return f"{self.address.url}/login?{urlencode(parameters)}"

    def begins(self, **parameters: str) -> str:
        """The authorization request that it sends the browser with."""
        connection = HTTPConnection(self.address.host, self.address.port, timeout=120)
        try:
            connection.request("GET", f"/login?{urlencode(parameters)}")
            answer = connection.getresponse()
            told = answer.read().decode()
            assert answer.status == 302, told
            return str(answer.headers["Location"])
        finally:
            connection.close()

    def ask(self, what: str, state: str) -> dict[str, Any]:
        """What it gets from the provider behind the browser's back."""
        return dict(json.loads(Tab().open(f"{self.address.url}/{what}?state={state}").body))

    def received(self, tab: Tab) -> dict[str, Any]:
        """What it made of the answer that it got."""
        assert tab.url.startswith(f"{self.address.url}/callback"), f"the browser is at {tab.url}: {tab.body}"
        return dict(json.loads(tab.body))

    def write_entry(self, directory: Path, *, rsa: RSAPublicKey | None = None, **more: Any) -> None:
        """Its entry, its keys (with `rsa` that one alone), and an agreement with the first school."""
        with_secret = self.method.startswith("client_secret")
        entry = {
            "id": self.name,
            "protocol": "oidc",
            "names": {"nl": self.name},
            "supplier": {"name": "Vreemd", "contact": "support@vreemd.example"},
            "sectors": ["po"],
            "redirect_uris": [f"{self.address.url}/callback"],
            "post_logout_redirect_uris": [f"{self.address.url}/bye"],
            "token_endpoint_auth_methods": [self.method],
            "id_token_signed_response_alg": self.alg,
            "attribute_sets": {1: {"eck_id": "access", "given_name": "greeting", "role": "access"}},
            **({"userinfo_signed_response_alg": self.alg} if self.signed_userinfo else {}),
            **({"client_secret_hashes": [f"sha256:{sha256(SECRET.encode()).hexdigest()}"]} if with_secret else {}),
            **({"require_pushed_authorization_requests": True} if "par" in self.extras else {}),
            **({"profile": "fapi2"} if "fapi2" in self.extras else {}),
            **({"require_signed_request_object": True} if "jar" in self.extras else {}),
            **({"dpop_bound_access_tokens": True} if "dpop" in self.extras else {}),
            **({"jwks": f"{self.name}.jwks"} if self.method == "private_key_jwt" or "jar" in self.extras else {}),
            **more,
        }
        agreement = {
            "service": self.name,
            "attribute_set": 1,
            "schools": ["99XA"],
            "from": "2026-08-01",
            "reference": f"A-{self.name}",
            "offline_access": True,
        }
        own = public_jwk(client_key(self.name), kid="k1") if rsa is None else rsa_jwk(rsa, kid="k1")
        keys = {"keys": [own]}
        (directory / "services" / f"{self.name}.jwks").write_text(json.dumps(keys))
        (directory / "services" / f"{self.name}.yaml").write_text(yaml.safe_dump(entry))
        written = yaml.safe_dump(agreement).replace("'2026-08-01'", "2026-08-01")
        (directory / "agreements" / f"{self.name}.yaml").write_text(written)


def relying_party(
    name: str,
    host: str,
    method: str,
    alg: str = "RS256",
    *,
    signed_userinfo: bool = False,
    extras: tuple[str, ...] = (),
) -> RelyingParty:
    return RelyingParty(name, free_address(host), method, alg, signed_userinfo, extras)


@contextmanager
def running(party: RelyingParty, directory: Path, *, issuer: str) -> Iterator[RelyingParty]:
    """The client, once the provider is there: it reads the discovery document when it starts."""
    key = client_key(party.name)
    private = {**public_jwk(key), "d": b64(key.private_numbers().private_value.to_bytes(32))}
    settings = directory / f"{party.name}.json"
    settings.write_text(
        json.dumps(
            {
                "host": party.address.host,
                "port": party.address.port,
                "issuer": issuer,
                "client_id": party.name,
                "method": party.method,
                "secret": SECRET,
                "key": private,
                "alg": party.alg,
                "signed_userinfo": party.signed_userinfo,
                "extras": party.extras,
            }
        )
    )
    shutil.copy(SOURCE / "rp.mjs", BUILD)
    log = directory / f"{party.name}.log"
    with serving(("node", BUILD / "rp.mjs", settings), address=party.address, log=log):
        yield party
