"""A worker or a gateway that is told to stop at the worst moment, and a reload that was done already."""

import subprocess
import sys

import pytest

SERVER = """
import os, signal, sys
from pathlib import Path
from threading import Event
from gunicorn.app.base import BaseApplication
from gateway.cli import arbiter
from gateway.cli.gently import gently

def tell(number):
    os.kill(os.getpid(), number)

class Server(BaseApplication):
    renewals = 0
    behind = True

    def load_config(self):
        self.cfg.set("bind", "127.0.0.1:0")
        self.cfg.set("worker_class", "gthread")
        self.cfg.set("loglevel", "critical")
        self.cfg.set("graceful_timeout", GRACE)

    def load(self):
        print("loaded", flush=True)
        return lambda environ, start_response: []

    def renew(self):
        return False

    def begins(self):
        pass

    def is_over(self):
        print("over", flush=True)

    def look_after(self):
        pass

    def is_behind(self):
        return self.behind

    def put_back(self):
        print("put back", flush=True)
"""
RUN = "\narbiter.SmoothArbiter(Server()).run()\n"

BEFORE_IT_HAS_STARTED = """
class Server(Server):
    def load_config(self):
        super().load_config()
        self.cfg.set("post_fork", lambda arbiter, worker: tell(signal.SIGTERM))
        self.cfg.set("child_exit", lambda arbiter, worker: tell(signal.SIGTERM))
"""
WHILE_IT_LOADS = """
class Server(Server):
    def look_after(self):
        tell(signal.SIGHUP)

    def renew(self):
        told = Event()
        # What loads ends when the process does, as the reading of files does in the end.
        def load():
            print("loading", flush=True)
            tell(signal.SIGTERM)
            told.wait(3600)
        try:
            gently(load)
        finally:
            told.set()
"""
WHILE_NEW_WORKERS_START = """
arbiter.READY_WITHIN = 3600

class Server(Server):
    def look_after(self):
        tell(signal.SIGHUP)

    def renew(self):
        self.renewals += 1
        return True

    def load(self):
        if self.renewals:
            print("starting", flush=True)
            os.kill(os.getppid(), signal.SIGTERM)
            Event().wait(3600)
        return super().load()
"""
SOMETHING_WAS_FETCHED = """
class Server(Server):
    looked = 0

    def look_after(self):
        self.looked += 1
        tell(signal.SIGUSR2 if self.looked < 4 else signal.SIGTERM)

    def renew(self):
        print("renewed", flush=True)
        self.behind = False
        return False
"""


def said(moment: str, *, grace: int = 3600) -> list[str]:
    """What the server prints that comes to this moment; it ends by itself, and well."""
    program = SERVER.replace("GRACE", str(grace)) + moment + RUN
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
    return ended.stdout.splitlines()


def test_a_worker_told_to_stop_before_it_has_started_stops() -> None:
    assert "loaded" in said(BEFORE_IT_HAS_STARTED)


@pytest.mark.parametrize(
    ("moment", "word"), [(WHILE_IT_LOADS, "loading"), (WHILE_NEW_WORKERS_START, "starting")], ids=["loads", "starts"]
)
def test_a_gateway_told_to_stop_in_the_middle_of_a_reload_stops(moment: str, word: str) -> None:
    found = said(moment, grace=1)
    assert word in found
    assert "put back" not in found
    assert "over" not in found, "who waits for it hears that the gateway has ended"


def test_what_was_fetched_is_taken_once() -> None:
    assert said(SOMETHING_WAS_FETCHED).count("renewed") == 1
