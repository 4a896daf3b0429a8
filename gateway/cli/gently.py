"""Work that has less right to the processor than logins."""

import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")

_OF_A_FETCH = 10
_OF_A_RELOAD = 5
"""Less out of the way: somebody waits for a reload, and it must come to its end on a machine with nothing to spare."""


def out_of_the_way() -> None:
    """Have less right to the processor than logins, for the rest of this process.

    Some is left: a refresh that never ends lets metadata run out.
    """
    os.nice(_OF_A_FETCH)


def gently(work: Callable[[], Result]) -> Result:
    """Do it with less right to the processor than logins, and wait for it; what it raises is raised here.

    On Linux every thread has a niceness of its own, and none that gave way can take it back without privileges: so the
    work is done in a thread that ends with it. Who is interrupted while waiting does not wait for the rest of it.
    """
    thread = ThreadPoolExecutor(1, thread_name_prefix="gently", initializer=_give_way)
    doing = thread.submit(work)
    try:
        return doing.result()
    finally:
        thread.shutdown(wait=doing.done())


def _give_way() -> None:
    if sys.platform == "linux":
        before = os.getpriority(os.PRIO_PROCESS, 0)
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), before + _OF_A_RELOAD)
