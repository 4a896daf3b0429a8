"""Loading a configuration for a command: all problems on standard error, and exit code 1."""

import sys
from pathlib import Path

import click

from gateway.app import Parts, assemble
from gateway.attributes.dialects import undeliverable
from gateway.domain.clock import SystemClock
from gateway.federation.build import build
from gateway.settings.keys import load_keys
from gateway.settings.loader import Settings, load
from gateway.settings.problems import Level, Problem, Problems, errors

directory_argument = click.argument(
    "directory", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path)
)


def all_problems(directory: Path) -> list[Problem]:
    """Everything that is wrong with a configuration."""
    try:
        settings = load(directory)
    except Problems as cause:
        return list(cause.problems)
    found: list[Problem] = []
    try:
        load_keys(settings)
    except Problems as cause:
        found += cause.problems
    try:
        _, warnings = build(settings, clock=SystemClock())
        found += warnings
    except Problems as cause:
        found += cause.problems
    return sorted(found + _undeliverable(settings), key=lambda one: one.place)


def parts_or_exit(directory: Path) -> Parts:
    """The parts of the gateway; a configuration that cannot be used ends the command."""
    problems = all_problems(directory)
    show(problems)
    if errors(problems):
        sys.exit(1)
    return assemble(load(directory))


def settings_or_exit(directory: Path) -> Settings:
    """The settings alone; for commands that need no federation."""
    try:
        return load(directory)
    except Problems as cause:
        show(cause.problems)
        sys.exit(1)


def show(problems: "list[Problem] | tuple[Problem, ...]") -> None:
    """One line for each, on standard error."""
    for problem in problems:
        click.echo(str(problem), err=True)


def _undeliverable(settings: Settings) -> list[Problem]:
    dialects = frozenset(entry.value.dialect for entry in settings.identity_providers)
    found = []
    for entry in settings.services:
        for version, named in entry.value.attribute_sets.items():
            reasons = undeliverable(frozenset(named), from_dialects=dialects, to_dialect=entry.value.dialect)
            for attribute, why in reasons.items():
                lost = "has no name" in why
                level = Level.ERROR if lost else Level.WARNING
                place = entry.place("attribute_sets", version, attribute.value)
                found.append(Problem(place, f"{attribute} cannot arrive: {why}", "take it out of the set", level))
    return found
