"""`sluis serve DIR`: the gateway under gunicorn."""

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import click
from gunicorn.app.base import BaseApplication
from prometheus_client.multiprocess import mark_process_dead
from sqlalchemy.exc import SQLAlchemyError

from gateway.app import create_app, lasting_engine
from gateway.cli.loading import directory_argument, parts_or_exit
from gateway.observability import log
from gateway.settings.loader import Settings
from gateway.storage import migrate


@click.command("serve")
@directory_argument
def command(directory: Path) -> None:
    """Serve the configuration in DIR until stopped.

    An embedded database that is not there yet is made. One whose schema does not fit is refused: see `sluis db`.
    """
    metrics = tempfile.mkdtemp(prefix="sluis-metrics-")
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = metrics
    try:
        parts = parts_or_exit(directory)
        _ready_database(parts.settings)
        file = parts.settings.gateway.log.file
        log.configure(file=directory / file if file else None, level=parts.settings.gateway.log.level)
        parts.engine.dispose()
        _Server(parts.settings, directory).run()
    finally:
        shutil.rmtree(metrics, ignore_errors=True)


def _ready_database(settings: Settings) -> None:
    engine = lasting_engine(settings)
    try:
        found = migrate.status(engine)
        if found.current is None and engine.dialect.name == "sqlite":
            migrate.upgrade(engine)
            found = migrate.status(engine)
    except SQLAlchemyError as cause:
        click.echo(f"the database of the lasting records cannot be reached: {type(cause).__name__}", err=True)
        sys.exit(1)
    finally:
        engine.dispose()
    if not found.fits:
        click.echo(
            f"the database has schema {found.current or 'none'}, this gateway needs {found.needed}: "
            f"run `sluis db upgrade {settings.directory}`",
            err=True,
        )
        sys.exit(1)


class _Server(BaseApplication):  # type: ignore[misc]
    """gunicorn, configured by the settings alone; the app is made in each worker, with connections of its own."""

    def __init__(self, settings: Settings, directory: Path) -> None:
        self._settings = settings
        self._directory = directory
        super().__init__()

    def load_config(self) -> None:
        gateway = self._settings.gateway
        options: dict[str, Any] = {
            "bind": gateway.listen,
            "workers": gateway.workers,
            "threads": gateway.threads,
            "worker_class": "gthread",
            "proc_name": "sluis",
            "accesslog": None,
            "errorlog": "-",
            "loglevel": "warning",
            "keepalive": 5,
            "timeout": 30,
            "graceful_timeout": 20,
            "limit_request_line": 0,
            "limit_request_fields": 60,
            "limit_request_field_size": 8190,
            "forwarded_allow_ips": "",
            "child_exit": lambda _server, worker: mark_process_dead(worker.pid),  # type: ignore[no-untyped-call]
        }
        for key, value in options.items():
            self.cfg.set(key, value)

    def load(self) -> Any:
        return create_app(parts_or_exit(self._directory))
