"""Loading a configuration for a command: everything that is wrong with it at once."""

import gc
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from gateway.attributes.checks import check_dialects
from gateway.cli.indexing import index_beforehand
from gateway.domain.clock import Clock, SystemClock
from gateway.federation.build import build
from gateway.federation.snapshot import Federation
from gateway.oidc.op.checks import check_clients
from gateway.pages.logos import check_logos
from gateway.pages.look import check_look
from gateway.settings.certificates import check_certificates
from gateway.settings.client_certificates import check_client_certificates
from gateway.settings.keys import KeyRing, load_keys
from gateway.settings.loader import Settings, load, read
from gateway.settings.problems import Problem, Problems, errors, in_order
from gateway.settings.stores import check_stores
from gateway.settings.tracing import check_tracing

directory_argument = click.argument(
    "directory", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path)
)


@dataclass(frozen=True, slots=True)
class Configuration:
    """A configuration that the gateway can run with."""

    settings: Settings
    keys: KeyRing
    federation: Federation


@dataclass(frozen=True, slots=True)
class Examination:
    """All problems in order, and the configuration, unless one of them keeps the gateway from running with it."""

    problems: tuple[Problem, ...]
    configuration: Configuration | None


def examine(directory: Path, clock: Clock) -> Examination:
    """Read everything and find everything that is wrong, whatever is wrong before it.

    Errors that leave the gateway runnable are those of parties whose metadata has run out.
    """
    with _without_collection():
        return _examined(directory, clock)


@contextmanager
def _without_collection() -> Iterator[None]:
    """What is loaded stays; to look through it for garbage again and again takes a third of the time.

    It is frozen, so that nobody looks through it later either; a server that loads another thaws it first.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.freeze()
            gc.enable()


def _examined(directory: Path, clock: Clock) -> Examination:
    settings, found = read(directory)
    problems = list(found)
    if settings is None:
        return Examination(in_order(problems), None)
    keys: KeyRing | None = None
    federation: Federation | None = None
    problems += [*check_stores(settings), *check_client_certificates(settings), *check_dialects(settings)]
    problems += [*check_look(settings), *check_logos(settings), *check_tracing(settings)]
    try:
        keys = load_keys(settings)
        problems += check_certificates(keys.certificates, clock.now())
        index_beforehand(settings, keys.sealing.active)
    except Problems as cause:
        problems += cause.problems
    blocked = bool(errors(problems))
    try:
        federation, said = build(settings, clock=clock, key=keys.sealing.active if keys else None)
        problems += said
        problems += check_clients(settings, federation, keys.oidc_signing if keys else ())
    except Problems as cause:
        problems += cause.problems
    if blocked or keys is None or federation is None:
        return Examination(in_order(problems), None)
    return Examination(in_order(problems), Configuration(settings, keys, federation))


def configuration_or_exit(directory: Path, *, warn: bool = False) -> Configuration:
    """The configuration, its errors on standard error; one that cannot be used ends the command.

    `warn` is for commands that put a configuration into force: for the others `sluis check` has the warnings.
    """
    examination = examine(directory, SystemClock())
    show(examination.problems if warn else errors(examination.problems))
    if examination.configuration is None:
        sys.exit(1)
    return examination.configuration


def settings_or_exit(directory: Path) -> Settings:
    """The settings alone; for commands that need no federation."""
    try:
        with _without_collection():
            return load(directory)
    except Problems as cause:
        show(cause.problems)
        sys.exit(1)


def keys_or_exit(settings: Settings) -> KeyRing:
    """The keys alone; for commands that read what was made with them."""
    try:
        return load_keys(settings)
    except Problems as cause:
        show(cause.problems)
        sys.exit(1)


def show(problems: Iterable[Problem]) -> None:
    """One line for each, on standard error."""
    for problem in problems:
        click.echo(str(problem), err=True)
