"""What pages weigh and cost: bytes as they cross the wire, with style and scripts, and CPU of the gateway a page."""

import re
import statistics
import tempfile
import time
import zlib
from pathlib import Path

from flask.testing import FlaskClient

from gateway.app import create_app
from gateway.observability import log
from gateway.parts import assemble
from gateway.settings.loader import load
from gateway.storage import migrate
from tests.support.configuration import write_configuration

PATHS = {"home": "/", "error": "/nothing", "status": "/status", "accessibility": "/accessibility", "logout": "/logout"}
MOST_BYTES = 30_000
"""Of a page and all that it loads, compressed: a second on a bad line."""
MOST_CPU_MS = 5.0
_ROUNDS, _PAGES = 9, 20


def measure() -> dict[str, object]:
    """Bytes and milliseconds of each page. Raises RuntimeError for a page over its budget."""
    with tempfile.TemporaryDirectory() as directory:
        client = served(Path(directory))
        found = {name: _measured(client, path) for name, path in PATHS.items()}
    over = [name for name, (size, spent) in found.items() if size > MOST_BYTES or spent > MOST_CPU_MS]
    if over:
        raise RuntimeError(f"over the budget of {MOST_BYTES} bytes or {MOST_CPU_MS} ms: {', '.join(over)}: {found}")
    return {
        "page_bytes": {name: size for name, (size, _) in found.items()},
        "page_cpu_ms": {name: round(spent, 2) for name, (_, spent) in found.items()},
    }


def served(directory: Path) -> FlaskClient:
    """A gateway of a small federation."""
    settings = load(write_configuration(directory))
    log.configure(file=directory / "log", level="info")
    parts = assemble(settings)
    migrate.upgrade(parts.engine)
    return create_app(parts).test_client()


def _measured(client: FlaskClient, path: str) -> tuple[int, float]:
    return weight(client, path), spent(client, path)


def weight(client: FlaskClient, path: str) -> int:
    """Bytes of the page, and of each file of ours that it loads, as a proxy that compresses sends them."""
    page = client.get(path)
    loaded = set(re.findall(r'(?:href|src|srcset)="(/static/[^"]+)"', page.text))
    return sum(len(zlib.compress(body, 6)) for body in (page.data, *(client.get(one).data for one in loaded)))


def spent(client: FlaskClient, path: str) -> float:
    """Milliseconds of CPU of one page, in the median of rounds."""
    rounds = []
    for _ in range(_ROUNDS):
        begun = time.process_time_ns()
        for _ in range(_PAGES):
            client.get(path)
        rounds.append((time.process_time_ns() - begun) / _PAGES / 1e6)
    return statistics.median(rounds)
