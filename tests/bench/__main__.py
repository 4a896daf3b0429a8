"""`make bench`: complete logins against one worker, in CPU milliseconds of that worker, beside the bare cryptography.

Absolute times mean little on a shared machine; the ratio within one run does.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

from rich.console import Console
from rich.table import Table

from gateway.cli.init import write_configuration
from tests.bench.bare_crypto import cpu_ms, one_login
from tests.bench.parties import IDP_KEY, Driver, write_parties

_HOST, _PORT = "127.0.0.1", 8971
_TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")
_WARM_UP, _LOGINS, _REFUSED = 200, 2000, 200
_MEMORY_LOGINS = int(os.environ.get("BENCH_MEMORY_LOGINS", "10000"))


def main() -> int:
    """Measure, print a table, write build/bench.json."""
    with tempfile.TemporaryDirectory() as scratch:
        directory = Path(scratch) / "gateway"
        write_configuration(directory, base_url=f"http://{_HOST}:{_PORT}", rsa_bits=2048, environment="test")
        gateway_yaml = directory / "gateway.yaml"
        gateway_yaml.write_text(gateway_yaml.read_text("utf-8").replace("workers: 2", "workers: 1"), "utf-8")
        write_parties(directory)
        with _served(directory) as worker:
            results = _measure(worker)
    _report(results)
    return 0


def _measure(worker: int) -> dict[str, object]:
    driver = Driver(_HOST, _PORT)
    _repeat(driver.login, _WARM_UP)
    bare = one_login(driver.last_answer, IDP_KEY.private_key)
    before, walls, bare_ms = _cpu_ms_of(worker), [], []
    for _ in range(_LOGINS):
        # One after the other, so that both find the machine, its caches and its clock, in the same state.
        walls += _repeat(driver.login, 1)
        bare_ms.append(cpu_ms(bare))
    spent = (_cpu_ms_of(worker) - before) / _LOGINS
    crypto = statistics.mean(bare_ms)
    before = _cpu_ms_of(worker)
    for kind in range(_REFUSED):
        driver.refused_login(kind)
    refused = (_cpu_ms_of(worker) - before) / _REFUSED
    memory_before = _memory_mb(worker)
    _repeat(driver.login, _MEMORY_LOGINS)
    quantiles = statistics.quantiles(walls, n=100)
    return {
        "saml_saml": {
            "cpu_ms_per_login": round(spent, 2),
            "ratio_to_crypto": round(spent / crypto, 2),
            "p50_ms": round(quantiles[49], 2),
            "p95_ms": round(quantiles[94], 2),
            "p99_ms": round(quantiles[98], 2),
            "logins_per_s_core": round(1000 / spent),
            "refused_cpu_ms": round(refused, 2),
        },
        "crypto_ms": round(crypto, 2),
        "memory": {
            "logins": _MEMORY_LOGINS,
            "rss_mb_before": round(memory_before, 1),
            "rss_mb_after": round(_memory_mb(worker), 1),
        },
    }


def _repeat(work: Callable[[], None], times: int) -> list[float]:
    walls = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        walls.append((time.perf_counter() - begun) * 1000)
    return walls


def _cpu_ms_of(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * _TICK_MS


def _memory_mb(process: int) -> float:
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


@contextmanager
def _served(directory: Path) -> Iterator[int]:
    """The process id of the one worker of `sluis serve`."""
    gateway = subprocess.Popen([sys.executable, "-m", "gateway.cli", "serve", str(directory)])
    try:
        _wait_until_ready(gateway)
        children = Path(f"/proc/{gateway.pid}/task/{gateway.pid}/children").read_text().split()
        yield int(children[0])
    finally:
        gateway.terminate()
        gateway.wait()


def _wait_until_ready(gateway: "subprocess.Popen[bytes]") -> None:
    pause = threading.Event()
    for _ in range(100):
        connection = HTTPConnection(_HOST, _PORT, timeout=2)
        try:
            connection.request("GET", "/health/ready")
            if connection.getresponse().status == 200:
                return
        except OSError:
            pause.wait(0.2)
        finally:
            connection.close()
        if gateway.poll() is not None:
            break
    raise SystemExit("the gateway did not start")


def _report(results: dict[str, object]) -> None:
    table = Table(title="One worker, RSA-2048, eleven attributes, both signatures, signed request")
    table.add_column("figure")
    table.add_column("value", justify="right")
    for group, value in results.items():
        for name, figure in value.items() if isinstance(value, dict) else [("", value)]:
            table.add_row(f"{group} {name}".strip(), str(figure))
    Console().print(table)
    target = Path("build") / "bench.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(results, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    sys.exit(main())
