"""What becomes of a reload is told to who waits for it, of the one that was asked for and of no other."""

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import pytest

from gateway.cli.reload_outcome import Reloads, Teller, awaited, told_by


@pytest.fixture
def pid_path(tmp_path: Path) -> Path:
    return tmp_path / "var/sluis.pid"


@pytest.fixture
def serving(pid_path: Path) -> Iterator[TextIO]:
    """This process serves, until the file is closed."""
    pid_path.parent.mkdir()
    with pid_path.open("w") as file:
        file.write(f"{os.getpid()}\n")
        file.flush()
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file


def test_the_outcome_is_that_of_a_reload_that_began_afterwards(pid_path: Path, serving: TextIO) -> None:
    teller, me = Teller(pid_path), os.getpid()
    teller.begins()
    asked = told_by(pid_path, me)
    assert asked == Reloads(me, begun=1)
    teller.refuse("3 errors")
    steps = iter([teller.is_over, teller.begins, teller.is_over])

    def pause() -> bool:
        next(steps)()
        return True

    assert awaited(pid_path, asked, pause=pause) == "", "the one under way when it was asked for is another's"
    assert next(steps, None) is None
    assert told_by(pid_path, me) == Reloads(me, begun=2, over=2)


def test_why_it_was_refused_is_told_and_not_of_the_next_one(pid_path: Path, serving: TextIO) -> None:
    teller, asked = Teller(pid_path), Reloads(os.getpid())
    teller.begins()
    teller.refuse("no worker can start with it")
    teller.is_over()
    assert awaited(pid_path, asked, pause=lambda: False) == "no worker can start with it"
    teller.begins()
    teller.is_over()
    assert awaited(pid_path, asked, pause=lambda: False) == ""


def test_who_waits_hears_that_it_takes_too_long_or_that_the_gateway_has_ended(pid_path: Path, serving: TextIO) -> None:
    Teller(pid_path).begins()
    asked = told_by(pid_path, os.getpid())
    assert awaited(pid_path, asked, pause=lambda: False) is None
    serving.close()
    with pytest.raises(ProcessLookupError):
        awaited(pid_path, asked, pause=lambda: True)


@pytest.mark.parametrize("left", ["", "[]", "{}", '{"process": 1, "begun": 7, "over": 7, "refused": ""}'])
def test_what_another_process_left_there_says_nothing(pid_path: Path, serving: TextIO, left: str) -> None:
    (pid_path.parent / ".sluis.pid.reloads").write_text(left)
    assert told_by(pid_path, os.getpid()) == Reloads(os.getpid())


def test_a_place_that_cannot_be_written_stops_no_reload(tmp_path: Path) -> None:
    for teller in (Teller(None), Teller(tmp_path / "nowhere/sluis.pid")):
        teller.begins()
        teller.is_over()
    assert told_by(tmp_path / "nowhere/sluis.pid", 1) == Reloads(1)
