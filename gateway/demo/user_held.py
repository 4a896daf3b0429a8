"""What the demo has beside the example: two mbo schools, eduID by both protocols, and a guest."""

from datetime import date
from pathlib import Path
from secrets import token_hex
from typing import Any

import yaml

from gateway.demo.eck_ids import OIN
from gateway.demo.people import ADULT, CLIENTS, EDUID, MBO, MBO_WITH_API, OPENID_EDUID, DemoSchool

OPENID_CLIENT = "sluis-for-waterkant"
"""How the gateway is known at eduID, for the one school at which that aims its identifiers."""
USER = "sluis"
"""What the gateway is called at an attribute API."""


def address(host: str, port: int) -> str:
    """The origin of a party."""
    return f"http://{host}:{port}"


def write_user_held(directory: Path, port: int) -> dict[str, str]:
    """Write the entries; the secrets that they name, by the party that knows them too."""
    secrets = {one.id: token_hex(32) for one in (MBO_WITH_API, OPENID_EDUID)}
    (directory / "keys").mkdir(exist_ok=True)
    for name, secret in secrets.items():
        path = directory / "keys" / f"{name}.secret"
        path.touch(mode=0o600)
        path.write_text(secret, "utf-8")
    api = {
        "base_url": address(MBO_WITH_API.host, port),
        "user": USER,
        "password": {"file": f"keys/{MBO_WITH_API.id}.secret"},
        "adult": {"field": "eduperson_entitlement", "value": ADULT},
    }
    openid = {
        "id": OPENID_EDUID.id,
        "names": {"nl": EDUID.name},
        "protocol": "oidc",
        "issuer": address(OPENID_EDUID.host, port),
        "client_id": OPENID_CLIENT,
        "authentication": "client_secret_basic",
        "client_secret": {"file": f"keys/{OPENID_EDUID.id}.secret"},
        "dialect": OPENID_EDUID.dialect,
        "schools": [MBO_WITH_API.brin],
    }
    sources = {"eck_id": ["assertion", "vault", "nummervoorziening"]}
    entries: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("schools", MBO.id, _school(MBO, {"requester_id": f"{address(MBO.host, port)}/sp"})),
        ("schools", MBO_WITH_API.id, {**_school(MBO_WITH_API, {"attribute_api": api}), "oin": OIN}),
        ("identity-providers", MBO.id, _saml(MBO, MBO, adult_attribute="isAdult")),
        (
            "identity-providers",
            MBO_WITH_API.id,
            _saml(MBO_WITH_API, MBO_WITH_API, **sources, adult_attribute="isAdult"),
        ),
        ("identity-providers", EDUID.id, _saml(EDUID, MBO)),
        ("identity-providers", OPENID_EDUID.id, openid),
        ("agreements", MBO.id, {**_agreement(MBO), "links": ["guest", "transition"]}),
        ("agreements", MBO_WITH_API.id, _agreement(MBO_WITH_API)),
    )
    for kind, name, entry in entries:
        (directory / kind / f"{name}.yaml").write_text(yaml.safe_dump(entry, sort_keys=False), "utf-8")
    served = directory / "services" / f"{CLIENTS[0].id}.yaml"
    served.write_text(served.read_text("utf-8").replace("sectors: [po, vo]", "sectors: [po, vo, mbo]"), "utf-8")
    return secrets


def _school(school: DemoSchool, eduid: dict[str, Any]) -> dict[str, Any]:
    return {
        "brin": school.brin,
        "names": {"nl": school.name},
        "sector": "mbo",
        "domains": [school.domain],
        "eduid": eduid,
    }


def _saml(idp: DemoSchool, school: DemoSchool, **more: Any) -> dict[str, Any]:
    return {
        "id": idp.id,
        "names": {"nl": idp.name},
        "protocol": "saml",
        "metadata": f"{idp.id}.xml",
        "dialect": idp.dialect,
        "schools": [school.brin],
        **more,
    }


def _agreement(school: DemoSchool) -> dict[str, Any]:
    return {
        "service": CLIENTS[0].id,
        "attribute_set": 1,
        "schools": [school.brin],
        "from": date(2026, 8, 1),
        "reference": f"{school.id.upper()}-2026-01",
        "user_held": "allowed",
    }
