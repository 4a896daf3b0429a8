"""A gateway that asks Nummervoorziening, a stand-in on its own port."""

import shutil
from pathlib import Path

import pytest

from gateway.cli import eckid_batch, eckid_world
from gateway.demo.federation import write_federation
from gateway.demo.nummervoorziening import CHAIN, SECTORS, StandIn
from gateway.demo.nummervoorziening_server import serve
from tests.support.asked_eck_ids import FILE, OIN, change, sluis
from tests.support.held import HeldClock
from tests.support.tls_front import authority


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory):
    ca = authority(tmp_path_factory.mktemp("nummervoorziening"), "ca")
    certificate, key = ca.issue("service", "127.0.0.1")
    stand_in = StandIn()
    server = serve(stand_in, certificate=certificate, key=key, authorities=ca.ca)
    yield f"https://127.0.0.1:{server.server_address[1]}/", ca, stand_in
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def configured(tmp_path_factory: pytest.TempPathFactory, service) -> Path:
    url, ca, _ = service
    made = tmp_path_factory.mktemp("eckid") / "gateway"
    write_federation(made, port=8080)
    certificate, key = ca.issue("gateway")
    for name, path in (("nv.pem", certificate), ("nv.key", key), ("nv-ca.pem", ca.ca)):
        shutil.copy(path, made / "keys" / name)
    gateway = made / "gateway.yaml"
    gateway.write_text(
        f"{gateway.read_text('utf-8')}\nnummervoorziening:\n  url: {url}\n"
        "  certificate: keys/nv.pem\n  key: keys/nv.key\n"
        f"  authorities: keys/nv-ca.pem\n  chain: {CHAIN}\n  sectors: {{po: {SECTORS['Primair onderwijs']}}}\n",
        "utf-8",
    )
    idp = made / "identity-providers/regenboog.yaml"
    idp.write_text(
        idp.read_text("utf-8").replace("eck_id: [assertion]", "eck_id: [assertion, vault, nummervoorziening]"), "utf-8"
    )
    change(made / "schools/schools.yaml", "- brin: 99XA\n", f"- brin: 99XA\n  oin: {OIN}\n")
    return made


@pytest.fixture
def directory(configured: Path, tmp_path: Path, service) -> Path:
    service[2].__dict__.update(StandIn(rounds=0).__dict__)
    return Path(shutil.copytree(configured, tmp_path / "gateway"))


@pytest.fixture
def provisioned(directory: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three learners with stampseudonyms, one of them not found in the register; a clock that nobody waits for."""
    clock = HeldClock()
    monkeypatch.setattr(eckid_world, "SystemClock", lambda: clock)
    monkeypatch.setattr(eckid_batch.time, "sleep", lambda seconds: clock.forward(seconds=seconds))
    assert sluis("db", "upgrade", directory).exit_code == 0
    (directory / "learners.csv").write_text(FILE, "utf-8")
    assert sluis("vault", "import", directory, directory / "learners.csv", "--idp", "regenboog").exit_code == 0
    return directory
