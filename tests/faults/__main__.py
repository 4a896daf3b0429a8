"""`make faults`: make every fault, and write `docs/reference/faults.md` of what was seen."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.faults.page import PAGE, SEEN_INTO, Fault, written


def main() -> int:
    """0, or 1 when a test failed or a fault could not be made on this machine; the page then stays as it is."""
    with tempfile.TemporaryDirectory() as seen:
        here = Path(__file__).parent
        tests = (
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            here,
            "--ignore",
            here / "test_page.py",
        )
        done = subprocess.run(tests, env={**os.environ, SEEN_INTO: seen}, check=False)
        missing = [fault.name for fault in Fault if not (Path(seen) / fault.name).exists()]
        if done.returncode or missing:
            print("not written; not seen:", ", ".join(missing) or "none", file=sys.stderr)
            return 1
        PAGE.write_text(written([(Path(seen) / fault.name).read_text("utf-8") for fault in Fault]), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
