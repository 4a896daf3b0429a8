"""The process that starts the workers: on a reload it lets the new ones be ready before the old ones go.

gunicorn itself stops the old workers at once, so that requests wait until the new ones have started. Here a reload that
fails at any step, be it in the configuration or in a worker that cannot start with it, leaves everything as it was.
Who says to stop in the middle of one does not wait for its end.
"""

import os
import selectors
import signal
import time
from contextlib import suppress
from typing import Any, Protocol

from gunicorn.arbiter import Arbiter
from gunicorn.errors import HaltServer

READY_WITHIN = 60.0
"""Seconds that new workers have to start."""
_STOPPING = (signal.SIGTERM, signal.SIGQUIT, signal.SIGINT)


class Renewable(Protocol):
    """A server whose configuration can be made anew, and put back."""

    def begins(self) -> None:
        """A reload begins."""
        ...

    def is_over(self) -> None:
        """It came to its end: workers with one configuration are left, the new one or the one before."""
        ...

    def renew(self) -> bool:
        """Load the configuration anew; whether it can be used. One that cannot changes nothing."""
        ...

    def is_behind(self) -> bool:
        """Whether what was fetched since is not in the configuration, nor in one that could not be used."""
        ...

    def look_after(self) -> None:
        """Keep what runs beside the workers running; called about every second."""
        ...

    def put_back(self) -> None:
        """Go back to what was before `renew`: no worker can start with the new configuration."""
        ...


class _Readiness:
    """A pipe into which each worker writes a byte when it can take requests."""

    def __init__(self) -> None:
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._reader, False)
        self._ready = 0

    def tell(self) -> None:
        os.write(self._writer, b".")

    def forget(self) -> None:
        self._drain()
        self._ready = 0

    def wait(self, count: int, seconds: float) -> bool:
        """Whether so many are ready; waits this long for it."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._reader, selectors.EVENT_READ)
            selector.select(seconds)
        self._drain()
        return self._ready >= count

    def _drain(self) -> None:
        with suppress(BlockingIOError):
            self._ready += len(os.read(self._reader, 4096))


class _NoWorkerStarted(Exception):
    """Ends gunicorn's reload, which would go on to wait for old workers that stay."""


class _ToldToStop(BaseException):
    """Ends the loading of a configuration that nobody will use."""


class SmoothArbiter(Arbiter):  # type: ignore[misc]
    """gunicorn's arbiter, with reloads that nobody notices."""

    def __init__(self, app: Any) -> None:
        self._renewable: Renewable = app
        self._readiness = _Readiness()
        self._newest_before: int | None = None
        self._loading = self._told_to_stop = False
        super().__init__(app)

    def signal(self, sig: int, frame: Any) -> None:
        """Take a signal; that to stop does not wait for what is being loaded."""
        super().signal(sig, frame)
        if sig in _STOPPING:
            self._told_to_stop = True
            if self._loading:
                self._loading = False
                raise _ToldToStop

    def handle_usr2(self) -> None:
        """Something was fetched: reload, unless that was done meanwhile; gunicorn would start a second gateway."""
        if self._renewable.is_behind():
            self.reload()

    def reload(self) -> None:
        """New workers with the configuration made anew; with one that cannot be used, nothing."""
        self._renewable.begins()
        renewed = False
        with suppress(_ToldToStop):
            self._loading = True
            renewed = self._renewable.renew()
            self._loading = False
        if renewed and not self._told_to_stop:
            self._exchange_workers()
        if not self._told_to_stop:
            self._renewable.is_over()

    def _exchange_workers(self) -> None:
        """New ones come, and those from before go: when it returns they have gone, or finish what they have."""
        self._readiness.forget()
        self._newest_before = self.worker_age
        try:
            with suppress(_NoWorkerStarted):
                super().reload()
        finally:
            self._newest_before = None

    def setup(self, app: Any) -> None:
        """Take over the configuration of gunicorn itself."""
        super().setup(app)
        self.cfg.set("post_worker_init", lambda _worker: self._started())

    def spawn_worker(self) -> int | None:
        """Start a worker that, told to stop before it has handlers of its own, stops once it has them.

        gunicorn's handlers, which a new process inherits, put a signal where nobody looks: the worker would go on until
        it is killed at the end of `graceful_timeout`.
        """
        signal.pthread_sigmask(signal.SIG_BLOCK, _STOPPING)
        try:
            pid: int | None = super().spawn_worker()
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPPING)
        return pid

    def manage_workers(self) -> None:
        """Have as many workers as wanted; in the middle of a reload, once the new ones are there."""
        if self._newest_before is not None and not self._new_ones_are_ready(self._newest_before):
            self._stop_those_after(self._newest_before)
            self._renewable.put_back()
            self.setup(self.app)
            raise _NoWorkerStarted
        super().manage_workers()
        self._renewable.look_after()

    def stop(self, graceful: bool = True) -> None:  # noqa: FBT001, FBT002 - the signature is gunicorn's
        """Stop all workers; that one of them could not start is no reason to leave the others running."""
        while True:
            try:
                super().stop(graceful)
            except HaltServer:
                continue
            return

    def _started(self) -> None:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPPING)
        self._readiness.tell()

    def _new_ones_are_ready(self, newest_before: int) -> bool:
        until = time.monotonic() + READY_WITHIN
        try:
            while not self._told_to_stop and not self._readiness.wait(self.cfg.workers, 0.2):
                self.reap_workers()
                new = [worker for worker in self.WORKERS.values() if worker.age > newest_before]
                if len(new) < self.cfg.workers or time.monotonic() > until:
                    return False
        except HaltServer:
            # Raised for a worker that could not start, which is no reason to stop those that run.
            return False
        return True

    def _stop_those_after(self, newest_before: int) -> None:
        for pid, worker in list(self.WORKERS.items()):
            if worker.age > newest_before:
                self.kill_worker(pid, signal.SIGKILL)
                # Otherwise the oldest would be stopped in its place; it is reaped as any other child.
                self.WORKERS.pop(pid, None)
