"""`make demo`: a complete federation on this machine, until Ctrl-C."""

import argparse
import http.client
import signal
import subprocess
import sys
from pathlib import Path
from queue import Empty, SimpleQueue

from rich.console import Console
from rich.table import Table

from gateway.demo.eck_ids import HASHES, provision
from gateway.demo.federation import EXAMPLE_PORT, address, make_room, write_federation
from gateway.demo.people import CLIENTS, GATEWAY_HOST, GUIDE_HOST, MBO, MBO_WITH_API, PROVIDERS, SERVICES
from gateway.demo.servers import HOSTS, is_free, parties
from gateway.domain.clock import SystemClock
from gateway.domain.randomness import SystemRandomness

_ATTEMPTS = 600


def main() -> int:
    """Write the configuration, start everybody, say where to click, wait."""
    parser = argparse.ArgumentParser(prog="python -m gateway.demo", description=__doc__)
    parser.add_argument("--port", type=int, default=EXAMPLE_PORT, help="port of every party (default %(default)s)")
    parser.add_argument("--directory", type=Path, default=Path("demo-data"), help="where the configuration goes")
    arguments = parser.parse_args()
    if not is_free(arguments.port):
        print(
            f"port {arguments.port} is taken on one of {', '.join(HOSTS)} (or this system has no such loopback "
            "addresses); choose another: make demo DEMO=--port=8090",
            file=sys.stderr,
        )
        return 1
    if not make_room(arguments.directory):
        print(
            f"{arguments.directory} holds something that is not the demo's; choose another directory", file=sys.stderr
        )
        return 1
    federation = write_federation(arguments.directory, port=arguments.port, user_held=True)
    provision(arguments.directory)
    told = SimpleQueue[int]()
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, lambda number, _: told.put(number))
    with parties(federation, clock=SystemClock(), randomness=SystemRandomness()):
        serve = [sys.executable, "-m", "gateway.cli", "serve", str(arguments.directory)]
        gateway = subprocess.Popen(serve, start_new_session=True)
        try:
            if not _ready(gateway, arguments.port, told):
                return 1
            _say(arguments.port, arguments.directory)
            while gateway.poll() is None and not told_to_stop(told, 1):
                pass
        finally:
            gateway.terminate()
            gateway.wait()
    return 0


def told_to_stop(told: SimpleQueue[int], seconds: float) -> bool:
    """Whether a signal came, waiting this long for it.

    A queue of this kind may be filled while its own `get` is interrupted, as a signal does. An event then waits for
    the lock that the interrupted call holds, for ever.
    """
    try:
        told.get(timeout=seconds)
    except Empty:
        return False
    return True


def _ready(gateway: "subprocess.Popen[bytes]", port: int, told: SimpleQueue[int]) -> bool:
    for _ in range(_ATTEMPTS):
        if gateway.poll() is not None or told_to_stop(told, 0.2):
            break
        connection = http.client.HTTPConnection(GATEWAY_HOST, port, timeout=2)
        try:
            connection.request("GET", "/health/ready")
            if connection.getresponse().status == 200:
                return True
        except OSError:
            continue
        finally:
            connection.close()
    print("the gateway did not start", file=sys.stderr)
    return False


def _say(port: int, directory: Path) -> None:
    table = Table(title="Who can log in where")
    for column in ("school", "person", "what to expect"):
        table.add_column(column, overflow="fold")
    for school in PROVIDERS:
        for person in school.people:
            table.add_row(school.name, f"{person.given_name}, {person.role}", person.expect)
    console = Console()
    console.print(table)
    for service in (*SERVICES, *CLIENTS):
        console.print(f"{service.name}: {address(service.host, port)}/")
    console.print(f"\nLinks, consents and what went: {address(GATEWAY_HOST, port)}/me")
    console.print(f"Accounts at two schools: {address(GATEWAY_HOST, port)}/link, and for a minor after that")
    console.print(f"  sluis links list {directory} --pending")
    console.print(f"  sluis links approve {directory} --link ID --school {MBO.brin} --reference FORM-1")
    console.print(f"ECK iDs of {MBO_WITH_API.name} by batch, as its administration's file of hashes lets it:")
    console.print(f"  sluis eckid batch hashes {directory} {directory / HASHES} --idp {MBO_WITH_API.id}")
    console.print(f"  sluis eckid batch follow {directory}")
    console.print(f"  sluis eckid batch start {directory} {MBO_WITH_API.brin}; sluis eckid batch follow {directory}")
    console.print(f"\nOpen {address(GUIDE_HOST, port)}/ and choose a service. Ctrl-C stops everything.")


if __name__ == "__main__":
    sys.exit(main())
