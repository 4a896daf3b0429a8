"""A running gateway fetches its metadata by itself, takes what is new, and warns of what it cannot fetch."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event

from tests.support.browser_like import Tab
from tests.support.child_process import Address, free_address, serving
from tests.support.configuration import FILES, aggregate, idp_document, signed, sp_document
from tests.support.held import HeldClock
from tests.support.metadata_server import metadata_server
from tests.support.sourced import FEDERATION, federation_document, write_sourced

SLUIS = (sys.executable, "-m", "gateway.cli")
ENVIRONMENT = {"PYTHONPATH": str(Path(__file__).parents[2])}
HOST = "127.0.0.33"


def _becomes(wanted: Callable[[], bool]) -> bool:
    pause = Event()
    return any(wanted() or pause.wait(0.1) for _ in range(1200)) and wanted()


def _refreshers(directory: Path) -> list[int]:
    wanted = f"metadata\0watch\0{directory}".encode()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if wanted in (process / "cmdline").read_bytes():
                found.append(int(process.name))
        except OSError:
            continue
    return found


def _health(address: Address) -> str:
    return Tab().open(f"{address.url}/health/ready").body


def test_fetches_at_the_start_takes_what_an_operator_fetched_and_ends_with_the_gateway(
    tmp_path: Path, clock: HeldClock
):
    address = free_address(HOST)
    gateway = FILES["gateway.yaml"].replace("https://login.example.nl", address.url)
    gateway = gateway.replace("listen: 127.0.0.1:8080", f"listen: {address.host}:{address.port}\nworkers: 2")
    (tmp_path / "var").mkdir()
    log, printed = tmp_path / "var/sluis.log", tmp_path / "var/printed.log"
    with metadata_server() as server:
        server.body = federation_document()
        sourced = write_sourced(tmp_path, server.url, clock, {"gateway.yaml": gateway})
        with serving((*SLUIS, "serve", tmp_path), address=address, log=printed, environment=ENVIRONMENT):
            assert _becomes(lambda: log.exists() and '"reloaded"' in log.read_text()), printed.read_text()
            assert sourced.source.document.read_bytes() == server.body
            assert len(_refreshers(tmp_path)) == 1
            assert _becomes(lambda: '"ready"' in _health(address))

            moved = idp_document(location="https://new.petteflat.example/sso")
            server.body = signed(aggregate(moved, sp_document()), FEDERATION)
            fetch = (*SLUIS, "metadata", "fetch", tmp_path)
            assert subprocess.run(fetch, check=False, capture_output=True, env=None).returncode == 0
            assert _becomes(lambda: log.read_text().count('"reloaded"') == 2)

            server.status = 503
            assert subprocess.run(fetch, check=False, capture_output=True, env=None).returncode == 1
            assert "it was answered with status 503" in _health(address)
            assert "degraded" in _health(address)
    assert _becomes(lambda: not _refreshers(tmp_path))
