"""What every test stands on: no network but loopback, and a clock that the test holds."""

import ipaddress
import os
import socket
import sys
from typing import Any

import pytest
from hypothesis import settings

from tests.support.held import HeldClock, SeededRandomness

# How long an example takes says more of the machine than of the code
settings.register_profile("gateway", deadline=None)
settings.load_profile("gateway")

# The many processes that tests start read the gateway compiled, as where it is installed
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

_LOCAL_NAMES = {"localhost", ""}


def _refuse_other_networks(event: str, arguments: tuple[Any, ...]) -> None:
    if event not in {"socket.connect", "socket.sendto"}:
        return
    opened, address = arguments[0], arguments[1]
    if getattr(opened, "family", None) not in {socket.AF_INET, socket.AF_INET6} or not isinstance(address, tuple):
        return
    host = address[0]
    if host in _LOCAL_NAMES or ipaddress.ip_address(host).is_loopback:
        return
    raise RuntimeError(f"a test went to the network: {host}")


sys.addaudithook(_refuse_other_networks)


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock()


@pytest.fixture
def randomness() -> SeededRandomness:
    return SeededRandomness()
