"""Run the mutants of the rooms that decide, or of the modules that are named.

The generated cases of `tests/release/test_mutations.py` are tried first, here; what they do not notice meets the tests,
each in a process of its own. Whatever no test notices is printed, and `build/mutants.json` has the figures. A mutant
that never ends counts as noticed.
"""

import importlib
import json
import os
import signal
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest

from tests.mutants.making import Mutant, changed, mutants
from tests.release.test_mutations import generated_cases, noticed

_ROOMS = (
    "gateway.release.plan", "gateway.release.decision", "gateway.release.reductions", "gateway.release.policy",
    "gateway.release.record", "gateway.release.identity_statement", "gateway.release.pipeline", "gateway.release.alike",
    "gateway.domain.release_class", "gateway.domain.reduction", "gateway.federation.snapshot",
)  # fmt: skip
_LAWS = "tests/release/test_laws.py::test_law_"
_TESTS = (
    "tests/release/test_policy.py", "tests/release/test_reductions.py", "tests/release/test_releases.py",
    "tests/release/test_explain.py", "tests/release/test_alike.py",
    "tests/release/test_releases_again.py", "tests/federation/test_snapshot.py", "tests/release/test_law_6.py",
    f"{_LAWS}2_every_release_is_an_identity_statement_of_the_edu_v_agreements", f"{_LAWS}2_one_identifier",
    f"{_LAWS}3_fail_closed", "tests/release/test_laws_of_schools.py",
)  # fmt: skip
"""The quick ones first: a mutant that they notice costs the others nothing."""
_QUIET = (
    "-W",
    "ignore::pytest.PytestAssertRewriteWarning",
    "-q",
    "-x",
    "-n0",
    "-p",
    "no:cacheprovider",
    "--no-header",
    "--tb=no",
    "--show-capture=no",
)
_ENDLESS = 600
_TARGET = Path("build") / "mutants.json"


def main(chosen: list[str]) -> int:
    """Print the survivors of each module; 1 when the tests fail without any change."""
    cases = generated_cases()
    if noticed(cases) or _tests_fail(nullcontext()):
        print("the tests fail as it is", file=sys.stderr)
        return 1
    figures: dict[str, dict[str, object]] = {}
    for name in chosen or _ROOMS:
        module = importlib.import_module(name)
        made = list(mutants(module, Path(str(module.__file__)).read_text("utf-8")))
        survivors = []
        for one in made:
            with changed(module, one):
                found = one.function not in _ENDLESSLY and noticed(cases)
            if not found and not _tests_fail(changed(module, one)):
                survivors.append(one)
        figures[name] = {"mutants": len(made), "survivors": [_said(one) for one in survivors]}
        print(f"{name}: {len(made) - len(survivors)} of {len(made)} noticed", flush=True)
        for one in survivors:
            print(f"    {_said(one)}", flush=True)
        _TARGET.parent.mkdir(exist_ok=True)
        _TARGET.write_text(json.dumps(figures, indent=2) + "\n", "utf-8")
    return 0


_ENDLESSLY = ("initial",)
"""Functions that go round: a mutant of theirs may not end, so it is tried in a process alone."""


def _said(one: Mutant) -> str:
    return f"{one.function}, line {one.line}: {one.change}"


def _tests_fail(change: AbstractContextManager[None]) -> bool:
    """Whether the tests fail after the change, in a child of this process."""
    child = os.fork()
    if child == 0:
        signal.alarm(_ENDLESS)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        try:
            with change:
                code = int(pytest.main([*_QUIET, *_TESTS]))
        except BaseException:  # noqa: BLE001 - whatever it is, it was noticed
            code = 1
        os._exit(code)
    _, status = os.waitpid(child, 0)
    return status != 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
