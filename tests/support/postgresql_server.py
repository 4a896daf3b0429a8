"""A real PostgreSQL on loopback, from the wheel that carries one."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import mkdtemp

import psycopg

from tests.support.child_process import free_address
from tests.support.server_process import ServerProcess

_WHEEL = find_spec("pgserver")
_PROGRAMS = Path(*(_WHEEL.submodule_search_locations or ())) / "pginstall" / "bin" if _WHEEL else None


@contextmanager
def postgresql_process() -> Iterator[ServerProcess]:
    """A running server with an empty database `sluis` for the user `sluis`, until the context ends.

    PostgreSQL refuses to run as root; it then runs as `nobody`, in a directory of its own that `nobody` can reach.
    """
    assert _PROGRAMS is not None, "no PostgreSQL: its wheels end at Python 3.12"
    user = "nobody" if os.getuid() == 0 else None
    directory = Path(mkdtemp(prefix="sluis-postgresql-"))
    try:
        if user:
            found = pwd.getpwnam(user)
            os.chown(directory, found.pw_uid, found.pw_gid)
        data = directory / "data"
        subprocess.run(
            (_PROGRAMS / "initdb", "-D", data, "-U", "sluis", "--auth=trust", "--encoding=UTF8", "--locale=C"),
            check=True,
            cwd=directory,
            capture_output=True,
            user=user,
            group=found.pw_gid if user else None,
            extra_groups=[] if user else None,
            timeout=300,
        )
        address = free_address("127.0.0.1")
        listen = ("-c", f"listen_addresses={address.host}", "-p", str(address.port), "-k", directory)
        server = ServerProcess(
            (_PROGRAMS / "postgres", "-D", data, *listen),
            address=address,
            directory=directory,
            ready=lambda: _answers(address.port),
            user=user,
        )
        server.start()
        try:
            with _asked(address.port, "postgres") as connection:
                connection.execute("CREATE DATABASE sluis")
            yield server
        finally:
            server.close()
    finally:
        shutil.rmtree(directory)


def url_of(server: ServerProcess) -> str:
    return f"postgresql+psycopg://sluis@{server.address.host}:{server.address.port}/sluis"


def _asked(port: int, database: str) -> psycopg.Connection:
    return psycopg.connect(host="127.0.0.1", port=port, user="sluis", dbname=database, autocommit=True)


def _answers(port: int) -> bool:
    try:
        _asked(port, "postgres").close()
    except psycopg.OperationalError:
        return False
    return True
