"""A configuration whose parties come from a metadata source, and its fetches in this process."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding

from gateway.federation.build import build
from gateway.federation.metadata.parties import configured_entities
from gateway.federation.metadata.refresh import MAX_BYTES, Fetched, fetch
from gateway.federation.metadata.sources import ConfiguredSource, configured
from gateway.federation.models import IdentityProvider, IdpId
from gateway.settings.keys import load_keys
from gateway.settings.loader import Settings, load
from gateway.settings.problems import Problem
from gateway.web.outgoing import OutgoingHttp
from gateway.xml.keys import SigningKey
from tests.support.configuration import (
    FILES,
    IDP_ENTITY,
    SP_ENTITY,
    aggregate,
    idp_document,
    signed,
    sp_document,
    write_configuration,
)
from tests.support.held import HeldClock
from tests.support.signing_keys import signing_key

FEDERATION = signing_key("federation")
IDP_FILE, SERVICE_FILE = "identity-providers/petteflat.yaml", "services/leesplein.yaml"


def federation_document(*more: bytes, key: SigningKey = FEDERATION, attributes: str = 'ID="_all"') -> bytes:
    """The signed aggregate with both parties of the configuration."""
    return signed(aggregate(idp_document(), sp_document(), *more, attributes=attributes), key)


def others(count: int) -> tuple[bytes, ...]:
    """Identity providers that are nobody's party."""
    return tuple(idp_document(f"https://other-{number}.example/metadata") for number in range(count))


@dataclass
class Sourced:
    """The configuration in a directory."""

    directory: Path
    clock: HeldClock

    @property
    def settings(self) -> Settings:
        return load(self.directory)

    @property
    def source(self) -> ConfiguredSource:
        problems: list[Problem] = []
        (found,) = configured(self.settings, load_keys(self.settings).sealing.active, problems)
        assert not problems
        return found

    def fetch(self, *, accept: bool = False, seconds: float = 1.0, max_bytes: int = MAX_BYTES) -> Fetched:
        """One fetch, over a real connection."""
        http = OutgoingHttp(seconds=seconds, max_bytes=max_bytes)
        parties = configured_entities(self.settings, "federation")
        return fetch(self.source, http, now=self.clock.now(), configured=parties, accept=accept)

    def idp(self) -> IdentityProvider | None:
        """What a login would see."""
        federation, _ = build(self.settings, clock=self.clock, key=load_keys(self.settings).sealing.active)
        return federation.identity_providers.get(IdpId("petteflat"))

    def said(self) -> str:
        """Problems that keep nobody else from logging in."""
        return "\n".join(map(str, build(self.settings, clock=self.clock)[1]))


def write_sourced(
    directory: Path, url: str, clock: HeldClock, changed: Mapping[str, str | bytes] | None = None
) -> Sourced:
    """The sound configuration, with both parties in a source at this address."""
    files: dict[str, str | bytes] = {
        "metadata/federation.yaml": f"id: federation\nurl: {url}\ncertificates: [federation.crt]\n",
        "metadata/federation.crt": FEDERATION.certificate.public_bytes(Encoding.PEM),
        IDP_FILE: FILES[IDP_FILE].replace(
            "metadata: petteflat.xml", f"metadata_source: federation\n  entity_id: {IDP_ENTITY}"
        ),
        SERVICE_FILE: FILES[SERVICE_FILE].replace(
            "metadata: leesplein.xml", f"metadata_source: federation\nentity_id: {SP_ENTITY}"
        ),
        **(changed or {}),
    }
    write_configuration(directory, files)
    return Sourced(directory, clock)
