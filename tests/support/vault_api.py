"""A system of a school's administration, which calls the vault of a whole gateway in process."""

import json
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from gateway.oidc.vault_api.access import Access
from gateway.oidc.vault_api.entries import Entries
from gateway.parts import Parts, vault_of
from gateway.web.proxies import CLIENT_CERTIFICATE
from tests.support.held import HeldClock
from tests.support.jose import assertion, client_key, public_jwk

FENNA, DAAN, EMMA = ("https://ketenid.nl/pilot/" + digit * 128 for digit in "fde")
STAMP = FENNA.replace("pilot", "sppilot")
BASE = "/api/vault/v1"
NUMBERS = count(1)
NAME, OTHER = "las-99xa", "las-99xb"


@dataclass
class Api:
    """The gateway, and what a client sends it."""

    directory: Path
    app: Flask
    clock: HeldClock
    parts: Parts
    access: Access
    entries: Entries
    certificate: str | None = None

    def send(self, method: str, path: str, **more: Any) -> TestResponse:
        around = {"REMOTE_ADDR": "127.0.0.1"} | ({CLIENT_CERTIFICATE: self.certificate} if self.certificate else {})
        return self.app.test_client().open(f"{BASE}{path}", method=method, environ_overrides=around, **more)

    def token(self, name: str = NAME, **changes: Any) -> TestResponse:
        proof = assertion(
            client_key(name), now=self.clock.now(), iss=name, sub=name, aud=self.audience, jti=f"jti-{next(NUMBERS)}"
        )
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": proof,
            **changes,
        }
        return self.send("POST", "/token", data={key: value for key, value in form.items() if value is not None})

    @property
    def audience(self) -> str:
        return f"{self.parts.settings.gateway.base_url}{BASE}/token"

    def bearer(self, name: str = NAME) -> dict[str, str]:
        return {"Authorization": f"Bearer {(self.token(name).json or {})['access_token']}"}

    def put(self, *entries: Any, headers: dict[str, str] | None = None) -> TestResponse:
        return self.send("POST", "/entries", json={"entries": list(entries)}, headers=headers or self.bearer())

    def counts(self) -> dict[str, int]:
        vault = vault_of(self.parts.engine, self.parts.keys, self.parts.randomness)
        return dict(vault.counts(today=self.clock.now().date()))


def add_administrations(made: Path) -> None:
    for brin, idp, name in (("99XA", "regenboog", NAME), ("99XB", "petteflat", OTHER)):
        schools = made / "schools/schools.yaml"
        head = f"- brin: {brin}\n"
        more = f"  administrations: [{{id: {name}, idp: {idp}, jwks: {name}.jwks}}]\n"
        schools.write_text(schools.read_text("utf-8").replace(head, head + more), "utf-8")
        keys = {"keys": [public_jwk(client_key(name), kid="1", alg="ES256")]}
        (made / "schools" / f"{name}.jwks").write_text(json.dumps(keys), "utf-8")
