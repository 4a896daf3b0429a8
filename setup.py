"""What pyproject.toml cannot say: a wheel knows the commit that it was built from."""

import os
import subprocess
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithCommit(build_py):
    """Writes `gateway/commit.txt`: SLUIS_COMMIT of the environment, else the commit that git has here, else nothing."""

    def run(self) -> None:
        """Build, then write it; an editable install asks git at every start instead."""
        super().run()
        commit = os.environ.get("SLUIS_COMMIT") or _asked_of_git()
        if commit and not self.editable_mode:
            (Path(self.build_lib) / "gateway" / "commit.txt").write_text(commit + "\n", "ascii")


def _asked_of_git() -> str:
    here = Path(__file__).parent
    if not (here / ".git").exists():
        return ""
    command = ("git", "-C", str(here), "rev-parse", "HEAD")
    try:
        done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - no word of it comes from outside
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.strip()


setup(cmdclass={"build_py": BuildWithCommit})
