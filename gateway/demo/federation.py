"""The demo's configuration: the example in `config/`, completed with keys and the parties' metadata."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from gateway.cli.fresh_keys import write_missing_keys
from gateway.cli.key_material import KeyKind, self_signed
from gateway.demo.eck_ids import write_eck_ids
from gateway.demo.people import (
    CLIENTS,
    EXAMPLE_SCHOOLS,
    GATEWAY_HOST,
    PROVIDERS,
    SCHOOLS,
    SERVICES,
    DemoSchool,
    DemoService,
)
from gateway.demo.relying_party import jwk
from gateway.demo.user_held import OPENID_CLIENT, address, write_user_held
from gateway.domain.clock import SystemClock
from gateway.federation.metadata.entities import Binding
from gateway.settings.loader import load
from gateway.xml.keys import SigningKey
from gateway.xml.namespaces import DS, MD, SAMLP

__all__ = ["OPENID_CLIENT", "address", "make_room", "write_federation"]

EXAMPLE = Path(__file__).parents[2] / "config"
EXAMPLE_PORT = 8080
_RSA_BITS = 2048
_MARK = ".sluis-demo"


@dataclass(frozen=True, slots=True)
class DemoFederation:
    """A configuration that `sluis serve` starts, and the keys and secrets of the parties in it, by id."""

    directory: Path
    port: int
    keys: dict[str, SigningKey]
    secrets: dict[str, str]

    @property
    def base_url(self) -> str:
        """The gateway's."""
        return address(GATEWAY_HOST, self.port)


def make_room(directory: Path) -> bool:
    """Remove what an earlier demo wrote here. False, and nothing is touched, when the directory holds anything else."""
    if directory.is_dir() and any(directory.iterdir()) and not (directory / _MARK).is_file():
        return False
    shutil.rmtree(directory, ignore_errors=True)
    return True


def write_federation(directory: Path, *, port: int, user_held: bool = False) -> DemoFederation:
    """Write the configuration into a directory that is not there yet; every party listens at this port.

    `user_held`: with mbo schools, eduID, guests and Nummervoorziening, which the example has not.
    """
    shutil.copytree(EXAMPLE, directory, ignore=shutil.ignore_patterns("keys", "var"))
    (directory / _MARK).write_text("Written by the demo, which removes this directory when it starts anew.\n", "utf-8")
    for path in directory.rglob("*.yaml"):
        path.write_text(path.read_text("utf-8").replace(f":{EXAMPLE_PORT}", f":{port}"), "utf-8")
    secrets = write_user_held(directory, port) if user_held else {}
    if user_held:
        write_eck_ids(directory, port)
    keys = {party.id: _key(party.id) for party in (*PROVIDERS, *SERVICES, *CLIENTS)}
    for school in SCHOOLS if user_held else EXAMPLE_SCHOOLS:
        path = directory / "identity-providers" / f"{school.id}.xml"
        path.write_text(idp_document(school, port, keys[school.id]), "utf-8")
    for service in SERVICES:
        path = directory / "services" / f"{service.id}.xml"
        path.write_text(sp_document(service, port, keys[service.id]), "utf-8")
    for client in CLIENTS:
        path = directory / "services" / f"{client.id}.jwks.json"
        path.write_text(json.dumps({"keys": [jwk(keys[client.id])]}, indent=1) + "\n", "utf-8")
    for _ in write_missing_keys(load(directory), rsa_bits=_RSA_BITS):
        pass
    return DemoFederation(directory, port, keys, secrets)


def idp_document(school: DemoSchool, port: int, key: SigningKey) -> str:
    """The metadata of a school's identity provider."""
    location = quoteattr(f"{address(school.host, port)}/sso")
    out = quoteattr(f"{address(school.host, port)}/slo")
    role = (
        f'<md:IDPSSODescriptor protocolSupportEnumeration="{SAMLP}">{_descriptor(key)}'
        f'<md:SingleLogoutService Binding="{Binding.REDIRECT}" Location={out}/>'
        f'<md:SingleSignOnService Binding="{Binding.REDIRECT}" Location={location}/></md:IDPSSODescriptor>'
    )
    return _entity(f"{address(school.host, port)}/metadata", role)


def sp_document(service: DemoService, port: int, key: SigningKey) -> str:
    """The metadata of a service."""
    location = quoteattr(f"{address(service.host, port)}/acs")
    out = quoteattr(f"{address(service.host, port)}/slo")
    signed = "true" if service.signs_requests else "false"
    role = (
        f'<md:SPSSODescriptor protocolSupportEnumeration="{SAMLP}" AuthnRequestsSigned="{signed}">{_descriptor(key)}'
        f'<md:SingleLogoutService Binding="{Binding.REDIRECT}" Location={out}/>'
        f'<md:AssertionConsumerService Binding="{Binding.POST}" Location={location} index="0" isDefault="true"/>'
        "</md:SPSSODescriptor>"
    )
    return _entity(f"{address(service.host, port)}/metadata", role)


def _entity(entity_id: str, role: str) -> str:
    return f'<md:EntityDescriptor xmlns:md="{MD}" entityID={quoteattr(entity_id)}>{role}</md:EntityDescriptor>'


def _descriptor(key: SigningKey) -> str:
    return (
        f'<md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="{DS}"><ds:X509Data><ds:X509Certificate>'
        f"{escape(key.certificate_base64)}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
    )


def _key(name: str) -> SigningKey:
    private_key = KeyKind(f"rsa-{_RSA_BITS}").make()
    return SigningKey(private_key, self_signed(private_key, name, SystemClock().now()))
