"""Run the mutants of the rooms that decide, or of the modules that are named.

The generated cases of `tests/release/test_mutations.py` are tried first; what they do not notice meets the tests of the
module, the quick ones first. Each mutant has a process of its own, and a few times the time that all of that takes
without any change: one that takes more never ends, and counts as noticed. Whatever no test notices is printed, and
`build/mutants.json` has the figures.
"""

import importlib
import json
import os
import resource
import signal
import sys
import time
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.mutants.making import Mutant, changed, mutants
from tests.release.test_mutations import Case, generated_cases, noticed

_LAWS = "tests/release/test_laws.py::test_law_"
_RELEASES = ("tests/release/test_releases.py", "tests/release/test_releases_again.py")
_EXPLANATIONS = ("tests/release/test_explain.py", "tests/release/test_alike.py")
_PEOPLE = (*_RELEASES, "tests/login/test_user_held.py")
_ALL = (
    "tests/release/test_policy.py", "tests/release/test_reductions.py", *_RELEASES, *_EXPLANATIONS,
    "tests/federation/test_snapshot.py", "tests/release/test_law_6.py",
    f"{_LAWS}2_every_release_is_an_identity_statement_of_the_edu_v_agreements", f"{_LAWS}2_one_identifier",
    f"{_LAWS}3_fail_closed", "tests/release/test_laws_of_schools.py",
)  # fmt: skip
_DECIDED = (
    *_PEOPLE,
    "tests/login/test_consent.py",
    "tests/login/test_linking.py",
    "tests/release/test_linked.py",
    "tests/attacks/test_foreign_scopes.py",
    "tests/release/test_explain.py",
    "tests/pseudonyms/test_sources.py",
    "tests/pseudonyms/test_succession.py",
    "tests/release/test_law_6.py",
)
_ROOMS: dict[str, tuple[str, ...]] = {
    "gateway.release.plan": _ALL,
    "gateway.release.decision": _ALL,
    "gateway.release.reductions": ("tests/release/test_reductions.py", *_RELEASES, "tests/release/test_explain.py"),
    "gateway.release.policy": _ALL,
    "gateway.release.record": _ALL,
    "gateway.release.identity_statement": _ALL,
    "gateway.release.deciding": _DECIDED,
    "gateway.release.pipeline": _DECIDED,
    "gateway.release.people": (*_PEOPLE, "tests/pseudonyms/test_sources.py", "tests/login/test_linking.py"),
    "gateway.release.alike": _ALL,
    "gateway.release.explain": (*_EXPLANATIONS, "tests/cli/test_explain.py"),
    "gateway.release.matrix": (*_EXPLANATIONS, "tests/cli/test_differences.py"),
    "gateway.release.differences": ("tests/release/test_differences.py", "tests/cli/test_differences.py"),
    "gateway.domain.release_class": _ALL,
    "gateway.domain.reduction": _ALL,
    "gateway.federation.snapshot": _ALL,
}
"""Each module and the tests that know it, the quick ones first: a mutant that they notice costs the others nothing."""
_QUIET = (
    "-W", "ignore::pytest.PytestAssertRewriteWarning", "-q", "-x", "-n0", "-p", "no:cacheprovider", "--no-header",
    "--tb=no", "--show-capture=no",
)  # fmt: skip
_ENDLESS = 5
_TARGET = Path("build") / "mutants.json"


@dataclass(frozen=True, slots=True)
class _Trial:
    """What a mutant meets, and how long it may take: seconds of CPU, and of the clock for what waits forever."""

    cases: list[Case]
    tests: tuple[str, ...]
    cpu: int = 0
    clock: int = 0

    def is_noticed(self, change: AbstractContextManager[None]) -> bool:
        """Whether something fails after the change, or does not end, in a child of this process."""
        child = os.fork()
        if child == 0:
            self._end_in(change)
        _, status = os.waitpid(child, 0)
        return status != 0

    def _end_in(self, change: AbstractContextManager[None]) -> None:
        if self.cpu:
            resource.setrlimit(resource.RLIMIT_CPU, (self.cpu, self.cpu))
        signal.alarm(self.clock)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        try:
            with change:
                code = noticed(self.cases) or int(pytest.main([*_QUIET, *self.tests]))
        except BaseException:  # noqa: BLE001 - whatever it is, it was noticed
            code = 1
        os._exit(code)


def main(chosen: list[str]) -> int:
    """Print the survivors of each module; 1 when the tests fail without any change."""
    cases = generated_cases()
    figures: dict[str, dict[str, object]] = {}
    for name in chosen or _ROOMS:
        trial = _measured(_Trial(cases, _ROOMS[name]))
        if trial is None:
            print(f"{name}: the tests fail as it is", file=sys.stderr)
            return 1
        module = importlib.import_module(name)
        made = list(mutants(module, Path(str(module.__file__)).read_text("utf-8")))
        survivors = [one for one in made if not trial.is_noticed(changed(module, one))]
        figures[name] = {"mutants": len(made), "survivors": [_said(one) for one in survivors]}
        print(f"{name}: {len(made) - len(survivors)} of {len(made)} noticed", flush=True)
        for one in survivors:
            print(f"    {_said(one)}", flush=True)
        _TARGET.parent.mkdir(exist_ok=True)
        _TARGET.write_text(json.dumps(figures, indent=2) + "\n", "utf-8")
    return 0


def _measured(trial: _Trial) -> _Trial | None:
    """The trial with its limits; None when something fails although nothing was changed.

    The modules of the tests are read here, once for all children.
    """
    for test in trial.tests:
        importlib.import_module(test.partition("::")[0].removesuffix(".py").replace("/", "."))
    begun, before = time.monotonic(), _spent_by_children()
    if trial.is_noticed(nullcontext()):
        return None
    cpu = _ENDLESS * (_spent_by_children() - before + 1)
    clock = _ENDLESS * _ENDLESS * (time.monotonic() - begun + 1)
    return _Trial(trial.cases, trial.tests, int(cpu), int(clock))


def _spent_by_children() -> float:
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def _said(one: Mutant) -> str:
    return f"{one.function}, line {one.line}: {one.change}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
