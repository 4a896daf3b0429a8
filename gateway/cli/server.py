"""gunicorn, configured by the settings alone.

The configuration is loaded and checked once, before there are workers: they share its memory, and whether one can
start again does not hang on what lies on disk by then. What connects to a store is made in each worker. On SIGHUP it is
loaded anew, whole, beside the one in use; workers with the new one take the place of those with the old one.
"""

import atexit
import gc
import logging
import os
import select
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click
import structlog
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger
from gunicorn.http import wsgi
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from gateway.app import create_app
from gateway.cli import pid_file
from gateway.cli.arbiter import SmoothArbiter
from gateway.cli.beside import keep_doing
from gateway.cli.changes import Changes
from gateway.cli.cores import core_of_its_own, stay_on
from gateway.cli.gently import gently
from gateway.cli.loading import Configuration, configuration_or_exit, examine, show
from gateway.cli.refresher import Refresher, documents
from gateway.cli.reload_outcome import Teller
from gateway.domain.clock import SystemClock
from gateway.domain.errors import SluisError
from gateway.observability.log import configure
from gateway.observability.standing import Standing
from gateway.observability.worker_counters import fold
from gateway.parts import lasting_engine, parts_of
from gateway.roles import notices_of, redelivery_of
from gateway.settings.loader import Settings
from gateway.settings.problems import errors
from gateway.storage import migrate
from gateway.storage.ledger import SqlLedger
from gateway.storage.trouble import in_words
from gateway.wiring.tracing import trace

log = structlog.get_logger("sluis")

_MAX_REQUEST_LINE = 8190
_MAX_HEADER = 8190
_MAX_HEADERS = 60
_COLLECTS_AFTER = 20_000
"""New objects after which a worker looks for cycles among them: some logins of them, not a part of one."""


def serve(directory: Path) -> None:
    """Serve until stopped. Ends the process with code 1 when the configuration or the database cannot be used."""
    seen, changes = documents(directory), Changes(directory)
    configuration = configuration_or_exit(directory, warn=True)
    _ready_database(configuration.settings)
    _configure_log(configuration.settings)
    wsgi.SERVER = "sluis"
    with pid_file.held(pid_file.path_of(configuration.settings)) as held:
        server = _Server(directory, configuration, held)
        server.refresher.seen = server.refresher.tried = seen
        server.changes = changes
        server.teller = Teller(pid_file.path_of(configuration.settings))
        server.run()


def _ready_database(settings: Settings) -> None:
    said = _database_problem(settings)
    if said:
        click.echo(said, err=True)
        sys.exit(1)


def _database_problem(settings: Settings) -> str:
    """What is wrong with the database of the lasting records; empty when nothing is. Makes an embedded one."""
    try:
        engine = lasting_engine(settings)
        if engine.dialect.name == "sqlite" and migrate.is_empty(engine):
            migrate.upgrade(engine)
        found = migrate.status(engine)
        engine.dispose()
    except (SQLAlchemyError, OSError, ImportError) as cause:
        return f"the database of the lasting records cannot be used: {in_words(cause)}"
    if found.fits:
        return ""
    return (
        f"the database has schema {found.current or 'none'}, this gateway needs {found.needed}: "
        f"run `sluis db upgrade {settings.directory}`"
    )


def _configure_log(settings: Settings) -> None:
    file = settings.gateway.log.file
    configure(file=settings.directory / file if file else None, level=settings.gateway.log.level)


def _let_the_database_go(ledger: SqlLedger, engine: Engine) -> None:
    """A worker that ends says which of its last answers have left, if it can: they count as unanswered else."""
    with suppress(SluisError):
        ledger.close()
    engine.dispose()


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
    def __init__(self, directory: Path, configuration: Configuration, held: pid_file.Held) -> None:
        self._directory = directory
        self._configuration = self._before = configuration
        self._standing = Standing()
        self.refresher = Refresher()
        self.changes = Changes(directory)
        self._held = held
        self.teller = Teller(None)
        self._end_traces: Callable[[], None] = lambda: None
        super().__init__()

    def load_config(self) -> None:
        gateway = self._configuration.settings.gateway
        options: dict[str, Any] = {
            "bind": gateway.listen,
            "workers": gateway.workers,
            "threads": gateway.threads,
            # Where there is no epoll, which is on no server, gunicorn's own threads do.
            "worker_class": "gateway.cli.worker.Worker" if hasattr(select, "epoll") else "gthread",
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
            "pre_fork": self._before_fork,
            "on_exit": lambda _arbiter: self.refresher.stop(),
            "post_fork": lambda _arbiter, worker: self._after_fork(worker),
            "worker_exit": lambda _arbiter, _worker: self._end_traces(),
            "child_exit": lambda _arbiter, _worker: fold(Path(os.environ["PROMETHEUS_MULTIPROC_DIR"])),
        }
        for key, value in options.items():
            self.cfg.set(key, value)

    def load(self) -> Any:
        """The application of one worker."""
        found = self._configuration
        parts = parts_of(found.settings, found.keys, found.federation, standing=self._standing)
        atexit.register(_let_the_database_go, parts.ledger, parts.engine)
        redelivery = redelivery_of(parts)
        if redelivery is not None:
            keep_doing(redelivery.run, name="redelivery")
        notices = notices_of(parts)
        if notices is not None:
            keep_doing(notices.run, name="notices")
        app = create_app(parts)
        self._end_traces = trace(app, parts)
        return app

    def run(self) -> None:
        """Serve until stopped."""
        try:
            SmoothArbiter(self).run()
        except RuntimeError as cause:
            click.echo(str(cause), err=True)
            sys.exit(1)

    def begins(self) -> None:
        """Somebody may wait for what becomes of it."""
        self.teller.begins()

    def is_over(self) -> None:
        """Told to whoever waits."""
        self.teller.is_over()

    def renew(self) -> bool:
        """The configuration anew, for the workers that follow; one that cannot be used changes nothing."""
        seen = self.refresher.tried = documents(self._directory)
        self.changes.forget()
        examination = gently(lambda: examine(self._directory, SystemClock()))
        show(examination.problems)
        new = examination.configuration
        if new is None:
            self._refused(f"{len(errors(examination.problems))} errors")
            return False
        if problem := _database_problem(new.settings):
            click.echo(problem, err=True)
            self._refused("its database")
            return False
        if new.settings.gateway.listen != self._configuration.settings.gateway.listen:
            self._refused("to listen elsewhere it must be started anew")
            return False
        self._before, self._configuration, self.refresher.seen = self._configuration, new, seen
        self._take_over()
        log.info("reloaded")
        return True

    def is_behind(self) -> bool:
        """Whether other documents lie on disk than when it was last loaded."""
        return documents(self._directory) != self.refresher.tried

    def look_after(self) -> None:
        """Metadata is fetched by a process of its own; where it is wished, changed files are a wish to reload."""
        settings = self._configuration.settings
        self.refresher.keep_running(settings)
        if settings.gateway.reload_on_change and self.changes.settled():
            os.kill(os.getpid(), signal.SIGHUP)

    def put_back(self) -> None:
        """The configuration as it was: no worker could start with the new one."""
        self._configuration = self._before
        self._take_over()
        self._refused("no worker can start with it")

    def _before_fork(self, arbiter: Any, worker: Any) -> None:
        gateway = self._configuration.settings.gateway
        others = [one.core for one in arbiter.WORKERS.values()]
        worker.core = core_of_its_own(others, workers=gateway.workers, wanted=gateway.cpu_affinity)
        gc.freeze()

    def _after_fork(self, worker: Any) -> None:
        self._held.let_go()
        stay_on(worker.core)
        gc.set_threshold(_COLLECTS_AFTER)

    def _take_over(self) -> None:
        _configure_log(self._configuration.settings)
        self.do_load_config()
        self._standing.publish({})
        # What is frozen for the sake of the workers is let go of, so that configurations do not pile up.
        gc.unfreeze()
        gc.collect()

    def _refused(self, why: str) -> None:
        log.error("reload_refused", problem=why)
        self.teller.refuse(why)
        self._standing.publish({"reload": f"refused: {why}; the gateway goes on with the configuration that it had"})

    def _say(self, _arbiter: Any) -> None:
        gateway = self._configuration.settings.gateway
        click.echo(f"sluis {version('sluis')} listens at {gateway.listen} for {gateway.base_url}")
        log.info("started", version=version("sluis"))
