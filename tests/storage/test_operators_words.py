"""What an operator reads when a PostgreSQL cannot be used: what is wrong, and nothing of a value or a secret."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from gateway.cli import main
from gateway.cli.init import write_configuration
from gateway.domain.errors import ErrorCode, SluisError
from gateway.storage import migrate
from gateway.storage.engine import open_engine
from gateway.storage.trouble import in_words
from tests.support.child_process import free_address
from tests.support.held_names import held_names
from tests.support.ledger import ROW, sql_ledger
from tests.support.postgresql_server import postgresql_process, url_of
from tests.support.server_process import ServerProcess

SECRET = "a-secret-of-the-operator"


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    with postgresql_process() as running:
        yield running


def as_operator(server: ServerProcess, *statements: str) -> None:
    with psycopg.connect(url_of(server).replace("+psycopg", ""), autocommit=True) as operator:
        for one in statements:
            operator.execute(one)


def said(url: str) -> str:
    engine = open_engine(url, directory=Path())
    try:
        with pytest.raises(SQLAlchemyError) as caught:
            migrate.upgrade(engine)
        return in_words(caught.value)
    finally:
        engine.dispose()


@pytest.mark.parametrize(
    ("there", "words"),
    [
        ("sluis@HERE/other", "it has no database of this name"),
        (f"other:{SECRET}@HERE/sluis", "it does not know this user"),
        ("sluis@nowhere.test/sluis", "its host is not found"),
        ("sluis@/sluis?host=/nowhere", "there is no socket where its address says"),
        ("sluis@HERE/sluis?sslmode=require", "TLS with it cannot be made"),
        ("narrow@HERE/sluis", "InsufficientPrivilege"),
        ("many@HERE/sluis", "it has no connection left"),
        ("closed@HERE/sluis", "it does not let this user in: look at what the user may"),
        (f"sluis@HERE/sluis?application={SECRET}", "ProgrammingError"),
    ],
)
def test_why_it_cannot_be_used(server: ServerProcess, there: str, words: str):
    as_operator(
        server,
        "DROP ROLE IF EXISTS narrow, many, closed",
        "CREATE ROLE closed NOLOGIN",
        "CREATE ROLE narrow LOGIN",
        "CREATE ROLE many LOGIN CONNECTION LIMIT 0",
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
    )
    here = f"{server.address.host}:{server.address.port}"
    with held_names() as names:
        names.gone = True
        assert said(f"postgresql+psycopg://{there.replace('HERE', here)}") == words


def test_a_server_that_is_not_there_or_says_nothing(server: ServerProcess):
    nobody = free_address("127.0.0.1")
    assert said(f"postgresql+psycopg://sluis:{SECRET}@127.0.0.1:{nobody.port}/sluis") == "nobody listens at its address"
    server.freeze()
    try:
        assert said(f"{url_of(server)}?connect_timeout=2") == "it does not answer"
    finally:
        server.thaw()


@pytest.fixture
def in_octets(server: ServerProcess) -> Iterator[Engine]:
    """A database as `initdb` makes them where the locale is C and nobody says more."""
    plain = url_of(server).replace("+psycopg", "")
    with psycopg.connect(plain, autocommit=True) as operator:
        operator.execute("DROP DATABASE IF EXISTS octets")
        operator.execute("CREATE DATABASE octets ENCODING 'SQL_ASCII' TEMPLATE template0")
    made = open_engine(url_of(server).removesuffix("sluis") + "octets", directory=Path())
    yield made
    made.dispose()


def test_a_database_that_keeps_no_text_is_refused_at_every_use(in_octets: Engine):
    for use in (migrate.upgrade, migrate.status, migrate.is_empty):
        with pytest.raises(OperationalError) as caught:
            use(in_octets)
        assert in_words(caught.value) == (
            "the database octets has the encoding SQL_ASCII, and text needs UTF8:"
            " make one with CREATE DATABASE octets ENCODING 'UTF8' TEMPLATE template0"
        )
    for write in (lambda: migrate.check(in_octets), lambda: sql_ledger(in_octets).append(ROW)):
        with pytest.raises(SluisError) as refused:
            write()
        assert refused.value.code is ErrorCode.LEDGER_UNAVAILABLE
    assert in_words(OperationalError("SELECT 1", {}, ValueError("of somebody"))) == "OperationalError"


def test_what_the_operator_is_told_of_it(in_octets: Engine, tmp_path: Path):
    url = in_octets.url.render_as_string(hide_password=False)
    write_configuration(tmp_path, base_url="http://127.0.0.1:8080", rsa_bits=2048, environment="test")
    file = tmp_path / "gateway.yaml"
    file.write_text(file.read_text().replace("sqlite:///var/lasting.sqlite", url))
    said = []
    for command in (("db", "status"), ("db", "upgrade"), ("ledger", "verify")):
        done = CliRunner().invoke(main, [*command, str(tmp_path)])
        assert (done.exit_code, type(done.exception)) == (1, SystemExit), command
        said.append(done.output)
    serve = (sys.executable, "-m", "gateway.cli", "serve", tmp_path)
    served = subprocess.run(serve, check=False, capture_output=True, text=True, timeout=300)
    assert served.returncode == 1
    for output in (*said, served.stderr):
        [line] = [one for one in output.splitlines() if "cannot be used" in one]
        assert line.endswith(": make one with CREATE DATABASE octets ENCODING 'UTF8' TEMPLATE template0")
