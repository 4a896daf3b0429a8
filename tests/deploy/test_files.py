"""Units and the compose file: parsed, and held to what they promise."""

import re
import shutil
import subprocess
from pathlib import Path

import click
import pytest
import yaml

from gateway.cli import main
from tests.support.container_engine import block

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
analyzed = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")


@analyzed
@pytest.mark.stranger
def test_units_are_understood(tmp_path: Path):
    for unit in (DEPLOY / "systemd").iterdir():
        # what they start need not be installed here
        (tmp_path / unit.name).write_text(unit.read_text().replace("/opt/sluis/bin/sluis", "/bin/true"))
    command = ("systemd-analyze", "verify", "--man=no", *sorted(tmp_path.iterdir()))
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert not [line for line in done.stderr.splitlines() if line.startswith(("sluis", str(tmp_path)))]


@analyzed
@pytest.mark.stranger
@pytest.mark.parametrize("unit", UNITS, ids=lambda one: one.stem)
def test_services_are_locked_in(unit: Path):
    command = ("systemd-analyze", "security", "--offline=true", "--threshold=20", unit)
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout[-300:]


def test_units_give_sluis_commands_and_options_that_it_has():
    lines = [line for unit in UNITS for line in unit.read_text().splitlines() if "=/opt/sluis/bin/sluis " in line]
    given = [line.partition("=")[2].split()[1:] for line in lines]
    assert {name for name, *_ in given} == {"serve", "reload", "purge"}
    for name, *rest in given:
        context = click.Context(main)
        command = main.get_command(context, name)
        assert command is not None
        command.make_parser(context).parse_args(rest)


def test_every_timer_has_its_service():
    timers = {timer.stem for timer in (DEPLOY / "systemd").glob("*.timer")}
    assert timers == {"sluis-purge", "sluis-backup"}
    assert timers <= {unit.stem for unit in UNITS}


@pytest.fixture(scope="module")
def compose() -> dict:
    return yaml.safe_load((DEPLOY / "compose/compose.yaml").read_text())


def test_what_compose_mounts_and_builds_from_is_there(compose: dict):
    made_by_operators = {"./config", "./tls", "./secrets/postgresql", "./backups"}
    named = {volume.split(":")[0] for one in compose["services"].values() for volume in one.get("volumes", ())}
    named |= {secret["file"] for secret in compose["secrets"].values()}
    for path in named - made_by_operators - set(compose["volumes"]):
        assert (DEPLOY / "compose" / path).resolve().exists(), path
    build = compose["services"]["gateway-1"]["build"]
    lock = re.fullmatch(r"\$\{SLUIS_LOCK:-(.+)\}", build["args"]["LOCK"])
    assert lock
    assert (ROOT / "requirements" / f"{lock[1]}.lock").is_file()
    assert (ROOT / "requirements/run-opentelemetry.lock").is_file()
    assert (DEPLOY / "compose" / build["context"] / build["dockerfile"]).resolve() == DEPLOY / "Containerfile"


def test_services_of_compose_have_no_more_rights_than_they_need(compose: dict):
    for name, service in compose["services"].items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert name == "nginx" or "user" in service, name
        assert name == "nginx" or "ports" not in service, name


def test_compose_starts_by_one_command_and_keeps_stores_apart(compose: dict):
    services = compose["services"]
    for name in ("gateway-1", "gateway-2"):
        # podman starts nothing that depends on what has ended; a gateway whose schema is not there yet ends by itself
        assert set(services[name]["depends_on"]) == {"redis", "postgresql"}
        assert services[name]["restart"] == "always"
    assert services["schema"]["command"] == ["db", "upgrade", "/etc/sluis"]
    assert services["schema"]["restart"] == "on-failure"
    assert compose["networks"]["inside"] == {"internal": True}
    for name in ("redis", "postgresql", "backup"):
        assert services[name]["networks"] == ["inside"]
    assert "inside" not in services["nginx"]["networks"]


def test_gateways_of_compose_and_nobody_else_reach_a_collector_outside(compose: dict):
    outside = {name for name, one in compose["services"].items() if "outside" in one["networks"]}
    assert outside == {"gateway-1", "gateway-2"}
    assert compose["networks"]["outside"] == {}


def test_nginx_of_compose_knows_the_gateways_of_compose_and_they_know_it(compose: dict):
    services = compose["services"]
    servers = re.findall(r"server ([0-9.]+):8080", (DEPLOY / "compose/upstream.conf").read_text())
    gateways = [one for name, one in services.items() if name.startswith("gateway-")]
    assert servers == [one["networks"]["front"]["ipv4_address"] for one in gateways]
    # it stays while they are replaced
    assert "depends_on" not in services["nginx"]
    [address] = yaml.safe_load(block("trusted_proxies", "yaml"))["trusted_proxies"]
    assert address == services["nginx"]["networks"]["front"]["ipv4_address"]
