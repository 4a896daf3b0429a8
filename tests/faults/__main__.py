"""`make faults`: make every fault, one after another, and write `docs/reference/faults.md` of what was seen.

All rows are of one run: a page put together from several would tell of a gateway that there never was.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.faults.page import PAGE, SEEN_INTO, Fault, written

_HERE = Path(__file__).parent
_TESTS = (
    *(sys.executable, "-m", "pytest", "-n0", "--verbosity=1", "-rs", "-p", "no:cacheprovider"),
    *(str(_HERE), f"--ignore={_HERE / 'test_page.py'}"),
)


def main() -> int:
    """0, or 1 when a test failed or a fault could not be made on this machine; the page then stays as it is."""
    begun, commit = time.monotonic(), _commit()
    with tempfile.TemporaryDirectory() as directory:
        seen = Path(directory)
        done = subprocess.run(_TESTS, env={**os.environ, SEEN_INTO: directory}, check=False)
        missing = [fault.name for fault in Fault if not (seen / fault.name).exists()]
        if done.returncode or missing:
            print("not written; not seen:", ", ".join(missing) or "none", file=sys.stderr)
            return 1
        if commit != _commit():
            print("not written: what is tried was changed meanwhile", file=sys.stderr)
            return 1
        rows = [(seen / fault.name).read_text("utf-8") for fault in Fault]
    minutes = round((time.monotonic() - begun) / 60)
    PAGE.write_text(written(rows, _made(commit, minutes)), "utf-8")
    return 0


def _made(commit: str, minutes: int) -> str:
    cores = len(os.sched_getaffinity(0))
    return (
        f"All rows are of one run of\n`make faults`, at commit {commit}, on a machine of {cores} cores, which took"
        f" {minutes} minutes."
    )


def _commit() -> str:
    """The commit that is tried, and whether more than the page was changed in it."""
    changed = _git("status", "--porcelain", "--", ".", f":!{PAGE.relative_to(_HERE.parents[1])}")
    return f"`{_git('rev-parse', '--short=10', 'HEAD')}`{' and what was changed in it' if changed else ''}"


def _git(*arguments: str) -> str:
    done = subprocess.run(("git", *arguments), cwd=_HERE.parents[1], check=True, capture_output=True, text=True)
    return done.stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
