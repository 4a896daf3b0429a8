"""The sound configuration with one thing wrong, and what an operator reads of it."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from gateway.attributes.checks import check_dialects
from gateway.federation.build import build
from gateway.settings.loader import load
from gateway.settings.problems import Level, Problem, Problems
from tests.support.configuration import FILES, write_configuration
from tests.support.held import HeldClock

G, P = "gateway.yaml", "policy.yaml"
I, S, B, A = (  # noqa: E741
    "identity-providers/petteflat.yaml",
    "services/leesplein.yaml",
    "schools/schools.yaml",
    "agreements/agreements.yaml",
)
I_XML, S_XML = "identity-providers/petteflat.xml", "services/leesplein.xml"
ERROR, WARNING = Level.ERROR, Level.WARNING


class Bad(NamedTuple):
    """A change of the sound configuration, and the one problem that it makes."""

    changed: Mapping[str, str | bytes]
    level: Level
    place: str
    says: tuple[str, ...]

    def is_told(self, directory: Path) -> None:
        """That problem is found, at its place and in these words, and no other."""
        problems = problems_of(write_configuration(directory, self.changed))

        found = [(problem.level, str(problem.place)) for problem in problems]
        assert found == [(self.level, self.place)], [str(problem) for problem in problems]
        for words in self.says:
            assert words in str(problems[0])


def again(file: str, **fields: str) -> dict[str, str]:
    """A second entry like the one in this file, with some fields of its own, in `<directory>/again.yaml`."""
    text = FILES[file]
    for field, value in fields.items():
        text = re.sub(rf"(?m)^((?:- |  )?{field}): .*$", rf"\1: {value}", text)
    return {f"{file.partition('/')[0]}/again.yaml": text}


def problems_of(directory: Path) -> tuple[Problem, ...]:
    """What is wrong with the parties of a configuration."""
    settings = load(directory)
    try:
        _, problems = build(settings, clock=HeldClock())
    except Problems as cause:
        problems = cause.problems
    return (*problems, *check_dialects(settings))
