"""A federation in which everything can go wrong: that of the demo, with schools and services beside it for the rest."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml
from click.testing import CliRunner

from gateway.cli import main
from gateway.demo.federation import DemoFederation, idp_document, sp_document, write_federation
from gateway.demo.people import DemoSchool, DemoService
from gateway.domain.language import Language
from gateway.xml.keys import SigningKey
from tests.support.jose import client_key, public_jwk
from tests.support.signing_keys import signing_key
from tests.support.vault_api import add_administrations

PORT = 8080
HUB = DemoSchool("hub", "Koepel", "127.0.0.12", "", "koepel.example", "entree", ())
STRICT = DemoService("kluis", "Kluis", "127.0.0.13")
"""Wants a level that no school reaches; its metadata ends; nobody knows where it starts, nor where it logs out."""
BOOKLET = DemoService("boekje", "Boekje", "127.0.0.15")
MBO_ALONE = "99YK"
"""A school that answers for its students by an attribute API, and has no login of its own."""
SECRET = "a secret of 256 bits, as add-oidc makes them"
CALLBACK = "http://127.0.0.14:8080/callback"
PROVIDER = "https://eduid.example"
MFA = "https://refeds.org/profile/mfa"
ENDS = timedelta(days=30)
"""After which metadata of the hub and of the strict service is over."""
AT_HUB: dict[str, dict[str, Any] | None] = {
    "99YA": None,
    "99YB": {"from": date(2090, 1, 1)},
    "99YC": {"from": date(2020, 1, 1), "until": date(2020, 12, 31)},
    "99YD": {"suspended": "a leak at the supplier"},
    "99YE": {"branches": ["99YE01"]},
    "99YF": {"fallback": "none"},
    "99YH00": {},
    "99YH01": {},
}
"""What each school behind the hub has agreed with Leesplein beside the usual."""


def write_everything(directory: Path, languages: Sequence[Language]) -> DemoFederation:
    """The configuration, with the database made."""
    made = write_federation(directory, port=PORT, user_held=True)
    add_administrations(made.directory)
    _add_vault(made.directory)
    made.keys["hub"], made.keys["kluis"] = signing_key("hub"), signing_key("kluis")
    _write_hub(made.directory, made.keys["hub"])
    _write_services(made.directory, made.keys["kluis"])
    _write_eduid(made.directory)
    gateway = made.directory / "gateway.yaml"
    spoken = f"languages: [{', '.join(languages)}]"
    gateway.write_text(gateway.read_text("utf-8").replace("languages: [nl, en]", spoken), "utf-8")
    _append(
        gateway,
        {
            "assurance": [{"id": "mfa", "names": {"nl": "een tweede stap"}, "context": MFA}],
            "anomalies": {"eck_id_shared": "hold"},
        },
    )
    done = CliRunner().invoke(main, ["db", "upgrade", str(made.directory)])
    assert done.exit_code == 0, done.output
    return made


@contextmanager
def changed(path: Path, old: str, new: str) -> Iterator[None]:
    """One place in one file is otherwise, until the context ends."""
    was = path.read_text("utf-8")
    assert old in was, f"{old!r} does not stand in {path}"
    path.write_text(was.replace(old, new), "utf-8")
    yield
    path.write_text(was, "utf-8")


def _write_hub(directory: Path, key: SigningKey) -> None:
    schools = [
        {"brin": brin, "names": {"nl": f"School {brin}"}, "sector": "vo", "domains": [f"{brin.lower()}.example"]}
        for brin in AT_HUB
    ]
    entry = {
        "id": HUB.id,
        "names": {"nl": HUB.name},
        "protocol": "saml",
        "metadata": "hub.xml",
        "dialect": "entree",
        "schools": [*AT_HUB],
        "allow_unsolicited": True,
        "eck_id": ["assertion"],
    }
    agreements = [
        {
            "service": "leesplein",
            "attribute_set": 1,
            "schools": [brin],
            "from": date(2026, 8, 1),
            "reference": f"HUB-{brin}",
            **more,
        }
        for brin, more in AT_HUB.items()
        if more is not None and not brin.endswith("01")
    ]
    _write(directory / "schools" / "hub.yaml", schools)
    _write(directory / "identity-providers" / "hub.yaml", entry)
    _write(directory / "agreements" / "hub.yaml", agreements)
    (directory / "identity-providers" / "hub.xml").write_text(_ending(idp_document(HUB, PORT, key)), "utf-8")


def _write_services(directory: Path, key: SigningKey) -> None:
    oidc = {
        "names": {"nl": "Klas"},
        "supplier": {"name": "Klas", "contact": "help@klas.example"},
        "protocol": "oidc",
        "redirect_uris": [CALLBACK],
        "sectors": ["po", "vo", "mbo"],
        "fallback": "real_id",
        "start_url": "http://127.0.0.14:8080/",
        "attribute_sets": {1: {"eck_id": "access", "given_name": "greeting"}},
    }
    secret = {
        "token_endpoint_auth_methods": ["client_secret_basic"],
        "client_secret_hashes": [f"sha256:{sha256(SECRET.encode()).hexdigest()}"],
    }
    strict = {
        "id": STRICT.id,
        "names": {"nl": STRICT.name},
        "supplier": {"name": "Kluis", "contact": "help@kluis.example"},
        "protocol": "saml",
        "metadata": "kluis.xml",
        "sectors": ["po", "vo", "mbo"],
        "fallback": "provisional",
        "minimum_assurance": "mfa",
        "attribute_sets": {1: {"eck_id": "access"}},
    }
    _write(directory / "services" / "klas.yaml", {"id": "klas", **oidc, **secret})
    _write(directory / "services" / "app.yaml", {"id": "app", **oidc, "token_endpoint_auth_methods": ["none"]})
    _write(directory / "services" / "strikt.yaml", {"id": "strikt", **oidc, **secret, "require_dpop_nonce": True})
    _write(directory / "services" / "kluis.yaml", strict)
    booklet = {**strict, "id": BOOKLET.id, "names": {"nl": BOOKLET.name}, "metadata": "boekje.xml"}
    del booklet["minimum_assurance"]
    _write(directory / "services" / "boekje.yaml", booklet)
    (directory / "services" / "boekje.xml").write_text(sp_document(BOOKLET, PORT, key), "utf-8")
    document = _ending(sp_document(STRICT, PORT, key))
    without_logout = (
        document[: document.index("<md:SingleLogoutService")]
        + document[document.index("<md:AssertionConsumerService") :]
    )
    (directory / "services" / "kluis.xml").write_text(without_logout, "utf-8")
    agreed = {"attribute_set": 1, "from": date(2026, 8, 1)}
    _write(
        directory / "agreements" / "more.yaml",
        [
            {
                "service": "klas",
                "schools": ["99XA"],
                "reference": "KLAS-1",
                "fallback": "real_id",
                "offline_access": True,
                **agreed,
            },
            {"service": "klas", "schools": ["99XD"], "reference": "KLAS-2", "user_held": "required", **agreed},
            {"service": "kluis", "schools": ["99XA"], "reference": "KLUIS-1", **agreed},
            *(
                {"service": one, "schools": [MBO_ALONE], "reference": f"ALONE-{one}", "user_held": "allowed", **agreed}
                for one in ("schrijfmaatje", BOOKLET.id)
            ),
        ],
    )


def _write_eduid(directory: Path) -> None:
    """The OpenID provider of eduID is in the test's hand; one more school is known by the other alone."""
    entry = directory / "identity-providers" / "eduid-openid.yaml"
    said = yaml.safe_load(entry.read_text("utf-8"))
    _write(entry, {**said, "issuer": PROVIDER, "client_id": "sluis"})
    saml = directory / "identity-providers" / "eduid.yaml"
    said = yaml.safe_load(saml.read_text("utf-8"))
    _write(saml, {**said, "schools": [*said["schools"], MBO_ALONE], "allow_unsolicited": True})
    vuurtoren = directory / "identity-providers" / "vuurtoren.yaml"
    said = yaml.safe_load(vuurtoren.read_text("utf-8"))
    _write(vuurtoren, {**said, "schools": [*said["schools"], "99YL"], "eck_id": ["assertion", "vault"]})
    api = yaml.safe_load((directory / "schools" / "waterkant.yaml").read_text("utf-8"))["eduid"]
    alone = {"brin": MBO_ALONE, "names": {"nl": "Avondmbo"}, "sector": "mbo", "domains": ["avond.example"]}
    requester = {"requester_id": "https://avond.example/sp"}
    _write(directory / "schools" / "avond.yaml", {**alone, "eduid": {**api, **requester}})
    other = {"brin": "99YL", "names": {"nl": "Ander mbo"}, "sector": "mbo", "domains": ["ander.example"]}
    _write(directory / "schools" / "ander.yaml", other)


def _add_vault(directory: Path) -> None:
    """The administration of the mbo school: by it the gateway hears that an account is gone."""
    entry = directory / "schools" / "vuurtoren.yaml"
    said = yaml.safe_load(entry.read_text("utf-8"))
    keys = {"keys": [public_jwk(client_key("las-99xd"), kid="1", alg="ES256")]}
    (directory / "schools" / "las-99xd.jwks").write_text(json.dumps(keys), "utf-8")
    _write(entry, {**said, "administrations": [{"id": "las-99xd", "idp": "vuurtoren", "jwks": "las-99xd.jwks"}]})


def _ending(document: str) -> str:
    until = (datetime.now(UTC) + ENDS).strftime("%Y-%m-%dT%H:%M:%SZ")
    return document.replace("<md:EntityDescriptor ", f'<md:EntityDescriptor validUntil="{until}" ', 1)


def _write(path: Path, entry: Any) -> None:
    path.write_text(yaml.safe_dump(entry, sort_keys=False), "utf-8")


def _append(path: Path, more: dict[str, Any]) -> None:
    path.write_text(f"{path.read_text('utf-8')}\n{yaml.safe_dump(more, sort_keys=False)}", "utf-8")
