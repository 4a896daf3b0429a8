"""`make engine`: the image that was built, run as docs/guides/deploy.md says; a login through it.

Not among what `make test` runs: it needs podman, root, and the image that `podman build` makes of deploy/Containerfile.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from gateway.cli.init import write_configuration
from tests.bench.parties import Driver, write_parties
from tests.support.browser_like import Tab
from tests.support.child_process import Address, free_address, listens
from tests.support.patient import patient
from tests.support.server_process import eventually

IMAGE = "localhost/sluis:0.1.0"
USER = 65532
LOCKED = ("--read-only", "--read-only-tmpfs=false", "--cap-drop=ALL", "--security-opt", "no-new-privileges")
MEMORY = ("--tmpfs", "/tmp:mode=1777,size=64m", "--tmpfs", "/etc/sluis/var:mode=1777,size=256m")


def podman(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(("podman", *arguments), capture_output=True, text=True, check=False, timeout=300)


def why_not() -> str | None:
    """Why no container can be run here, in one line."""
    if shutil.which("podman") is None:
        return "podman is not installed"
    if os.getuid() != 0:
        return "files for the image's user are made by root alone"
    if podman("image", "exists", IMAGE).returncode != 0:
        return f"{IMAGE} was not built: docs/guides/deploy.md says how"
    tried = podman("run", "--rm", "--network", "none", "--no-healthcheck", IMAGE, "--version")
    return f"podman runs nothing here: {tried.stderr.strip()[-200:]}" if tried.returncode else None


REASON = why_not()
pytestmark = [
    pytest.mark.stranger,
    pytest.mark.skipif(REASON is not None, reason=REASON or ""),
]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Address]]:
    """The name of a container that is ready, and where it is published."""
    address = free_address("127.0.0.1")
    directory = tmp_path_factory.mktemp("engine") / "config"
    write_configuration(directory, base_url=address.url, rsa_bits=2048, environment="test")
    write_parties(patient(directory))
    path = directory / "gateway.yaml"
    settings = yaml.safe_load(path.read_text()) | {"listen": "0.0.0.0:8080", "log": {"file": None}, "pid_file": None}
    path.write_text(yaml.safe_dump(settings))
    for entry in (directory, *directory.rglob("*")):
        shutil.chown(entry, USER, USER)
    (directory / "var").mkdir()
    (directory / "var").chmod(0o1777)
    name = f"sluis-engine-{os.getpid()}"
    published = f"{address.host}:{address.port}:8080"
    started = podman(
        "run", "-d", "--name", name, *LOCKED, *MEMORY, "-p", published, "-v", f"{directory}:/etc/sluis:ro", IMAGE
    )
    try:
        assert started.returncode == 0, started.stderr
        eventually(
            lambda: listens(address) and podman("healthcheck", "run", name).returncode == 0, "the container is healthy"
        )
        yield name, address
    finally:
        podman("rm", "-f", name)


def test_a_login_goes_through_it(running: tuple[str, Address]):
    _, address = running
    assert Tab().open(f"{address.url}/health/ready").status == 200
    driver = Driver(address.host, address.port)
    driver.login()
    driver.close()


def test_it_has_no_rights_and_nothing_to_write_but_memory(running: tuple[str, Address]):
    name, _ = running
    told = podman("exec", name, "cat", "/proc/1/status").stdout
    said = dict(line.split(":\t", 1) for line in told.splitlines() if ":\t" in line)
    assert said["Uid"].split() == [str(USER)] * 4
    assert {said[one] for one in ("CapEff", "CapPrm", "CapBnd")} == {"0" * 16}
    assert said["NoNewPrivs"] == "1"
    for place in ("/x", "/opt/sluis/x", "/etc/sluis/x", "/usr/x"):
        tried = podman("exec", name, "touch", place)
        assert tried.returncode != 0, place
        assert "Read-only file system" in tried.stderr, place


def test_the_image_says_how_its_health_is_asked_for():
    [inspected] = json.loads(podman("image", "inspect", IMAGE).stdout)
    assert "/health/live" in " ".join(inspected["Healthcheck"]["Test"])
    assert inspected["User"] == f"{USER}:{USER}"


def test_it_stops_when_it_is_asked_to(running: tuple[str, Address]):
    name, _ = running
    assert podman("stop", "--time", "60", name).returncode == 0
    [inspected] = json.loads(podman("inspect", name).stdout)
    assert inspected["State"]["ExitCode"] == 0
