"""Work out of the way of logins."""

import os
import sys
import threading

import pytest

from gateway.cli.gently import gently


def _niceness() -> int:
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


@pytest.mark.skipif(sys.platform != "linux", reason="threads have a niceness of their own on Linux alone")
def test_has_less_right_to_the_processor_and_leaves_others_theirs():
    before = _niceness()
    assert gently(_niceness) == min(before + 5, 19)
    assert _niceness() == before


def test_what_it_makes_and_what_it_raises_come_back():
    assert gently(lambda: "made") == "made"

    def fails() -> None:
        raise LookupError("why")

    with pytest.raises(LookupError, match="why"):
        gently(fails)


def test_nothing_of_it_is_left_when_workers_are_forked():
    gently(lambda: None)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("gently")]
