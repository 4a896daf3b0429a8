"""What a worker does beside its requests, again and again, in a thread of its own."""

import atexit
from collections.abc import Callable
from threading import Event, Thread

import structlog

from gateway.domain.errors import SluisError

log = structlog.get_logger("sluis")

EVERY_SECONDS = 5.0


def keep_doing(job: Callable[[], None], *, name: str, stopped: Event | None = None) -> Thread:
    """Do the job every few seconds until the process ends, or `stopped`; a store that is gone is only waited for."""
    stop = stopped or Event()

    def loop() -> None:
        while not stop.wait(EVERY_SECONDS):
            try:
                job()
            except SluisError as error:
                log.warning("beside_failed", where=name, code=error.code, cause=str(error.cause))
            except Exception:
                log.error("beside_failed", where=name, exc_info=True)

    thread = Thread(target=loop, name=name, daemon=True)
    thread.start()
    atexit.register(stop.set)
    return thread
