"""A test school and a test service beside an operator's own gateway."""

import socket
import sys
from pathlib import Path

import pytest

from gateway.cli.init import write_configuration
from gateway.demo import beside as command
from gateway.demo.beside import TEST_SCHOOL, TEST_SERVICE, beside
from gateway.domain.clock import SystemClock
from gateway.domain.randomness import SystemRandomness
from gateway.settings.loader import load
from tests.support.browser_like import Tab
from tests.support.demo import free_port


def configuration(directory: Path, environment: str, port: int) -> Path:
    base_url = f"http://127.0.0.1:{port}"
    write_configuration(directory, base_url=base_url, rsa_bits=2048, environment=environment)
    return directory


def written(directory: Path, port: int) -> tuple[str, ...]:
    """What it wrote by the time that both are there."""
    settings = load(directory)
    with beside(directory, settings, port, clock=SystemClock(), randomness=SystemRandomness()) as files:
        for host, title in ((TEST_SERVICE.host, TEST_SERVICE.name), (TEST_SCHOOL.host, "")):
            assert title in Tab().open(f"http://{host}:{port}/").body
        return files


def test_started_again_it_writes_nothing_and_leaves_the_entries_as_their_operator_changed_them(tmp_path: Path) -> None:
    port = free_port()
    directory = configuration(tmp_path / "etc", "test", port)
    first = written(directory, port)
    assert set(first) == {
        *(f"{kind}/{name}.yaml" for kind, name in (("schools", "test-school"), ("agreements", "test-service"))),
        *(f"identity-providers/test-school.{kind}" for kind in ("yaml", "xml")),
        *(f"services/test-service.{kind}" for kind in ("yaml", "xml")),
    }
    service = directory / "services/test-service.yaml"
    service.write_text(service.read_text().replace(", given_name: greeting", ""))
    assert written(directory, port) == ()
    assert "given_name" not in service.read_text()


def test_at_another_port_the_metadata_says_so_and_the_keys_stay(tmp_path: Path) -> None:
    port, other = free_port(), free_port()
    directory = configuration(tmp_path / "etc", "test", port)
    written(directory, port)
    before = (directory / "services/test-service.xml").read_text()
    assert set(written(directory, other)) == {"identity-providers/test-school.xml", "services/test-service.xml"}
    assert (directory / "services/test-service.xml").read_text() == before.replace(f":{port}/", f":{other}/")


def test_its_keys_are_for_its_owner_alone(tmp_path: Path) -> None:
    port = free_port()
    directory = configuration(tmp_path / "etc", "test", port)
    written(directory, port)
    private = list((directory / "var/test-parties").glob("*.key"))
    assert [path.stat().st_mode & 0o077 for path in private] == [0, 0]


def test_beside_a_gateway_for_real_people_there_is_no_school_where_anybody_may_be_anybody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    directory = configuration(tmp_path / "etc", "production", 8080)
    monkeypatch.setattr(sys, "argv", ["beside", str(directory)])
    assert command.main() == 1
    assert "`environment: production`" in capsys.readouterr().err
    assert not list(directory.rglob("test-*"))


def test_a_port_that_is_taken_is_named_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as taken:
        taken.bind((TEST_SERVICE.host, 0))
        taken.listen()
        port = taken.getsockname()[1]
        directory = configuration(tmp_path / "etc", "test", port)
        monkeypatch.setattr(sys, "argv", ["beside", str(directory)])
        assert command.main() == 1
    assert f"port {port} is taken at {TEST_SCHOOL.host} or {TEST_SERVICE.host}" in capsys.readouterr().err
    assert not list(directory.rglob("test-*"))
