"""gunicorn, configured by the settings alone.

The configuration is loaded and checked once, before there are workers: they share its memory, and whether one can
start again does not hang on what lies on disk by then. What connects to a store is made in each worker.
"""

import gc
import logging
import os
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click
import structlog
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger
from gunicorn.http import wsgi
from prometheus_client.multiprocess import mark_process_dead
from sqlalchemy.exc import SQLAlchemyError

from gateway.app import create_app, lasting_engine, parts_of
from gateway.cli.loading import Configuration, configuration_or_exit, examine, show
from gateway.domain.clock import SystemClock
from gateway.observability.log import configure
from gateway.settings.loader import Settings
from gateway.storage import migrate

log = structlog.get_logger("sluis")

_MAX_REQUEST_LINE = 8190
_MAX_HEADER = 8190
_MAX_HEADERS = 60


def serve(directory: Path) -> None:
    """Serve until stopped. Ends the process with code 1 when the configuration or the database cannot be used."""
    configuration = configuration_or_exit(directory)
    _ready_database(configuration.settings)
    _configure_log(configuration.settings)
    wsgi.SERVER = "sluis"
    _Server(directory, configuration).run()


def _ready_database(settings: Settings) -> None:
    try:
        engine = lasting_engine(settings)
        if engine.dialect.name == "sqlite" and migrate.is_empty(engine):
            migrate.upgrade(engine)
        found = migrate.status(engine)
        engine.dispose()
    except (SQLAlchemyError, OSError, ImportError) as cause:
        click.echo(f"the database of the lasting records cannot be used: {type(cause).__name__}", err=True)
        sys.exit(1)
    if not found.fits:
        click.echo(
            f"the database has schema {found.current or 'none'}, this gateway needs {found.needed}: "
            f"run `sluis db upgrade {settings.directory}`",
            err=True,
        )
        sys.exit(1)


def _configure_log(settings: Settings) -> None:
    file = settings.gateway.log.file
    configure(file=settings.directory / file if file else None, level=settings.gateway.log.level)


class _MasterAlone(logging.Filter):
    """Lets through what the process says that starts the workers. Workers quote the requests that they stumble over."""

    def __init__(self) -> None:
        super().__init__()
        self._master = os.getpid()

    def filter(self, record: logging.LogRecord) -> bool:  # noqa: ARG002
        return os.getpid() == self._master


class _Logger(Logger):  # type: ignore[misc]
    """To standard error what gunicorn says before there are workers; to the gateway's own log where it said more."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        self.error_log.propagate = True
        for handler in self.error_log.handlers:
            handler.addFilter(_MasterAlone())


class _Server(BaseApplication):  # type: ignore[misc]
    def __init__(self, directory: Path, configuration: Configuration) -> None:
        self._directory = directory
        self._configuration = configuration
        super().__init__()

    def load_config(self) -> None:
        gateway = self._configuration.settings.gateway
        options: dict[str, Any] = {
            "bind": gateway.listen,
            "workers": gateway.workers,
            "threads": gateway.threads,
            "worker_class": "gthread",
            "proc_name": "sluis",
            "umask": 0o077,
            "accesslog": None,
            "errorlog": "-",
            "loglevel": "warning",
            "logger_class": _Logger,
            "control_socket_disable": True,
            "keepalive": 5,
            "timeout": 30,
            "graceful_timeout": 20,
            "limit_request_line": _MAX_REQUEST_LINE,
            "limit_request_fields": _MAX_HEADERS,
            "limit_request_field_size": _MAX_HEADER,
            # `gateway.web.proxies` alone decides whose X-Forwarded-* count.
            "forwarded_allow_ips": "",
            "when_ready": self._say,
            "pre_fork": lambda _arbiter, _worker: gc.freeze(),
            "child_exit": lambda _arbiter, worker: mark_process_dead(worker.pid),  # type: ignore[no-untyped-call]
        }
        for key, value in options.items():
            self.cfg.set(key, value)

    def load(self) -> Any:
        """The application of one worker."""
        found = self._configuration
        return create_app(parts_of(found.settings, found.keys, found.federation))

    def reload(self) -> None:
        """The configuration anew, for the workers that follow; one that cannot be used changes nothing."""
        examination = examine(self._directory, SystemClock())
        show(examination.problems)
        if examination.configuration is None:
            log.error("reload_refused", count=len(examination.problems))
        else:
            self._configuration = examination.configuration
            _configure_log(self._configuration.settings)
            log.info("reloaded")
        super().reload()

    def _say(self, _arbiter: Any) -> None:
        gateway = self._configuration.settings.gateway
        click.echo(f"sluis {version('sluis')} listens at {gateway.listen} for {gateway.base_url}")
        log.info("started", version=version("sluis"))
