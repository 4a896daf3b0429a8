"""`sluis serve` whose workers kill themselves where a request says: `python -m tests.faults.dying serve DIR`.

Whatever a login changes it changes by a call of a store, so that to die before each of them is to die at every step.
"""

import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

HEADER = "X-Die-Before-Step"
"""The number of the step before which to die, from 0."""


class _Request(threading.local):
    """The steps that are left to the request that this thread answers; None: it lives."""

    left: int | None = None

    def step(self) -> None:
        """One more, or the end."""
        if self.left is None:
            return
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
            signal.pause()
        self.left -= 1


_request = _Request()


def _is_a_step(call: Callable[..., Any]) -> Callable[..., Any]:
    def stepped(*arguments: Any, **options: Any) -> Any:
        _request.step()
        return call(*arguments, **options)

    return stepped


class _Watched:
    """WSGI middleware around all of the gateway: that the answer leaves is a step as well."""

    def __init__(self, app: Callable[..., Iterable[bytes]]) -> None:
        self._app = app

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
        said = environ.get("HTTP_" + HEADER.upper().replace("-", "_"))
        _request.left = int(said) if said else None
        body = self._app(environ, start_response)
        _request.step()
        yield from body
        close: Callable[[], None] = getattr(body, "close", lambda: None)
        close()
        _request.left = None


def _install() -> None:
    # As `sluis serve` does before its own imports; it then says where.
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = "set before the import"
    from gateway.cli import server
    from gateway.storage.ledger import SqlLedger
    from gateway.storage.ledger_answers import Answers
    from gateway.storage.ledger_writer import ChainWriter
    from gateway.storage.measured_store import MeasuredStore
    from gateway.storage.subjects import SqlSubjects

    steps: dict[type, tuple[str, ...]] = {
        MeasuredStore: ("put", "add", "add_all", "get", "get_all", "take", "take_all", "count"),
        SqlLedger: ("append",),
        ChainWriter: ("write", "_keep_head"),
        SqlSubjects: ("keep",),
        Answers: ("note", "have_left"),
    }
    for owner, names in steps.items():
        for name in names:
            setattr(owner, name, _is_a_step(getattr(owner, name)))
    made = server.create_app

    def create_app(parts: Any) -> Any:
        app = made(parts)
        app.wsgi_app = _Watched(app.wsgi_app)
        return app

    server.create_app = create_app


if __name__ == "__main__":
    _install()
    from gateway.cli import main

    main()
