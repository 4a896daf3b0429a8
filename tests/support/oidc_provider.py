"""Schools on oidc-provider, a certified OpenID provider (`tests/interop/node/op.mjs`)."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.support.child_process import Address, free_address, serving
from tests.support.node_saml import BUILD, SOURCE

SECRET = "5e" * 32


@dataclass(frozen=True, slots=True)
class School:
    """One provider, the school that it speaks for, and how the gateway proves itself there."""

    name: str
    brin: str
    address: Address
    method: str
    accounts: dict[str, dict[str, Any]]

    def write_entries(self, directory: Path, service: str) -> None:
        """The school, its identity provider, and an agreement about a service."""
        with_secret = self.method.startswith("client_secret")
        school = {"brin": self.brin, "names": {"nl": self.name}, "sector": "vo", "domains": [f"{self.name}.example"]}
        idp = {
            "id": self.name,
            "protocol": "oidc",
            "names": {"nl": self.name},
            "issuer": self.address.url,
            "client_id": "sluis",
            "authentication": self.method,
            "scopes": ["openid", "profile", "school"],
            "dialect": "oidc-standard",
            "schools": [self.brin],
            **({"client_secret": {"file": f"keys/{self.name}.secret"}} if with_secret else {}),
        }
        agreement = {"service": service, "attribute_set": 1, "schools": [self.brin], "reference": f"A-{self.name}"}
        secret = directory / "keys" / f"{self.name}.secret"
        secret.write_text(SECRET)
        secret.chmod(0o600)
        for kind, entry in (("schools", school), ("identity-providers", idp)):
            (directory / kind / f"{self.name}.yaml").write_text(yaml.safe_dump(entry))
        dated = yaml.safe_dump(agreement) + "from: 2026-08-01\n"
        (directory / "agreements" / f"{self.name}.yaml").write_text(dated)


def school(name: str, brin: str, host: str, method: str, accounts: dict[str, dict[str, Any]]) -> School:
    return School(name, brin, free_address(host), method, accounts)


@contextmanager
def running(one: School, directory: Path, *, gateway: str) -> Iterator[School]:
    """The provider, with the gateway as its client."""
    with_secret = one.method.startswith("client_secret")
    client = {
        "client_id": "sluis",
        "redirect_uris": [f"{gateway}/oidc/callback/{one.name}"],
        "post_logout_redirect_uris": [f"{gateway}/oidc/logged-out"],
        "backchannel_logout_uri": f"{gateway}/oidc/backchannel-logout",
        "backchannel_logout_session_required": True,
        "token_endpoint_auth_method": one.method,
        **({"client_secret": SECRET} if with_secret else {"jwks_uri": f"{gateway}/oidc/jwks"}),
    }
    settings = directory / f"{one.name}.json"
    told = {"host": one.address.host, "port": one.address.port, "accounts": one.accounts, "client": client}
    settings.write_text(json.dumps(told))
    shutil.copy(SOURCE / "op.mjs", BUILD)
    with serving(("node", BUILD / "op.mjs", settings), address=one.address, log=directory / f"{one.name}.log"):
        yield one
