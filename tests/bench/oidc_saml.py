"""OpenID Connect towards the service, SAML towards the school: code with PKCE, token, UserInfo.

One measurement a signing algorithm of ID tokens, in turns with the bare cryptography of a SAML login: the target is
10 ms where that takes 2.1 ms.
"""

import json
import os
import statistics
import time
import zlib
from base64 import b64decode, b64encode, urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from lxml import etree

from tests.bench.bare_crypto import cpu_ms, one_login
from tests.bench.parties import IDP_KEY, Driver, one_worker
from tests.bench.worker import HOST, Worker

_WARM_UP = 100
_LOGINS = int(os.environ.get("BENCH_LOGINS", "2000"))
_SECRET = "a secret of the measurement, as long as real ones"
_CALLBACK = "https://klas.example/callback"
_VERIFIER = "v" * 43
_CHALLENGE = urlsafe_b64encode(sha256(_VERIFIER.encode()).digest()).rstrip(b"=").decode()
_SCOPES = "openid profile eck school"


def measure() -> dict[str, object]:
    """`oidc_saml` with RS256 and `oidc_saml_es256`."""
    clients = {"oidc_saml": "RS256", "oidc_saml_es256": "ES256"}

    def add(directory: Path) -> None:
        for client, algorithm in clients.items():
            _write_client(directory, client.replace("_", "-"), algorithm)

    with one_worker(add) as (port, worker):
        return {name: _measured(Client(port, name.replace("_", "-")), worker) for name in clients}


@dataclass
class Client:
    """A relying party, its pupil's browser and the school, all in this process."""

    port: int
    client_id: str

    def __post_init__(self) -> None:
        self._school = Driver(HOST, self.port)
        self._connection = HTTPConnection(HOST, self.port)
        basic = b64encode(f"{self.client_id}:{_SECRET.replace(' ', '+').replace(',', '%2C')}".encode()).decode()
        self._basic = {"Authorization": f"Basic {basic}"}
        self._cookies = ""
        self._count = 0
        self.last_response = b""

    def login(self) -> None:
        """One complete login of the next pupil; raises when the client would not have let the person in."""
        self._count += 1
        self._cookies = ""
        state = f"state-{self._count}"
        asked = {
            "response_type": "code", "client_id": self.client_id, "redirect_uri": _CALLBACK, "scope": _SCOPES,
            "state": state, "nonce": state, "code_challenge": _CHALLENGE, "code_challenge_method": "S256",
        }  # fmt: skip
        location, _ = self._ask("GET", f"/oidc/authorize?{urlencode(asked)}")
        query = parse_qs(urlsplit(location).query)
        request = etree.fromstring(zlib.decompress(b64decode(query["SAMLRequest"][0]), -15)).get("ID", "")
        self.last_response = etree.tostring(self._school.response(request, pupil=self._count))
        answer = {"SAMLResponse": b64encode(self.last_response).decode(), "RelayState": query["RelayState"][0]}
        location, _ = self._ask("POST", "/saml/sp/acs", answer)
        back = parse_qs(urlsplit(location).query)
        if back["state"] != [state]:
            raise AssertionError(f"the client was refused: {location}")
        form = {
            "grant_type": "authorization_code", "code": back["code"][0], "redirect_uri": _CALLBACK,
            "code_verifier": _VERIFIER,
        }  # fmt: skip
        _, tokens = self._ask("POST", "/oidc/token", form, self._basic)
        bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
        _, person = self._ask("GET", "/oidc/userinfo", headers=bearer)
        payload = tokens["id_token"].split(".")[1]
        claims = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        if (claims["nonce"], claims["sub"], person["given_name"]) != (state, person["sub"], "Fenna"):
            raise AssertionError("another person, or another login")

    def _ask(
        self, method: str, path: str, form: dict[str, str] | None = None, headers: dict[str, str] | None = None
    ) -> tuple[str, dict[str, Any]]:
        """Location and JSON of an answer; the browser's cookie goes where no client speaks."""
        sent = headers or ({"Cookie": self._cookies} if self._cookies else {})
        body = None
        if form is not None:
            body = urlencode(form)
            sent = {**sent, "Content-Type": "application/x-www-form-urlencoded"}
        self._connection.request(method, path, body, sent)
        answer = self._connection.getresponse()
        text = answer.read()
        if answer.status not in (200, 303):
            raise AssertionError(f"{method} {path.partition('?')[0]}: {answer.status}")
        given = [one.partition(";")[0] for one in answer.headers.get_all("Set-Cookie", ())]
        self._cookies = "; ".join(given) or self._cookies
        is_json = answer.headers.get_content_type() == "application/json"
        return answer.headers["Location"] or "", json.loads(text) if is_json else {}


def _measured(client: Client, worker: Worker) -> dict[str, object]:
    for _ in range(_WARM_UP):
        client.login()
    bare = one_login(client.last_response, IDP_KEY.private_key)
    before, walls, bare_ms = worker.cpu_ms(), [], []
    for _ in range(_LOGINS):
        begun = time.perf_counter()
        client.login()
        walls.append((time.perf_counter() - begun) * 1000)
        bare_ms.append(cpu_ms(bare))
    spent, crypto = (worker.cpu_ms() - before) / _LOGINS, statistics.mean(bare_ms)
    return {
        "cpu_ms_per_login": round(spent, 2),
        "ratio_to_crypto": round(spent / crypto, 2),
        "crypto_ms": round(crypto, 2),
        "p50_ms": round(statistics.median(walls), 2),
        "p95_ms": round(statistics.quantiles(walls, n=100)[94], 2),
    }


def _write_client(directory: Path, client: str, algorithm: str) -> None:
    hashed = sha256(_SECRET.encode()).hexdigest()
    (directory / "services" / f"{client}.yaml").write_text(
        f"id: {client}\nprotocol: oidc\nnames: {{nl: Klas}}\nsupplier: {{name: Uitgeverij, contact: a@example.org}}\n"
        f"redirect_uris: [{_CALLBACK}]\ntoken_endpoint_auth_methods: [client_secret_basic]\n"
        f"client_secret_hashes: ['sha256:{hashed}']\nid_token_signed_response_alg: {algorithm}\nsectors: [po]\n"
        "attribute_sets:\n  1: {eck_id: access, given_name: greeting, surname: class-list, role: access,"
        " school: access, school_name: greeting}\n",
        "utf-8",
    )
    (directory / "agreements" / f"{client}.yaml").write_text(
        f"- {{service: {client}, attribute_set: 1, schools: [99XA], from: 2020-01-01, reference: BENCH-{client}}}\n",
        "utf-8",
    )
