"""How long things take, by a clock that is held."""

import socket
from pathlib import Path

import pytest
from flask import Flask
from prometheus_client import CollectorRegistry, generate_latest

from gateway.domain.errors import ErrorCode, SluisError
from gateway.observability.durations import Durations
from gateway.storage.contracts import Value
from gateway.storage.measured_store import MeasuredStore
from gateway.storage.sqlite_store import SqliteStore
from gateway.web import measured
from tests.support.held import HeldClock


class Measured:
    """Durations whose clock goes a quarter of a second on at each look."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.now = 0.0
        self.durations = Durations(self.registry, self._tick)

    def _tick(self) -> float:
        self.now += 0.25
        return self.now

    def sample(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(name, labels)


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PROMETHEUS_MULTIPROC_DIR", raising=False)


@pytest.fixture
def counted() -> Measured:
    return Measured()


def test_requests_are_measured_by_endpoint(counted: Measured):
    app = Flask("measured")
    measured.install(app, counted.durations)
    app.add_url_rule("/login/<attempt>", "login", lambda attempt: attempt)
    app.add_url_rule("/broken", "broken", lambda: 1 / 0)
    app.register_error_handler(ZeroDivisionError, lambda _: ("broken", 500))
    client = app.test_client()
    for path in ("/login/one", "/login/other", "/broken", "/not/there"):
        client.get(path)
    for endpoint, count in (("login", 2), ("broken", 1), ("none", 1)):
        assert counted.sample("sluis_request_seconds_count", endpoint=endpoint) == count
        assert counted.sample("sluis_request_seconds_sum", endpoint=endpoint) == count * 0.25
    assert counted.sample("sluis_waited_seconds_count") == 4
    assert b"other" not in generate_latest(counted.registry), "an address holds more than its endpoint"


def test_the_wait_is_the_one_that_the_system_tells(counted: Measured):
    class Connection:
        def getsockopt(self, *_: int) -> bytes:
            return bytes(52) + (700).to_bytes(4, "little")

    app = Flask("measured")
    measured.install(app, counted.durations)
    app.test_client().get("/", environ_overrides={"gunicorn.socket": Connection()})
    assert counted.sample("sluis_waited_seconds_sum") == 0.7
    assert socket.TCP_INFO


def test_every_call_of_a_store_is_measured_also_one_that_fails(tmp_path: Path, counted: Measured):
    inner = SqliteStore(tmp_path / "store.sqlite", clock=HeldClock())
    store = MeasuredStore(inner, lambda call: counted.durations.of_store("short_lived", call))
    store.put("a:1", b"one", seconds=9)
    assert store.add("a:1", b"other", seconds=9) is False
    assert store.add_all([Value("a:2", b"two", 9), Value("a:1", b"x", 9)]) == [True, False]
    assert store.get("a:1") == b"one"
    assert store.get_all(["a:2", "a:3"]) == [b"two", None]
    assert store.take("a:2") == b"two"
    assert store.take_all(["a:1", "a:2"]) == [b"one", None]
    store.ping()
    for call in ("put", "add", "add_all", "get", "get_all", "take", "take_all"):
        assert counted.sample("sluis_store_seconds_count", store="short_lived", call=call) == 1
        assert counted.sample("sluis_store_seconds_sum", store="short_lived", call=call) == 0.25

    class Gone(SqliteStore):
        def get(self, key: str) -> bytes | None:
            raise SluisError(ErrorCode.STORE_UNAVAILABLE)

    gone = MeasuredStore(
        Gone(tmp_path / "store.sqlite", clock=HeldClock()), lambda call: counted.durations.of_store("gone", call)
    )
    with pytest.raises(SluisError):
        gone.get("a:1")
    assert counted.sample("sluis_store_seconds_count", store="gone", call="get") == 1
