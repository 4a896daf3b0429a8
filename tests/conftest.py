"""What every test stands on: no network but loopback, and a clock that the test holds."""

import ipaddress
import os
import socket
from collections.abc import Callable, Generator
from functools import wraps
from typing import Any

import pytest
from hypothesis import settings
from xdist.remote import Producer

from tests.support import compiled_once, made_keys, upgraded_once
from tests.support.dealing import TOGETHER, Dealing, rank
from tests.support.held import HeldClock, SeededRandomness
from tests.support.leaks import watch_for_leaks
from tests.support.untraced import Tracer, is_untraced

# How long an example takes says more of the machine than of the code
settings.register_profile("gateway", deadline=None)
settings.load_profile("gateway")

# The many processes that tests start read the gateway compiled, as where it is installed
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

made_keys.come_round()
compiled_once.compile_once()
upgraded_once.upgrade_once()
_tracer = Tracer()

_LOCAL_NAMES = {"localhost", ""}


def _only_here(send: Callable[..., Any]) -> Callable[..., Any]:
    """The method of a socket, for loopback alone.

    Not by an audit hook: written in Python, that runs while a thread that starts sets its tracer, and another thread
    that starts just then dies of it (CPython 3.11, `sys.settrace`).
    """

    @wraps(send)
    def guarded(opened: socket.socket, *arguments: Any) -> Any:
        address = arguments[-1] if arguments else None
        if opened.family in {socket.AF_INET, socket.AF_INET6} and isinstance(address, tuple):
            host = address[0]
            if host not in _LOCAL_NAMES and not ipaddress.ip_address(host).is_loopback:
                raise RuntimeError(f"a test went to the network: {host}")
        return send(opened, *arguments)

    return guarded


for _method in ("connect", "connect_ex", "sendto"):
    setattr(socket.socket, _method, _only_here(getattr(socket.socket, _method)))


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    watch_for_leaks(config)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=rank)
    for item in items:
        if item.nodeid.startswith(TOGETHER):
            item.add_marker(pytest.mark.untraced)


def pytest_xdist_auto_num_workers() -> int:
    """Half as many again as there are processors: what takes long waits for programs, most of the time."""
    return max(2, 3 * (os.cpu_count() or 1) // 2)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Dealing | None:
    return Dealing(config, log) if config.option.dist == "loadfile" else None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None, object, object]:
    if is_untraced(item):
        _tracer.stop()
    try:
        return (yield)
    finally:
        if not is_untraced(nextitem):
            _tracer.start()


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock()


@pytest.fixture
def randomness() -> SeededRandomness:
    return SeededRandomness()
