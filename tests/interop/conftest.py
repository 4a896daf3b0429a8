"""The gateway between peers that share no code with it: who is there is started once, each on a site of its own."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from gateway.saml.name_id import PERSISTENT
from tests.support import mellon, node_saml, real_gateway, simplesamlphp
from tests.support.real_gateway import RealGateway

FEDERATION = Path(__file__).parent / "federation"


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The running gateway and its peers; None for a peer that cannot run here."""

    gateway: RealGateway
    two_schools: simplesamlphp.SimpleSamlPhp
    one_school: simplesamlphp.SimpleSamlPhp
    node: node_saml.NodeSaml | None
    mellon: mellon.Mellon | None
    application: simplesamlphp.SimpleSamlPhp


@pytest.fixture(scope="session")
def neighbours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Neighbours]:
    if reason := simplesamlphp.why_not():
        pytest.skip(reason)
    with ExitStack() as running:
        yield _started(running, tmp_path_factory.mktemp("interop"))


@pytest.fixture
def gateway(neighbours: Neighbours) -> RealGateway:
    return neighbours.gateway


@pytest.fixture
def two_schools(neighbours: Neighbours) -> simplesamlphp.SimpleSamlPhp:
    return neighbours.two_schools


@pytest.fixture
def one_school(neighbours: Neighbours) -> simplesamlphp.SimpleSamlPhp:
    return neighbours.one_school


@pytest.fixture
def node_service(neighbours: Neighbours) -> node_saml.NodeSaml:
    return neighbours.node or pytest.skip(_node_missing())


@pytest.fixture
def mellon_service(neighbours: Neighbours) -> mellon.Mellon:
    return neighbours.mellon or pytest.skip(mellon.why_not())


@pytest.fixture
def simplesamlphp_service(neighbours: Neighbours) -> simplesamlphp.SimpleSamlPhp:
    return neighbours.application


_node_missing = cache(node_saml.why_not)


def _started(running: ExitStack, directory: Path) -> Neighbours:
    """Start everybody. The peers learn of the gateway from its metadata before it serves, and it learns of them."""
    gateway = real_gateway.initialised(directory / "gateway", "127.0.0.20")
    two_schools = running.enter_context(
        simplesamlphp.identity_provider(directory / "two", "127.0.0.21", binding="HTTP-Redirect", signs="both")
    )
    one_school = running.enter_context(
        simplesamlphp.identity_provider(directory / "one", "127.0.0.22", binding="HTTP-POST", signs="assertion")
    )
    application = running.enter_context(
        simplesamlphp.application(directory / "app", "127.0.0.23", identity_provider=gateway.saml.idp_entity_id)
    )
    towards_services = gateway.metadata("idp")
    application.trust(towards_services)
    node = _node(running, directory / "node", towards_services)
    apache = _mellon(running, towards_services, gateway.certificate.read_text())
    services = {"simplesamlphp": application, "node-saml": node, "mellon": apache}
    _introduce(
        gateway,
        schools={"two-schools": two_schools.metadata(), "one-school": one_school.metadata()},
        services={name: service.metadata() for name, service in services.items() if service},
    )
    towards_schools = gateway.metadata("sp")
    two_schools.trust(towards_schools)
    one_school.trust(towards_schools)
    running.enter_context(real_gateway.served(gateway))
    return Neighbours(gateway, two_schools, one_school, node, apache, application)


def _node(running: ExitStack, directory: Path, metadata: str) -> node_saml.NodeSaml | None:
    if _node_missing():
        return None
    service = node_saml.service(directory, "127.0.0.24", metadata=metadata, name_id=PERSISTENT)
    return running.enter_context(service)


def _mellon(running: ExitStack, metadata: str, certificate: str) -> mellon.Mellon | None:
    if mellon.why_not():
        return None
    return running.enter_context(mellon.service("127.0.0.25", metadata=metadata, certificate=certificate))


def _introduce(gateway: RealGateway, *, schools: Mapping[str, str], services: Mapping[str, str]) -> None:
    """Put the entries of these parties, and the metadata that they publish, into the gateway's configuration."""
    entries = [
        *(FEDERATION / kind / "schools.yaml" for kind in ("schools", "identity-providers")),
        *(FEDERATION / kind / f"{name}.yaml" for kind in ("services", "agreements") for name in services),
    ]
    metadata = {f"identity-providers/{name}.xml": document for name, document in schools.items()}
    metadata |= {f"services/{name}.xml": document for name, document in services.items()}
    real_gateway.add(gateway, entries, metadata)
