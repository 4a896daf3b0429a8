"""`make engine`: the image, built and run as docs/guides/deploy.md says, by root or another user; a login through it.

Not among what `make test` runs: it needs podman or docker, and the images that it is built on.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import yaml

from gateway.cli.init import write_configuration
from tests.bench.parties import Driver, write_parties
from tests.support.browser_like import Tab
from tests.support.child_process import Address, free_address, listens
from tests.support.container_engine import ENGINES, USER, Engine, block, why_not
from tests.support.patient import patient
from tests.support.server_process import eventually

pytestmark = pytest.mark.stranger
_RUN = "podman run -d --name sluis "


@dataclass(frozen=True)
class Running:
    """A container that is ready, and where it is published."""

    engine: Engine
    name: str
    address: Address


@pytest.fixture(scope="module", params=ENGINES, ids=lambda one: one.name)
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    engine: Engine = request.param
    if reason := why_not(engine):
        pytest.skip(reason)
    address = free_address("127.0.0.1")
    place = tmp_path_factory.mktemp("engine")
    configuration = place / "config"
    write_configuration(configuration, base_url=address.url, rsa_bits=2048, environment="test")
    write_parties(patient(configuration))
    path = configuration / "gateway.yaml"
    settings = yaml.safe_load(path.read_text()) | {"listen": "0.0.0.0:8080", "log": {"file": None}, "pid_file": None}
    path.write_text(yaml.safe_dump(settings))
    (configuration / "var").mkdir()
    (configuration / "var").chmod(0o1777)
    engine.give(configuration, USER)
    name = f"sluis-engine-{os.getpid()}"
    try:
        engine.types(_here(engine, name, address), place)
        eventually(lambda: listens(address) and engine.is_healthy(name), "the container is healthy")
        yield Running(engine, name, address)
    finally:
        engine.run("rm", "-f", name)
        engine.give(configuration, 0)


def _here(engine: Engine, name: str, address: Address) -> str:
    """The guide's command, with a name and a port that are free; podman adds no place to write to of its own."""
    command = block(_RUN)
    for old, new in (
        ("--name sluis ", f"--name {name} "),
        ("127.0.0.1:8080:", f"{address.host}:{address.port}:"),
    ):
        assert command.count(old) == 1
        command = command.replace(old, new)
    if engine.name == "podman":
        command = command.replace("--read-only ", "--read-only --read-only-tmpfs=false ")
    return engine.words(command)


def test_a_login_goes_through_it(running: Running):
    assert Tab().open(f"{running.address.url}/health/ready").status == 200
    driver = Driver(running.address.host, running.address.port)
    driver.login()
    driver.close()


def test_it_has_no_rights_and_nothing_to_write_but_memory(running: Running):
    told = running.engine.run("exec", running.name, "cat", "/proc/1/status").stdout
    said = dict(line.split(":\t", 1) for line in told.splitlines() if ":\t" in line)
    assert said["Uid"].split() == [str(USER)] * 4
    assert {said[one] for one in ("CapEff", "CapPrm", "CapBnd")} == {"0" * 16}
    assert said["NoNewPrivs"] == "1"
    for place in ("/x", "/opt/sluis/x", "/etc/sluis/x", "/usr/x"):
        tried = running.engine.run("exec", running.name, "touch", place)
        assert tried.returncode != 0, place
        assert "Read-only file system" in tried.stderr, place


def test_it_says_how_its_health_is_asked_for_and_is_compiled(running: Running):
    taken = running.engine.inspected(running.name)["Config"]
    assert "/health/live" in " ".join(taken["Healthcheck"]["Test"])
    assert taken["User"] == f"{USER}:{USER}"
    count = "find /opt/sluis/lib -name '*.py*' | sed 's/.*\\.//' | sort | uniq -c"
    told = running.engine.run("exec", running.name, "sh", "-c", count).stdout.split()
    found = dict(zip(told[1::2], map(int, told[::2]), strict=True))
    assert found["pyc"] == found["py"] > 1000


def test_it_stops_when_it_is_asked_to(running: Running):
    assert running.engine.run("stop", "--time", "60", running.name).returncode == 0
    assert running.engine.inspected(running.name)["State"]["ExitCode"] == 0
