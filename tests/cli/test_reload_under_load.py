"""Reloads in the middle of logins: not one of them fails, whatever the new configuration is."""

import json
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest
from lxml import etree

from gateway.cli.init import write_configuration
from tests.support.child_process import free_address
from tests.support.reloaded import ENVIRONMENT, HOST, SERVING, SLUIS, Person, Running, running

pytestmark = pytest.mark.untraced

USERS = 50
RELOADS = 20
BETWEEN = 10
"""Logins that end before the next reload begins."""


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("reloaded") / "gateway") as served:
        yield served


def _log_in_until(done: Event, gateway: Running, taken: list[int], finished: list[int]) -> int:
    """Until it is done; each login adds to `finished` how many reloads had been taken by then."""
    person = Person(gateway.address.host, gateway.address.port)
    logins = 0
    while not done.is_set():
        person.login()
        logins += 1
        finished.append(len(taken))
        # People read what they opened; without that, fifty of them would wait for the machine and not for the reload.
        done.wait(3)
    return logins


def test_fifty_people_log_in_during_twenty_reloads_and_nobody_notices(gateway: Running):
    done = Event()
    taken: list[int] = []
    finished: list[int] = []
    with ThreadPoolExecutor(USERS) as people:
        logging_in = [people.submit(_log_in_until, done, gateway, taken, finished) for _ in range(USERS)]
        try:
            for number in range(RELOADS):
                assert gateway.becomes(lambda before=number: finished.count(before) >= BETWEEN), f"before {number}"
                gateway.rename(f"Naam {number}")
                gateway.reload()
                assert gateway.becomes(lambda wanted=number + 1: gateway.taken() == wanted), f"reload {number}"
                taken.append(number)
        finally:
            done.set()
        logins = [one.result() for one in logging_in]

    assert min(logins) >= 1
    assert sum(logins) >= BETWEEN * RELOADS, "there was a load"
    assert gateway.shows(f"Naam {RELOADS - 1}<")


def test_one_that_is_wrong_changes_nothing_and_health_says_so(gateway: Running):
    sound = (gateway.directory / "gateway.yaml").read_text()
    before = gateway.settled()
    (gateway.directory / "gateway.yaml").write_text("base_url: nowhere\n")
    gateway.reload()

    assert gateway.shows(" errors; the gateway goes on", "/health/ready")
    assert json.loads(gateway.get("/health/ready")[1])["status"] == "degraded"
    assert gateway.get("/health/ready")[0] == 200, "a balancer leaves it where it is"
    assert gateway.workers() == before
    assert "gateway.yaml:1: base_url: a base URL is scheme and host" in gateway.said()
    assert ' errors", "event": "reload_refused"' in gateway.said(), "the log has the reason"

    _take(gateway, gateway.directory / "gateway.yaml", sound)
    assert gateway.shows('"ready"', "/health/ready")


def test_an_agreement_is_suspended_from_one_reload_to_another(gateway: Running):
    agreement = gateway.directory / "agreements/bench.yaml"
    sound = agreement.read_text()
    person = Person(gateway.address.host, gateway.address.port)

    _take(gateway, agreement, sound.replace("}", ", suspended: Onderzoek loopt}"))
    for _ in range(4):
        attempt, request = person.begin()
        status, page = person.answer(attempt, etree.tostring(person.response(request)))
        assert (status, "agreement_suspended" in page, "Onderzoek" in page) == (403, True, False)

    _take(gateway, agreement, sound)
    for _ in range(4):
        person.login()


def _take(gateway: Running, file: Path, text: str) -> None:
    """One reload, until the workers of before are gone."""
    before, taken = gateway.settled(), gateway.taken()
    file.write_text(text)
    gateway.reload()
    assert gateway.becomes(lambda: gateway.taken() == taken + 1)
    assert gateway.becomes(lambda: not before & gateway.workers())


def test_workers_that_cannot_start_with_it_leave_the_old_ones_at_work(gateway: Running):
    in_the_way = gateway.directory / "no-worker-starts"
    in_the_way.touch()
    before = gateway.settled()
    gateway.reload()

    assert gateway.shows("refused: no worker can start with it", "/health/ready")
    assert gateway.becomes(lambda: gateway.workers() == before)
    Person(gateway.address.host, gateway.address.port).login()

    in_the_way.unlink()
    sound = gateway.directory / "gateway.yaml"
    _take(gateway, sound, sound.read_text())
    assert gateway.shows('"ready"', "/health/ready")


def test_a_start_without_workers_says_so_and_leaves_nothing_running(tmp_path: Path):
    write_configuration(tmp_path / "gateway", base_url="http://127.0.0.1:8080", rsa_bits=2048, environment="test")
    gateway = tmp_path / "gateway/gateway.yaml"
    address = free_address(HOST)
    gateway.write_text(gateway.read_text().replace("127.0.0.1:8080", f"{address.host}:{address.port}"))
    (tmp_path / "gateway/no-worker-starts").touch()
    done = subprocess.run(
        (*SERVING, tmp_path / "gateway"), check=False, capture_output=True, text=True, timeout=300, env=ENVIRONMENT
    )
    assert done.returncode == 3
    assert "Worker failed to boot" in done.stderr
    assert "Traceback" not in done.stderr


def test_another_address_to_listen_at_needs_a_new_start(gateway: Running):
    sound = (gateway.directory / "gateway.yaml").read_text()
    (gateway.directory / "gateway.yaml").write_text(sound.replace(str(gateway.address.port), "9"))
    gateway.reload()
    assert gateway.shows("to listen elsewhere it must be started anew", "/health/ready")

    _take(gateway, gateway.directory / "gateway.yaml", sound)
    assert gateway.shows('"ready"', "/health/ready")


def _sluis_reload(gateway: Running, *options: str) -> "subprocess.CompletedProcess[str]":
    command = (*SLUIS, "reload", gateway.directory, *options)
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=300)


def test_the_command_reloads_and_refuses_before_anything_is_sent(gateway: Running):
    sound = (gateway.directory / "gateway.yaml").read_text()
    gateway.rename("Van de opdracht")
    before = gateway.settled()
    done = _sluis_reload(gateway)
    assert done.returncode == 0, done.stderr
    assert f"process {gateway.process.pid} has taken the new configuration" in done.stdout
    assert not before & gateway.workers(), "when it says so nobody answers by the one before"
    assert "Van de opdracht<" in gateway.get("/saml/metadata/sp")[1]

    taken = gateway.taken()
    (gateway.directory / "gateway.yaml").write_text("base_url: nowhere\n")
    done = _sluis_reload(gateway)
    assert done.returncode == 1
    assert "base_url: a base URL" in done.stderr
    (gateway.directory / "gateway.yaml").write_text(sound)
    assert gateway.taken() == taken


def test_the_command_says_why_the_gateway_does_not_take_it(gateway: Running):
    in_the_way = gateway.directory / "no-worker-starts"
    in_the_way.touch()
    done = _sluis_reload(gateway)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(
        f"refused: no worker can start with it; process {gateway.process.pid} goes on with the configuration"
    )
    in_the_way.unlink()
    done = _sluis_reload(gateway, "--wait", "0")
    assert (done.returncode, "what becomes of it is in its log" in done.stdout) == (0, True)
    done = _sluis_reload(gateway)
    assert done.returncode == 0, "it waits for its own, and not for the one before"


def test_a_second_gateway_on_one_configuration_is_refused(gateway: Running):
    done = subprocess.run(
        (*SLUIS, "serve", gateway.directory), check=False, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 1
    assert "serves this configuration already" in done.stderr
