"""`python -m tests.capacity`: take the figures of the last bench, simulate the peak, write `docs/capacity.md`."""

import json
import sys
from pathlib import Path

from tests.capacity.page import FIGURES, PAGE, figures, written
from tests.capacity.peak import peaks

_MEASURED = Path("build/bench.json")
_TAKEN = ("capacity", "soak")


def main() -> int:
    """0, or 1 when something was never measured."""
    found = figures() if FIGURES.exists() else {}
    fresh = json.loads(_MEASURED.read_text("utf-8")) if _MEASURED.exists() else {}
    found |= {name: fresh[name] for name in _TAKEN if name in fresh}
    if missing := [name for name in _TAKEN if name not in found]:
        print(f"run `python -m tests.bench {' '.join(missing)}` first", file=sys.stderr)
        return 1
    found["peaks"] = peaks(found["capacity"])
    FIGURES.write_text(json.dumps(found, indent=2) + "\n", "utf-8")
    PAGE.write_text(written(found), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
