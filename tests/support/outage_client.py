"""An OpenID Connect client, and a pupil who logs in to it, at the gateway whose stores a test stops."""

import itertools
import zlib
from base64 import b64decode, b64encode, urlsafe_b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from flask import Flask
from lxml import etree

from tests.support.outages import Person

CLIENT, CALLBACK = "klas", "https://klas.example/callback"
SECRET = "a-secret-of-the-client-that-is-long-enough"
_VERIFIER = "v" * 43
_CHALLENGE = urlsafe_b64encode(sha256(_VERIFIER.encode()).digest()).rstrip(b"=").decode()
_STATES = itertools.count()


def write_client(directory: Path) -> None:
    """Add the client and its agreement to a configuration with the parties of the bench."""
    hashed = sha256(SECRET.encode()).hexdigest()
    (directory / f"services/{CLIENT}.yaml").write_text(
        f"id: {CLIENT}\nprotocol: oidc\nnames: {{nl: Klas}}\nsupplier: {{name: Uitgeverij, contact: a@example.org}}\n"
        f"redirect_uris: [{CALLBACK}]\ntoken_endpoint_auth_methods: [client_secret_basic]\n"
        f"client_secret_hashes: ['sha256:{hashed}']\nsectors: [po]\n"
        "attribute_sets:\n  1: {eck_id: access, given_name: greeting, role: access, school: access}\n"
    )
    (directory / f"agreements/{CLIENT}.yaml").write_text(
        f"- {{service: {CLIENT}, attribute_set: 1, schools: [99XA], from: 2020-01-01, reference: TEST-KLAS}}\n"
    )


class Pupil:
    """Somebody at the client; `person` is who they are at the school, and their browser."""

    def __init__(self, app: Flask, person: Person) -> None:
        self._client = app.test_client()
        self._person = person

    def code(self) -> str:
        """A login as far as the code that the client is to redeem."""
        state = f"state-{next(_STATES)}"
        asked = {
            "response_type": "code", "client_id": CLIENT, "redirect_uri": CALLBACK, "scope": "openid profile eck",
            "state": state, "nonce": state, "code_challenge": _CHALLENGE, "code_challenge_method": "S256",
        }  # fmt: skip
        self._person.fresh_browser()
        status, location, _ = self._person.visit(f"/oidc/authorize?{urlencode(asked)}")
        assert status == 303, f"no redirect to the school: {status}"
        query = parse_qs(urlsplit(location).query)
        request = etree.fromstring(zlib.decompress(b64decode(query["SAMLRequest"][0]), -15)).get("ID", "")
        answer = b64encode(etree.tostring(self._person.response(request))).decode()
        form = urlencode({"SAMLResponse": answer, "RelayState": query["RelayState"][0]})
        status, location, _ = self._person.visit("/saml/sp/acs", form)
        assert status == 303, f"no redirect to the client: {status}"
        return parse_qs(urlsplit(location).query)["code"][0]

    def redeem(self, code: str) -> tuple[int, dict[str, Any]]:
        """The client's request for tokens: status and JSON."""
        form = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": _VERIFIER,
        }  # fmt: skip
        basic = b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        answer = self._client.post(
            "/oidc/token", data=form, headers={"Authorization": f"Basic {basic}"}, base_url=self._base_url
        )
        return answer.status_code, answer.json or {}

    def userinfo(self, access_token: str) -> tuple[int, dict[str, Any]]:
        """What UserInfo says: status and JSON."""
        bearer = {"Authorization": f"Bearer {access_token}"}
        answer = self._client.get("/oidc/userinfo", headers=bearer, base_url=self._base_url)
        return answer.status_code, answer.json or {}

    @property
    def _base_url(self) -> str:
        return self._person.addresses.base_url
