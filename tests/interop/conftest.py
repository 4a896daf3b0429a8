"""The gateway between peers that share no code with it: who is there is started once, each on a site of its own."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from tests.support import mellon, node_saml, real_gateway, simplesamlphp
from tests.support.http_browser import Browser
from tests.support.real_gateway import RealGateway

FEDERATION = Path(__file__).parent / "federation"
PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The running gateway and its peers; None for a peer that cannot run here."""

    gateway: RealGateway
    school: simplesamlphp.SimpleSamlPhp
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
def school(neighbours: Neighbours) -> simplesamlphp.SimpleSamlPhp:
    return neighbours.school


@pytest.fixture
def node_service(neighbours: Neighbours) -> node_saml.NodeSaml:
    return neighbours.node or pytest.skip(_node_missing())


@pytest.fixture
def mellon_service(neighbours: Neighbours) -> mellon.Mellon:
    return neighbours.mellon or pytest.skip(mellon.why_not())


@pytest.fixture
def simplesamlphp_service(neighbours: Neighbours) -> simplesamlphp.SimpleSamlPhp:
    return neighbours.application


@pytest.fixture
def browser() -> Browser:
    return Browser()


_node_missing = cache(node_saml.why_not)


def _started(running: ExitStack, directory: Path) -> Neighbours:
    """Start everybody. The peers learn of the gateway from its metadata before it serves, and it learns of them."""
    gateway = real_gateway.initialised(directory / "gateway", "127.0.0.20")
    towards_services, certificate = gateway.metadata("idp"), gateway.certificate.read_text()
    school = running.enter_context(simplesamlphp.identity_provider(directory / "school", "127.0.0.21"))
    application = running.enter_context(
        simplesamlphp.application(directory / "application", "127.0.0.22", identity_provider=gateway.saml.idp_entity_id)
    )
    application.trust(towards_services)
    node = (
        None
        if _node_missing()
        else running.enter_context(
            node_saml.service(
                directory / "node",
                "127.0.0.23",
                single_sign_on=gateway.saml.single_sign_on,
                certificate=certificate,
                name_id=PERSISTENT,
            )
        )
    )
    apache = (
        None
        if mellon.why_not()
        else running.enter_context(mellon.service("127.0.0.24", metadata=towards_services, certificate=certificate))
    )
    services = {"simplesamlphp": application, "node-saml": node, "mellon": apache}
    present = {name: service.metadata() for name, service in services.items() if service}
    real_gateway.add(gateway, _entries(present), _metadata(school, present))
    school.trust(gateway.metadata("sp"))
    running.enter_context(real_gateway.served(gateway))
    return Neighbours(gateway, school, node, apache, application)


def _entries(services: dict[str, str]) -> Iterator[Path]:
    for kind in ("schools", "identity-providers"):
        yield from sorted((FEDERATION / kind).glob("*.yaml"))
    for kind in ("services", "agreements"):
        yield from (FEDERATION / kind / f"{name}.yaml" for name in services)


def _metadata(school: simplesamlphp.SimpleSamlPhp, services: dict[str, str]) -> dict[str, str]:
    documents = {f"services/{name}.xml": document for name, document in services.items()}
    return {"identity-providers/simplesamlphp.xml": school.metadata(), **documents}
