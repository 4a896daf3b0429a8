"""The vault over HTTP, called as a system of a school's administration does, against the whole gateway in process."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from cryptography import x509
from flask import Flask
from werkzeug.test import TestResponse

from gateway.app import create_app
from gateway.cli import main
from gateway.demo.federation import write_federation
from gateway.domain.brin import Brin
from gateway.federation.administrations import Administration
from gateway.federation.clients import CertificateField, CertificateName
from gateway.oidc.op.certificates import ClientCertificates
from gateway.oidc.vault_api import endpoint
from gateway.oidc.vault_api.access import Access
from gateway.oidc.vault_api.entries import Entries
from gateway.parts import Parts, assemble, vault_of
from gateway.roles import vault_api_parts
from gateway.settings.loader import load
from gateway.storage import schema
from gateway.storage.vault import Vault
from gateway.web.proxies import CLIENT_CERTIFICATE
from tests.support.client_certificates import authority, certificate, rfc9440
from tests.support.held import HeldClock
from tests.support.jose import ISSUER, assertion, client_key, public_jwk

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


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("vault-api") / "gateway"
    write_federation(made, port=8080)
    add_administrations(made)
    assert CliRunner().invoke(main, ["db", "upgrade", str(made)]).exit_code == 0
    return made


@pytest.fixture
def api(made_once: Path) -> Iterator[Api]:
    clock = HeldClock()
    parts = assemble(load(made_once), clock=clock)
    with parts.engine.begin() as connection:
        for table in (schema.vault_entries, schema.vault_marks, schema.vault_schools):
            connection.execute(table.delete())
    access, entries = vault_api_parts(parts)
    yield Api(made_once, create_app(parts), clock, parts, access, entries)
    parts.engine.dispose()


def test_entries_are_written_and_written_again(api):
    first = api.put(
        {"account": "fenna77", "eck_id": FENNA, "adult": False, "checked": "2026-08-20"},
        {"account": "daan12", "school": "99XA", "stampseudonym": DAAN.replace("pilot", "sppilot"), "adult": None},
    )
    assert first.status_code == 200, first.json
    assert first.headers["Cache-Control"] == "no-store"
    assert api.counts() == {"99XA": 2}
    again = api.put({"account": "fenna77", "eck_id": FENNA, "adult": False, "checked": "2026-08-20"})
    assert again.json["entries"] == first.json["entries"][:1]
    assert api.counts() == {"99XA": 2}
    changed = api.put({"account": "fenna77", "eck_id": FENNA, "adult": True})
    assert changed.json["entries"][0]["id"] == first.json["entries"][0]["id"]
    assert changed.json["entries"][0]["etag"] != first.json["entries"][0]["etag"]


def test_a_thousand_in_one_call_and_no_more(api):
    many = [
        {"account": f"pupil-{number}", "eck_id": f"https://ketenid.nl/pilot/{number:0128x}"} for number in range(1001)
    ]
    assert api.put(*many[:1000]).status_code == 200
    assert api.counts() == {"99XA": 1000}
    refused = api.put(*many)
    assert (refused.status_code, refused.json["detail"]) == (400, "between 1 and 1000 entries a call")


def test_what_is_held_is_told_and_no_identifier(api):
    api.put({"account": "fenna77", "school": "99XA01", "eck_id": FENNA, "eck_id_vo": DAAN, "until": "2026-01-31"})
    answer = api.send("POST", "/entries/find", json={"accounts": ["fenna77", "nobody"]}, headers=api.bearer())
    held, none = answer.json["entries"]
    assert none is None
    assert held == {
        "id": held["id"],
        "etag": held["etag"],
        "school": "99XA01",
        "eck_ids": ["po", "vo"],
        "stampseudonym": False,
        "adult": None,
        "until": "2026-01-31",
        "checked": None,
        "in_force": False,
    }
    one = api.send("GET", f"/entries/{held['id']}", headers=api.bearer())
    assert one.json == held
    assert one.get_etag() == (held["etag"], False)
    same = {**api.bearer(), "If-None-Match": f'"{held["etag"]}"'}
    assert api.send("GET", f"/entries/{held['id']}", headers=same).status_code == 304


def test_removed_only_while_it_is_as_the_etag_says(api):
    [made] = api.put({"account": "fenna77", "eck_id": FENNA}).json["entries"]
    [changed] = api.put({"account": "fenna77", "eck_id": EMMA}).json["entries"]
    path = f"/entries/{made['id']}"
    stale = api.send("DELETE", path, headers={**api.bearer(), "If-Match": f'"{made["etag"]}"'})
    assert (stale.status_code, stale.mimetype) == (412, "application/problem+json")
    assert api.counts() == {"99XA": 1}
    assert api.send("DELETE", path, headers={**api.bearer(), "If-Match": f'"{changed["etag"]}"'}).status_code == 204
    assert api.counts() == {}
    assert api.send("DELETE", path, headers=api.bearer()).status_code == 204, "what is gone is gone"
    assert api.send("GET", path, headers=api.bearer()).status_code == 404
    assert api.put({"account": "other", "eck_id": EMMA}).status_code == 200, "its ECK iD is free again"


def test_another_schools_entries_are_not_there(api):
    [made] = api.put({"account": "fenna77", "eck_id": FENNA}).json["entries"]
    other = api.bearer(OTHER)
    assert api.send("GET", f"/entries/{made['id']}", headers=other).status_code == 404
    assert api.send("DELETE", f"/entries/{made['id']}", headers=other).status_code == 204
    assert api.counts() == {"99XA": 1}
    refused = api.put({"account": "x", "school": "99XA", "eck_id": FENNA}, headers=other)
    assert refused.status_code == 422
    assert "alone" in refused.json["problems"][0]["problem"]


WRONG = [
    ({"account": "123456782", "eck_id": FENNA}, "the shape of a citizen number"),
    ({"account": "a", "bsn": "x"}, "a column is named as a citizen number"),
    ({"account": "a", "eck_id": FENNA, "shoe": "38"}, "1 unknown columns"),
    ({"account": "a", "eck_id": FENNA[:-1]}, "an ECK iD is https://ketenid.nl/"),
    ({"account": "a", "eck_id": STAMP}, "this is a stampseudoniem"),
    ({"account": "a", "eck_id": 5}, "a value is a text, true, false or null"),
    ({"account": "a"}, "there is none, and no stampseudonym"),
    ({"account": "a", "eck_id": FENNA, "adult": "20080131"}, "a birth date does not belong here"),
    ({"account": "a", "eck_id": FENNA, "replaced": FENNA}, "it names the ECK iD that is in force"),
    ({"account": "a", "eck_id_vo": FENNA, "replaced": DAAN}, "no ECK iD in the school's sector"),
    ({"account": "a", "eck_id": FENNA, "replaced": "x"}, "replaced: an ECK iD is"),
    ("fenna77", "an entry is an object"),
    ({"account": "emma", "eck_id": FENNA}, "the same account stands earlier"),
    ({"account": "a", "eck_id": EMMA}, "an account earlier in this request has this ECK iD"),
    ({"account": "a", "eck_id": DAAN}, "another account of the school has this ECK iD"),
]


@pytest.mark.parametrize(("entry", "wrong"), WRONG)
def test_one_wrong_entry_is_named_and_keeps_all_out(api, entry, wrong):
    api.put({"account": "daan12", "eck_id": DAAN})
    answer = api.put({"account": "emma", "eck_id": EMMA}, entry)
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    [problem] = answer.json["problems"]
    assert problem["index"] == 1
    assert wrong in problem["problem"]
    assert FENNA[-20:] not in answer.text
    assert api.counts() == {"99XA": 1}


@pytest.mark.parametrize("accounts", [["123456782"], [""], [5]])
def test_what_cannot_be_a_user_id_is_not_looked_for(api, accounts):
    answer = api.send("POST", "/entries/find", json={"accounts": accounts}, headers=api.bearer())
    assert (answer.status_code, answer.json["problems"][0]["index"]) == (422, 0)


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        ("not json", "application/json", 400),
        ("[]", "application/json", 400),
        ('{"entries": []}', "application/json", 400),
        ('{"entries": {}}', "application/json", 400),
        ('{"entries": [], "more": 1}', "application/json", 400),
        ('{"entries": [{"account": "a", "account": "b"}]}', "application/json", 400),
        ("[" * 100_000, "application/json", 400),
        ("{}", "text/csv", 415),
        ("{}", "application/x-www-form-urlencoded", 415),
        (" " * (2 * 1024 * 1024 + 1), "application/json", 413),
    ],
)
def test_a_body_that_is_none(api, body, kind, status):
    answer = api.send("POST", "/entries", data=body, content_type=kind, headers=api.bearer())
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert answer.json["reference"]


def test_without_a_token_or_with_another_nothing_is_said(api):
    for headers, challenge in (
        ({}, "Bearer"),
        ({"Authorization": "Bearer nobodys"}, 'Bearer error="invalid_token"'),
        ({"Authorization": "Basic eDp5"}, 'Bearer error="invalid_token"'),
    ):
        answer = api.send("POST", "/entries", json={"entries": [{"account": "a"}]}, headers=headers)
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, challenge)


def test_a_token_ends_after_five_minutes(api):
    headers = api.bearer()
    api.clock.forward(seconds=299)
    assert api.put({"account": "a", "eck_id": FENNA}, headers=headers).status_code == 200
    api.clock.forward(seconds=2)
    assert api.put({"account": "a", "eck_id": FENNA}, headers=headers).status_code == 401


def test_an_assertion_is_used_once(api):
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": assertion(
            client_key(NAME), now=api.clock.now(), iss=NAME, sub=NAME, aud=api.audience, jti="once"
        ),
    }
    assert api.send("POST", "/token", data=form).status_code == 200
    again = api.send("POST", "/token", data=form)
    assert (again.status_code, again.json["error"]) == (401, "invalid_client")
    assert "this jti was used before" in again.json["error_description"]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"grant_type": "authorization_code"}, "unsupported_grant_type"),
        ({"grant_type": None}, "unsupported_grant_type"),
        ({"scope": "openid"}, "invalid_scope"),
        ({"client_id": "somebody"}, "invalid_request"),
        ({"client_assertion_type": "x"}, "invalid_request"),
        ({"client_assertion": None, "client_id": NAME}, "invalid_client"),
        ({"client_assertion": None, "client_id": "nobody"}, "invalid_client"),
        ({"client_assertion": None}, "invalid_client"),
        ({"client_assertion": "x.y.z"}, "invalid_client"),
        ({"claims": {"aud": "https://elsewhere.example"}}, "invalid_client"),
        ({"claims": {"sub": OTHER, "iss": OTHER}}, "invalid_client"),
        ({"grant_type": ["client_credentials", "client_credentials"]}, "invalid_request"),
    ],
)
def test_a_token_is_for_whom_it_should_be(api, changes, error):
    claims = changes.get("claims", {})
    if claims:
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": assertion(
                client_key(NAME), now=api.clock.now(), **{"iss": NAME, "sub": NAME, "aud": api.audience, **claims}
            ),
        }
        answer = api.send("POST", "/token", data=form)
    else:
        answer = api.token(**changes)
    assert answer.status_code in (400, 401)
    assert answer.json["error"] == error


def test_a_form_that_is_too_large(api):
    answer = api.send("POST", "/token", data={"grant_type": "client_credentials", "x": "y" * 20_000})
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")


def test_a_store_that_is_gone_says_when_to_come_again(api, monkeypatch):
    headers = api.bearer()
    api.put({"account": "a", "eck_id": FENNA})
    api.parts.engine.dispose()
    lasting = api.directory / "var/lasting.sqlite"
    aside = lasting.rename(lasting.with_suffix(".aside"))
    try:
        answer = api.put({"account": "a", "eck_id": FENNA}, headers=headers)
    finally:
        api.parts.engine.dispose()
        aside.rename(lasting)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")


def test_the_document_names_every_address_that_there_is(api):
    told = api.send("GET", "/openapi.json").json
    there = {
        (rule.rule.removeprefix(BASE).replace("<entry_id>", "{id}"), method.lower())
        for rule in api.app.url_map.iter_rules()
        if rule.rule.startswith(BASE) and not rule.rule.endswith("openapi.json")
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    named = {
        (path, method)
        for path, item in told["paths"].items()
        for method in item.keys() & {"get", "post", "put", "delete"}
    }
    assert named == there
    assert told["openapi"] == "3.1.0"
    assert set(told["components"]["schemas"]["Entry"]["properties"]) >= {"account", "eck_id", "stampseudonym", "adult"}


def by_certificate(api: Api) -> None:
    """The administration of the first school proves who it is by the certificate of its connection."""
    named = Administration(
        NAME, Brin("99XA"), "regenboog", None, CertificateName(CertificateField.SAN_DNS, "las.example")
    )
    access = replace(
        api.access,
        administrations={NAME: named},
        certificates=ClientCertificates((authority(),)),
        store=api.parts.store,
    )
    api.app = Flask("certificates")
    api.app.register_blueprint(endpoint.blueprint(access=access, entries=api.entries, base_url=ISSUER))


def of_las(**more: Any) -> str:
    return rfc9440(certificate("las", names=(x509.DNSName("las.example"),), **more))


def token_by_certificate(api: Api) -> TestResponse:
    return api.send("POST", "/token", data={"grant_type": "client_credentials", "client_id": NAME})


def test_a_certificate_gets_a_token_that_is_bound_to_it(api):
    by_certificate(api)
    api.certificate = of_las()
    answer = token_by_certificate(api)
    assert answer.status_code == 200, answer.json
    headers = {"Authorization": f"Bearer {answer.json['access_token']}"}
    assert api.put({"account": "a", "eck_id": FENNA}, headers=headers).status_code == 200
    for another in (None, "no certificate", rfc9440(certificate("thief", names=(x509.DNSName("las.example"),)))):
        api.certificate = another
        assert api.put({"account": "a", "eck_id": FENNA}, headers=headers).status_code == 401


@pytest.mark.parametrize(
    "shown",
    [
        None,
        "no certificate",
        rfc9440(certificate("las", names=(x509.DNSName("other.example"),))),
        rfc9440(certificate("las", names=(x509.DNSName("las.example"),), issuer="another ca")),
    ],
)
def test_another_certificate_gets_none(api, shown):
    by_certificate(api)
    api.certificate = shown
    answer = token_by_certificate(api)
    assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")


def test_a_client_with_a_certificate_cannot_fall_back_to_a_key(api):
    by_certificate(api)
    assert api.token().json["error"] == "invalid_client"


def test_an_administration_that_left_has_no_token_any_more(api):
    headers = api.bearer()
    api.app = Flask("left")
    access = replace(api.access, administrations={})
    api.app.register_blueprint(endpoint.blueprint(access=access, entries=api.entries, base_url=ISSUER))
    assert api.put({"account": "a", "eck_id": FENNA}, headers=headers).status_code == 401


def test_a_fault_of_ours_tells_nothing_of_itself(api, monkeypatch):
    headers = api.bearer()

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError(FENNA)

    monkeypatch.setattr(Vault, "held_by_others", broken)
    answer = api.put({"account": "a", "eck_id": FENNA}, headers=headers)
    assert (answer.status_code, answer.json["title"]) == (500, "internal")
    assert FENNA not in answer.text


BAD = {
    "idp: regenboog, jwks": ("idp: nobody, jwks", "there is no identity provider nobody"),
    "idp: petteflat, jwks": ("idp: regenboog, jwks", "regenboog does not speak for 99XB"),
    f"id: {OTHER}": (f"id: {NAME}", f"another administration is {NAME}"),
    f"jwks: {NAME}.jwks": ("tls_client_auth_san_dns: las.example", "nobody may issue certificates"),
    f"jwks: {OTHER}.jwks": ("jwks: nowhere.jwks", "the file cannot be read"),
    f", jwks: {NAME}.jwks": ("", "it proves who it is in one way"),
}


@pytest.mark.parametrize("before", BAD)
def test_a_configuration_that_keeps_one_out_is_an_error(made_once, tmp_path, before):
    after, wrong = BAD[before]
    made = tmp_path / "gateway"
    shutil.copytree(made_once, made)
    schools = made / "schools/schools.yaml"
    schools.write_text(schools.read_text("utf-8").replace(before, after), "utf-8")
    result = CliRunner().invoke(main, ["check", str(made)])
    assert result.exit_code == 1
    assert wrong in result.output.replace("\n", " ")


def test_keys_of_an_administration_that_are_none_are_an_error(made_once, tmp_path):
    made = tmp_path / "gateway"
    shutil.copytree(made_once, made)
    (made / f"schools/{NAME}.jwks").write_text('{"keys": [{"kty": "oct", "k": "eA"}]}', "utf-8")
    result = CliRunner().invoke(main, ["check", str(made)])
    assert result.exit_code == 1
    assert "which only the client may have" in result.output.replace("\n", " ")


def test_a_gateway_without_administrations_has_no_such_addresses(tmp_path):
    write_federation(tmp_path / "gateway", port=8080)
    parts = assemble(load(tmp_path / "gateway"))
    assert create_app(parts).test_client().get(f"{BASE}/openapi.json").status_code == 404
    parts.engine.dispose()
