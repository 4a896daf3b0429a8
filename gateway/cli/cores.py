"""On which core a worker runs.

One thread of a worker runs Python at a time, and they take turns many times a login: at each signature, each statement,
each lock. On several cores each turn wakes another core, which costs a worker that is busy a quarter of what it can do.
So each has one core, where that leaves none idle. Where there are more cores than workers, others may be given the same
ones (containers see all cores of their machine), so there the kernel chooses.
"""

import os
from collections import Counter
from collections.abc import Sequence


def core_of_its_own(others: Sequence[int | None], *, workers: int, wanted: bool | None) -> int | None:
    """The core for a worker beside those on `others`: one that the fewest have; None where the kernel is to choose.

    `workers` is how many there are to be, `wanted` what the operator said.
    """
    allowed = _allowed()
    if wanted is False or not allowed or (wanted is None and workers < len(allowed)):
        return None
    used = Counter(others)
    return min(allowed, key=lambda core: (used[core], core))


def stay_on(core: int | None) -> None:
    """Run this process on this core alone, its threads to come too."""
    if core is not None:
        os.sched_setaffinity(0, {core})


def _allowed() -> list[int]:
    """The cores that this process may use; none where the system does not tell (only Linux does)."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
