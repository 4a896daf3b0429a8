"""What the gateway asks of others over HTTP, against servers that behave as badly as servers can."""

import logging
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from gateway.domain.http import HttpAnswer, HttpFailed
from gateway.web.outgoing import OutgoingHttp

Behaviour = Callable[[socket.socket, bytes], None]
_PROBED = ("TCP_KEEPIDLE", "TCP_KEEPINTVL", "TCP_KEEPCNT")


class BadServer:
    """Answers each request of each connection as `behaviour` likes, and remembers what it was asked."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.asked: list[bytes] = []
        self.connections = 0
        self._behaviour = behaviour
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection:
                while request := connection.recv(65536):
                    self.asked.append(request)
                    self._behaviour(connection, request)
        except OSError:
            return

    def close(self) -> None:
        self._listener.close()


@contextmanager
def _server(behaviour: Behaviour) -> Iterator[BadServer]:
    server = BadServer(behaviour)
    try:
        yield server
    finally:
        server.close()


def _answer(body: bytes, *headers: str, status: str = "200 OK") -> Behaviour:
    head = "\r\n".join((f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers)) + "\r\n\r\n"
    return lambda connection, _: connection.sendall(head.encode() + body)


def _hang_up(connection: socket.socket, _: bytes) -> None:
    connection.shutdown(socket.SHUT_RDWR)


def test_an_answer_comes_with_its_status_type_and_headers():
    with _server(
        _answer(b"{}", "Content-Type: Application/JSON; charset=utf-8", 'ETag: "7"', status="404 No")
    ) as server:
        answer = OutgoingHttp().get(f"{server.url}/x", headers={"Accept": "application/json"})
    assert (answer.status, answer.body, answer.content_type) == (404, b"{}", "application/json")
    assert answer.headers["etag"] == '"7"'
    assert b"Accept: application/json" in server.asked[0]
    assert b"User-Agent: sluis\r\n" in server.asked[0]


def test_a_form_is_posted():
    def answer(connection: socket.socket, request: bytes) -> None:
        if b"b=" in request:
            _answer(b"")(connection, request)

    with _server(answer) as server:
        OutgoingHttp().post(server.url, headers={"Authorization": "Basic x"}, form={"a": "1 2", "b": "&"})
    assert server.asked[0].startswith(b"POST / ")
    assert b"Content-Type: application/x-www-form-urlencoded" in server.asked[0]
    assert b"".join(server.asked).endswith(b"\r\n\r\na=1+2&b=%26")


def test_a_connection_is_used_again():
    with _server(_answer(b"x")) as server:
        http = OutgoingHttp()
        for _ in range(5):
            http.get(server.url, headers={})
    assert (server.connections, len(server.asked)) == (1, 5)


def test_a_redirect_is_not_followed():
    with _server(_answer(b"", "Location: http://127.0.0.1:1/elsewhere", status="302 Found")) as server:
        assert OutgoingHttp().get(server.url, headers={}).status == 302
    assert len(server.asked) == 1


def test_what_is_packed_stays_packed():
    packed = b"\x1f\x8b not opened"
    with _server(_answer(packed, "Content-Encoding: gzip")) as server:
        assert OutgoingHttp().get(server.url, headers={}).body == packed


@pytest.mark.parametrize("length", ["Content-Length: 20", "Transfer-Encoding: chunked"])
def test_an_answer_that_is_too_large_is_not_read_to_its_end(length):
    endless = threading.Event()

    def pour(connection: socket.socket, _: bytes) -> None:
        connection.sendall(f"HTTP/1.1 200 OK\r\n{length}\r\n\r\n".encode())
        try:
            while not endless.is_set():
                connection.sendall(b"14\r\n" + b"x" * 20 + b"\r\n" if "chunked" in length else b"x" * 20)
        except OSError:
            endless.set()

    with _server(pour) as server, pytest.raises(HttpFailed, match="too large"):
        OutgoingHttp(max_bytes=19).get(server.url, headers={})
    assert endless.wait(10)


def test_a_body_that_comes_in_drops_is_given_up():
    moments = iter((0.0, 0.9, 1.1))

    def drip(connection: socket.socket, _: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        while True:
            connection.sendall(b"x")

    with _server(drip) as server, pytest.raises(HttpFailed, match="too slow"):
        OutgoingHttp(seconds=1, monotonic=lambda: next(moments)).get(server.url, headers={})


@pytest.mark.parametrize("drop", [b"x", b"X-Drop: drop\r\n"])
def test_a_head_that_comes_in_drops_is_given_up(drop):
    gone = threading.Event()

    def drip(connection: socket.socket, _: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        try:
            while not gone.wait(0.02):
                connection.sendall(drop)
        except OSError:
            gone.set()

    with _server(drip) as server, pytest.raises(HttpFailed):
        OutgoingHttp(seconds=0.2).post(server.url, headers={}, form={})
    assert gone.wait(10)


def test_silence_is_given_up():
    with _server(lambda *_: None) as server, pytest.raises(HttpFailed):
        OutgoingHttp(seconds=0.1).post(server.url, headers={}, form={})


def _kept(http: OutgoingHttp, url: str, count: int) -> None:
    """Have it keep so many connections."""
    together = threading.Barrier(count)

    def ask() -> None:
        together.wait()
        http.get(url, headers={})

    asking = [threading.Thread(target=ask) for _ in range(count)]
    for one in asking:
        one.start()
    for one in asking:
        one.join()


@contextmanager
def _kept_ones_are_dead(count: int) -> Iterator[tuple[BadServer, OutgoingHttp]]:
    """A server that knows nothing any more of connections that are kept, and says so by no word."""
    waiting, dead = threading.Barrier(count), threading.Event()
    known: set[socket.socket] = set()

    def behave(connection: socket.socket, request: bytes) -> None:
        if not dead.is_set():
            waiting.wait(60)
            known.add(connection)
        if not dead.is_set() or connection not in known:
            _answer(b"x")(connection, request)

    with _server(behave) as server:
        http = OutgoingHttp(seconds=0.3)
        _kept(http, server.url, count)
        dead.set()
        yield server, http


def test_a_get_on_a_kept_connection_that_is_dead_is_sent_once_more_on_a_new_one():
    with _kept_ones_are_dead(3) as (server, http):
        assert http.get(server.url, headers={}).status == 200
    assert server.connections == 3 + 1


def test_of_kept_connections_that_are_dead_one_alone_costs_a_post():
    with _kept_ones_are_dead(3) as (server, http):
        with pytest.raises(HttpFailed, match="KeptWasSilent"):
            http.post(server.url, headers={}, form={"code": "once"})
        assert http.post(server.url, headers={}, form={"code": "another"}).status == 200
    assert sum(b"once" in one for one in server.asked) == 1
    assert server.connections == 3 + 1


def test_a_get_that_nobody_answers_on_a_new_connection_is_not_sent_again():
    with _server(lambda *_: None) as server, pytest.raises(HttpFailed, match="ReadTimeoutError"):
        OutgoingHttp(seconds=0.1).get(server.url, headers={})
    assert server.connections == 1, "a person waits: once is enough"


def test_a_kept_connection_is_looked_after_while_nobody_uses_it():
    with _server(_answer(b"x")) as server:
        http = OutgoingHttp()
        http.get(server.url, headers={})
        kept = http._pool.connection_from_url(server.url).pool.get(block=False)
        options = {name: kept.sock.getsockopt(socket.IPPROTO_TCP, getattr(socket, name)) for name in _PROBED}
        assert kept.sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        kept.close()
    assert options["TCP_KEEPIDLE"] + options["TCP_KEEPINTVL"] * options["TCP_KEEPCNT"] == 30


def test_a_get_that_broke_off_is_sent_once_more():
    with _server(_hang_up) as server, pytest.raises(HttpFailed):
        OutgoingHttp().get(server.url, headers={})
    assert server.connections == 2


def test_a_post_that_may_have_arrived_is_not_sent_again():
    with _server(_hang_up) as server, pytest.raises(HttpFailed):
        OutgoingHttp().post(server.url, headers={}, form={"code": "once"})
    assert server.connections == 1


def test_nobody_there_is_said_without_the_address(caplog):
    with _server(_hang_up) as server:
        url = f"{server.url}/api/attributes/secret-of-a-person"
        with caplog.at_level(logging.DEBUG), pytest.raises(HttpFailed) as failed:
            OutgoingHttp().get(url, headers={})
    assert "secret" not in str(failed.value)
    assert failed.value.__cause__ is None


@pytest.mark.parametrize(
    "url", ["https://127.0.0.1:{port}/", "ftp://127.0.0.1/", "http://", "nonsense", "http://[::1/"]
)
def test_what_cannot_be_asked_fails_as_the_rest(url):
    with _server(_answer(b"x")) as server, pytest.raises(HttpFailed):
        OutgoingHttp(seconds=1).get(url.format(port=server.url.rpartition(":")[2]), headers={})


def test_a_representation_shows_no_content():
    assert repr(HttpAnswer(200, b"eckid", {"content-type": "text/plain"})) == "HttpAnswer(200, 'text/plain', 5 bytes)"
