"""A worker that is told to stop at the worst moment."""

import subprocess
import sys

SERVER = """
import os, signal, sys
from gunicorn.app.base import BaseApplication
from gateway.cli.arbiter import SmoothArbiter

class Server(BaseApplication):
    def load_config(self):
        self.cfg.set("bind", "127.0.0.1:0")
        self.cfg.set("worker_class", "gthread")
        self.cfg.set("loglevel", "critical")
        self.cfg.set("graceful_timeout", 3600)
        self.cfg.set("post_fork", lambda arbiter, worker: os.kill(os.getpid(), signal.SIGTERM))
        self.cfg.set("child_exit", lambda arbiter, worker: os.kill(os.getpid(), signal.SIGTERM))

    def load(self):
        print("loaded", flush=True)
        return lambda environ, start_response: []

    def renew(self):
        return False

    def look_after(self):
        pass

    def put_back(self):
        pass

SmoothArbiter(Server()).run()
"""


def test_a_worker_told_to_stop_before_it_has_started_stops() -> None:
    ended = subprocess.run([sys.executable, "-c", SERVER], capture_output=True, text=True, timeout=120, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "loaded" in ended.stdout
