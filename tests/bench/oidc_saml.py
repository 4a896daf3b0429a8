"""OpenID Connect towards the service, SAML towards the school: code with PKCE, token, UserInfo.

One measurement a signing algorithm of ID tokens, in turns with the bare cryptography of a SAML login: the target is
10 ms where that takes 2.1 ms.
"""

import json
import zlib
from base64 import b64decode, b64encode, urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from lxml import etree

from tests.bench.in_turns import in_turns
from tests.bench.parties import Driver, one_worker
from tests.bench.worker import HOST, Worker

_WARM_UP = 100
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
            write_client(directory, client.replace("_", "-"), algorithm)

    with one_worker(add) as (port, worker):
        return {name: _measured(Client(port, name.replace("_", "-")), worker) for name in clients}


@dataclass
class Client:
    """A relying party, its pupil's browser and the school, all in this process."""

    port: int
    client_id: str
    brin: str = "99XA"
    """The school that the pupil says is theirs, if asked."""

    def __post_init__(self) -> None:
        self._school = Driver(HOST, self.port)
        self._connection = HTTPConnection(HOST, self.port)
        basic = b64encode(f"{self.client_id}:{_SECRET.replace(' ', '+').replace(',', '%2C')}".encode()).decode()
        self._basic = {"Authorization": f"Basic {basic}"}
        self._cookies: dict[str, str] = {}
        self._count = 0
        self._redeemed: dict[str, str] = {}
        self.last_response = b""

    def login(self) -> None:
        """One complete login of the next pupil; raises when the client would not have let the person in."""
        self.finish(self.arrive())

    def arrive(self) -> str:
        """Through the school: where the browser is sent back to, with a code."""
        query = self.begin()
        request = etree.fromstring(zlib.decompress(b64decode(query["SAMLRequest"][0]), -15)).get("ID", "")
        self.last_response = etree.tostring(self._school.response(request, pupil=self._count))
        answer = {"SAMLResponse": b64encode(self.last_response).decode(), "RelayState": query["RelayState"][0]}
        return self._ask("POST", "/saml/sp/acs", answer)[0]

    def begin(self) -> dict[str, list[str]]:
        """In a fresh browser, until the school's door: the query with which it is sent there."""
        self._count += 1
        self._cookies.clear()
        state = f"state-{self._count}"
        asked = {
            "response_type": "code", "client_id": self.client_id, "redirect_uri": _CALLBACK, "scope": _SCOPES,
            "state": state, "nonce": state, "code_challenge": _CHALLENGE, "code_challenge_method": "S256",
        }  # fmt: skip
        location, _ = self._ask("GET", f"/oidc/authorize?{urlencode(asked)}")
        if location.endswith("/school"):
            path = urlsplit(location).path
            location, _ = self._ask("POST", path, {"school": self.brin}, {"Sec-Fetch-Site": "same-origin"})
        return parse_qs(urlsplit(location).query)

    def open(self, path: str) -> str:
        """Where the browser is sent on to from here."""
        return self._ask("GET", path)[0]

    def finish(self, location: str) -> None:
        """Redeem the code that the browser brings, and ask who it is."""
        self.bring(location)
        _, tokens = self._ask("POST", "/oidc/token", self._redeemed, self._basic)
        bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
        _, person = self._ask("GET", "/oidc/userinfo", headers=bearer)
        payload = tokens["id_token"].split(".")[1]
        claims = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        state = f"state-{self._count}"
        if (claims["nonce"], claims["sub"], person["given_name"]) != (state, person["sub"], "Fenna"):
            raise AssertionError("another person, or another login")

    def bring(self, location: str) -> None:
        """Take the code from the address that the browser was sent to; raises when there is none for this login."""
        back = parse_qs(urlsplit(location).query)
        if back["state"] != [f"state-{self._count}"]:
            raise AssertionError(f"the client was refused: {location}")
        self._redeemed = {
            "grant_type": "authorization_code", "code": back["code"][0], "redirect_uri": _CALLBACK,
            "code_verifier": _VERIFIER,
        }  # fmt: skip

    def refused_code(self) -> None:
        """The code of the last login once more; raises when it is not refused."""
        status, _, told = self._send("POST", "/oidc/token", self._redeemed, self._basic)
        if (status, told.get("error")) != (400, "invalid_grant"):
            raise AssertionError(f"a code was redeemed twice: {status}")

    def close(self) -> None:
        """End the connections."""
        self._connection.close()
        self._school.close()

    def begin_at(self, count: int) -> None:
        """Number its pupils from here, so that several clients do not repeat each other's."""
        self._count = count

    def _ask(
        self, method: str, path: str, form: dict[str, str] | None = None, headers: dict[str, str] | None = None
    ) -> tuple[str, dict[str, Any]]:
        """Location and JSON of an answer that is none of an error."""
        status, location, told = self._send(method, path, form, headers)
        if status not in (200, 303):
            raise AssertionError(f"{method} {path.partition('?')[0]}: {status}")
        return location, told

    def _send(
        self, method: str, path: str, form: dict[str, str] | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, str, dict[str, Any]]:
        """Status, Location and JSON of an answer; the browser's cookie goes where no client speaks."""
        cookies = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        sent = dict(headers or {})
        if "Authorization" not in sent and cookies:
            sent["Cookie"] = cookies
        body = None
        if form is not None:
            body = urlencode(form)
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        self._connection.request(method, path, body, sent)
        answer = self._connection.getresponse()
        text = answer.read()
        for set_cookie in answer.headers.get_all("Set-Cookie", ()):
            name, _, value = set_cookie.partition(";")[0].partition("=")
            self._cookies[name] = value
        is_json = answer.headers.get_content_type() == "application/json"
        return answer.status, answer.headers["Location"] or "", json.loads(text) if is_json else {}


def _measured(client: Client, worker: Worker) -> dict[str, object]:
    for _ in range(_WARM_UP):
        client.login()
    return in_turns(client.login, client.last_response, worker).figures()


def write_client(directory: Path, client: str, algorithm: str, *, brin: str = "99XA") -> None:
    """A client that signs ID tokens so, and its agreement with one school."""
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
        f"- {{service: {client}, attribute_set: 1, schools: [{brin}], from: 2020-01-01, reference: BENCH-{client}}}\n",
        "utf-8",
    )
