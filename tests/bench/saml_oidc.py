"""SAML towards the service, OpenID Connect towards the school: code with PKCE, private_key_jwt, ID token, UserInfo.

And the same with eduID in place of the school, whose attribute API is asked who that is, of somebody who has agreed.
In turns with the bare cryptography of a SAML login: the target is 10 ms where that takes 2.1 ms. The school is in this
process, so that what it costs does not count; the gateway waits for it twice a login, with
eduID three times.
"""

import json
import re
import threading
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

from gateway.demo.relying_party import jwk
from gateway.domain.clock import Clock, SystemClock
from tests.bench.in_turns import in_turns
from tests.bench.parties import IDP_KEY, Driver, one_worker
from tests.bench.worker import HOST, Worker

_WARM_UP = 100
_FORM = re.compile(r'name="SAMLResponse" value="([^"]+)"')
_BRIN = "99XC"
_PUPIL = {
    "eduperson_affiliation": ["student"],
    "given_name": "Fenna",
    "family_name": "Vries",
    "hd": "openid.example",
    "schac_home_organization": "openid.example",
    "eduid": "6f1c2f5e-8f0b-4d63-9a2e-0b7f6f7a9b10",
}
_KNOWN = {
    "eckid": [f"https://ketenid.nl/pilot/{1:0128x}"],
    "given_name": ["Fenna"],
    "family_name": ["Vries"],
    "eduperson_scoped_affiliation": ["student@eduid.example"],
    "schac_home_organization": ["eduid.example"],
    "eduperson_entitlement": ["adult"],
}
_SECRET = "a secret of the measurement, as long as real ones"


def measure() -> dict[str, object]:
    """`saml_oidc`, where each login is another pupil's, and `saml_oidc_eduid`, where all are one student's."""
    with provider() as school, provider() as eduid:

        def add(directory: Path) -> None:
            school.write(directory, "openid", _BRIN, "oidc-standard")
            eduid.write(directory, "eduid", "99XD", "eduid")

        with one_worker(add) as (port, worker):
            logins = {"saml_oidc": Login(school, Driver(HOST, port, only=school.issuer))}
            logins["saml_oidc_eduid"] = Login(eduid, Driver(HOST, port, only=eduid.issuer), one_person=True)
            return {name: _measured(login, worker) for name, login in logins.items()}


@dataclass
class Provider:
    """The school: who asks for a code gets one of the next pupil."""

    issuer: str = ""
    nonces: dict[str, str] = field(default_factory=dict)
    clock: Clock = field(default_factory=SystemClock)
    key: RSAKey = field(default_factory=lambda: RSAKey.import_key(jwk(IDP_KEY, private=True)))

    def write(self, directory: Path, name: str, brin: str, dialect: str) -> None:
        """A school, this provider, and an agreement about the service that is measured."""
        held = dialect == "eduid"
        secret = directory / "keys" / f"{name}.secret"
        secret.write_text(_SECRET, "utf-8")
        secret.chmod(0o600)
        api = (
            f"  eduid:\n    attribute_api:\n      base_url: {self.issuer}\n      user: sluis\n"
            f"      password: {{file: keys/{name}.secret}}\n"
            "      adult: {field: eduperson_entitlement, value: adult}\n"
        )
        entries = {
            "schools": (
                f"- brin: {brin}\n  names: {{nl: {name}}}\n  sector: po\n  domains: [{name}.example]\n"
                f"{api if held else ''}"
            ),
            "identity-providers": (
                f"id: {name}\nprotocol: oidc\nnames: {{nl: {name}}}\nissuer: {self.issuer}\nclient_id: sluis\n"
                f"dialect: {dialect}\nschools: [{brin}]\n"
            ),
            "agreements": (
                f"- {{service: service, attribute_set: 1, schools: [{brin}], from: 2020-01-01, reference: {name},"
                f" user_held: {'allowed' if held else 'forbidden'}}}\n"
            ),
        }
        for kind, entry in entries.items():
            (directory / kind / f"{name}.yaml").write_text(entry, "utf-8")

    def answer(self, path: str, form: dict[str, list[str]], token: str) -> dict[str, Any]:
        """What it answers here."""
        if path == "/.well-known/openid-configuration":
            ends = {f"{name}_endpoint": f"{self.issuer}/{name}" for name in ("authorization", "token", "userinfo")}
            return {
                "issuer": self.issuer,
                **ends,
                "jwks_uri": f"{self.issuer}/jwks",
                "response_types_supported": ["code"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "token_endpoint_auth_methods_supported": ["private_key_jwt"],
                "code_challenge_methods_supported": ["S256"],
                "authorization_response_iss_parameter_supported": True,
            }
        if path == "/jwks":
            return {"keys": [jwk(IDP_KEY)]}
        if path == "/token":
            number, now = form["code"][0], int(self.clock.now().timestamp())
            said = {"iss": self.issuer, "aud": "sluis", "sub": f"fenna-{number}", "nonce": self.nonces.pop(number)}
            said |= {"iat": now, "exp": now + 300, "auth_time": now}
            id_token = jwt.encode({"alg": "RS256", "kid": self.key.kid}, said, self.key)
            return {"access_token": number, "token_type": "Bearer", "expires_in": 300, "id_token": id_token}
        if path.startswith("/api/attributes/"):
            return _KNOWN
        return {**_PUPIL, "sub": f"fenna-{token}", "eckid": f"https://ketenid.nl/pilot/{int(token):0128x}"}


@contextmanager
def provider() -> Iterator[Provider]:
    """One, served until the context ends."""
    school = Provider()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # headers and body in one piece

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            text = json.dumps(school.answer(urlsplit(self.path).path, parse_qs(body), token)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_POST = do_GET  # noqa: N815 - what the base class calls

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as in the base class
            """Say nothing."""

    with ThreadingHTTPServer((HOST, 0), Handler) as server:
        server.daemon_threads = True
        school.issuer = f"http://{HOST}:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield school
        finally:
            server.shutdown()
            thread.join()


@dataclass
class Login:
    """A SAML service, its pupil's browser, and the school's door."""

    school: Provider
    driver: Driver
    one_person: bool = False
    count: int = 0

    def __call__(self) -> bytes:
        """One complete login of the next pupil; raises when the service would not have let the person in."""
        self.count += 1
        self.driver.fresh_browser()
        _, location, _ = self.driver.ask()
        asked = parse_qs(urlsplit(location).query)
        if "code_challenge" not in asked:
            raise AssertionError(f"no way to the school: {location}")
        code = "1" if self.one_person else str(self.count)
        self.school.nonces[code] = asked["nonce"][0]
        query = urlencode({"code": code, "state": asked["state"][0], "iss": self.school.issuer})
        status, location, body = self.driver.open(f"{urlsplit(asked['redirect_uri'][0]).path}?{query}")
        if location.startswith("/consent/"):
            shown = re.search(r'name="shown" value="([^"]+)"', self.driver.open(location)[2])
            assert shown is not None
            status, _, body = self.driver.open(location, {"answer": "yes", "shown": shown[1]})
        found = _FORM.search(body)
        answer = b64decode(unescape(found[1])) if found else b""
        if status != 200 or b"status:Success" not in answer or b"Fenna" not in answer:
            raise AssertionError(f"the service was refused: {status}")
        return answer


def _measured(login: Login, worker: Worker) -> dict[str, object]:
    for _ in range(_WARM_UP):
        login()
    return in_turns(login, login(), worker).figures()
