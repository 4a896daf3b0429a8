"""Back-ups as an operator makes and uses them: everything lasting comes back, and a spoilt one is refused."""

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest
import yaml
from sqlalchemy import text

from gateway.app import create_app
from gateway.cli.init import write_configuration
from gateway.parts import assemble, lasting_engine
from gateway.settings.loader import load
from gateway.storage import migrate
from tests.bench.parties import write_parties
from tests.flows.test_memory import InProcess
from tests.support import postgresql_server

SCRIPTS = Path(__file__).parents[2] / "deploy/backup"
SLUIS = Path(sys.executable).with_name("sluis")


def run(script: str, *arguments: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    if postgresql_server._PROGRAMS is not None:
        path = f"{postgresql_server._PROGRAMS}:{path}"
    return subprocess.run(
        (SCRIPTS / script, *arguments),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env={"PATH": path, "SLUIS": str(SLUIS), **environment},
    )


def used(directory: Path, url: str | None = None) -> Path:
    """A configuration under which two pupils logged in."""
    write_configuration(directory, base_url="http://127.0.0.1:8971", rsa_bits=2048, environment="test")
    write_parties(directory)
    (directory / "var").mkdir(exist_ok=True)
    (directory / "var/sluis.log").write_text("a log\n")
    if url is not None:
        point(directory, url)
    with logins(directory):
        pass
    return directory


def point(directory: Path, url: str) -> None:
    path = directory / "gateway.yaml"
    secret = directory / "keys/database.url"
    secret.write_text(url)
    secret.chmod(0o600)
    settings = yaml.safe_load(path.read_text())
    settings["stores"]["lasting"] = {"url": {"file": "keys/database.url"}}
    path.write_text(yaml.safe_dump(settings, sort_keys=False))


class logins:  # noqa: N801 - reads as what it does
    """Two logins; the gateway stays open until the block ends."""

    def __init__(self, directory: Path) -> None:
        self._parts = assemble(load(directory))
        migrate.upgrade(self._parts.engine)

    def __enter__(self) -> None:
        driver = InProcess("127.0.0.1", 8971)
        driver.attach(create_app(self._parts))
        driver.login()
        driver.login()

    def __exit__(self, *_: object) -> None:
        self._parts.ledger.close()
        self._parts.engine.dispose()


def rows(directory: Path) -> list[tuple[object, ...]]:
    engine = lasting_engine(load(directory))
    with engine.connect() as connection:
        found = connection.execute(text("SELECT id, reference, subject_hash, hash FROM ledger ORDER BY id")).all()
    engine.dispose()
    return [tuple(row) for row in found]


def files(directory: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file() and "var" not in path.parts
    }


def test_sqlite_comes_back_while_the_gateway_runs(tmp_path: Path):
    directory = used(tmp_path / "gateway")
    with logins(directory):
        done = run("backup.sh", directory, tmp_path / "saved")
        assert done.returncode == 0, done.stderr
    done = run("restore.sh", tmp_path / "saved", tmp_path / "again")
    assert done.returncode == 0, done.stdout + done.stderr

    kept = rows(tmp_path / "again")
    assert len(kept) >= 4
    assert kept == rows(directory)[: len(kept)]
    assert files(tmp_path / "again") == files(directory)
    assert not (tmp_path / "again/var/sluis.log").exists()
    assert {path.stat().st_mode & 0o077 for path in (tmp_path / "saved").iterdir()} == {0}
    with logins(tmp_path / "again"):
        pass
    assert len(rows(tmp_path / "again")) >= len(kept) + 2


@pytest.mark.skipif(find_spec("pgserver") is None, reason="no PostgreSQL: its wheels end at Python 3.12")
def test_postgresql_comes_back(tmp_path: Path):
    with postgresql_server.postgresql_process() as server:
        url = postgresql_server.url_of(server)
        plain = url.replace("+psycopg", "")
        directory = used(tmp_path / "gateway", url)
        done = run("backup.sh", directory, tmp_path / "saved", SLUIS_BACKUP_DATABASE=plain)
        assert done.returncode == 0, done.stderr
        kept = rows(directory)
        assert len(kept) >= 2

        with psycopg.connect(plain, dbname="postgres", autocommit=True) as connection:
            connection.execute("ALTER DATABASE sluis RENAME TO lost")
            connection.execute("CREATE DATABASE sluis")
        done = run("restore.sh", tmp_path / "saved", tmp_path / "again", SLUIS_BACKUP_DATABASE=plain)
        assert done.returncode == 0, done.stdout + done.stderr
        assert rows(tmp_path / "again") == kept


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("saved")
    used(directory / "gateway")
    assert run("backup.sh", directory / "gateway", directory / "saved").returncode == 0
    return directory / "saved"


def test_a_spoilt_backup_is_refused(saved: Path, tmp_path: Path):
    spoilt = shutil.copytree(saved, tmp_path / "spoilt")
    with (spoilt / "lasting.sqlite").open("ab") as file:
        file.write(b"x")
    done = run("restore.sh", spoilt, tmp_path / "again")
    assert (done.returncode, "not as it was saved" in done.stderr) == (1, True)
    assert not (tmp_path / "again").exists()


def test_nothing_is_written_over(saved: Path, tmp_path: Path):
    (tmp_path / "again").mkdir()
    (tmp_path / "again/gateway.yaml").write_text("mine")
    assert run("restore.sh", saved, tmp_path / "again").returncode == 1
    assert (tmp_path / "again/gateway.yaml").read_text() == "mine"
    assert run("backup.sh", tmp_path / "again", saved).returncode == 1


def test_a_lost_key_is_seen_at_once(saved: Path, tmp_path: Path):
    without = shutil.copytree(saved, tmp_path / "without")
    (without / "keys.tar").unlink()
    assert run("restore.sh", without, tmp_path / "again").returncode == 1
