"""Requests whose end two servers could see in different places (RFC 9112 6.3, 11.2): a proxy in front of `sluis serve`
would take for one request what the gateway takes for two. Each is refused, and nothing behind it is ever answered."""

import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.child_process import Address
from tests.support.real_gateway import initialised, served

HOST = "127.0.0.37"
SMUGGLED = b"GET /health/live HTTP/1.1\r\nHost: smuggled\r\n\r\n"
HEAD = b"POST /saml/sp/acs HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/x-www-form-urlencoded\r\n"


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Address]:
    with served(initialised(Path(tmp_path_factory.mktemp("framing")) / "gateway", HOST)) as running:
        yield running.address


def statuses(gateway: Address, sent: bytes) -> list[int]:
    """The status of every answer to what was sent over one connection, until the gateway closes it."""
    with socket.create_connection((gateway.host, gateway.port), timeout=20) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        received = b""
        with suppress(ConnectionResetError):  # closed with octets unread: nothing more is answered
            while more := connection.recv(65536):
                received += more
    return [int(answer[:3]) for answer in received.split(b"HTTP/1.1 ")[1:]]


ATTACKS = {
    "content_length_and_transfer_encoding": b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "transfer_encoding_and_content_length": b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "two_content_lengths": b"Content-Length: 0\r\nContent-Length: 44\r\n\r\n",
    "two_equal_content_lengths": b"Content-Length: 0\r\nContent-Length: 0\r\n\r\n",
    "content_length_list": b"Content-Length: 0, 0\r\n\r\n",
    "content_length_with_sign": b"Content-Length: +0\r\n\r\n",
    "negative_content_length": b"Content-Length: -1\r\n\r\n",
    "content_length_in_hexadecimal": b"Content-Length: 0x0\r\n\r\n",
    "folded_header": b"X-Padding: a\r\n Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n",
    "folded_transfer_encoding": b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    "space_before_the_colon": b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "chunked_twice": b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "chunked_in_two_headers": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunked_not_last": b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "unknown_transfer_encoding": b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "transfer_encoding_with_vertical_tab": b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    "bare_line_feed_in_header": b"X-Padding: a\nTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n",
    "nul_in_header": b"X-Padding: a\x00b\r\nContent-Length: 0\r\n\r\n",
    "chunk_size_not_hexadecimal": b"Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
    "chunk_size_with_sign": b"Transfer-Encoding: chunked\r\n\r\n+0\r\n\r\n",
    "chunk_size_with_prefix": b"Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n",
    "chunk_longer_than_it_says": b"Transfer-Encoding: chunked\r\n\r\n1\r\naa\r\n0\r\n\r\n",
}
"""Each complete as one of the readers sees it, so that what follows would be a request of its own."""


@pytest.mark.parametrize("framing", ATTACKS.values(), ids=ATTACKS)
def test_request_smuggling(gateway: Address, framing: bytes):
    answered = statuses(gateway, HEAD + framing + SMUGGLED)

    assert 200 not in answered
    assert len(answered) <= 1
    assert all(status >= 400 for status in answered)


def test_chunked_in_http_1_0(gateway: Address):
    old = HEAD.replace(b"HTTP/1.1", b"HTTP/1.0")
    answered = statuses(
        gateway, old + b"Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED
    )

    assert 200 not in answered


@pytest.mark.parametrize(
    ("request_line", "headers", "status"),
    [
        (b"GET /" + b"a" * 9000 + b" HTTP/1.1", b"Host: gateway", 400),
        (b"GET / HTTP/1.1", b"Host: gateway\r\nX-Long: " + b"a" * 9000, 431),
        (b"GET / HTTP/1.1", b"Host: gateway" + b"\r\nX-Many: a" * 60, 431),
    ],
    ids=["request_line", "one_header", "headers"],
)
def test_more_than_is_read(gateway: Address, request_line: bytes, headers: bytes, status: int):
    (answered,) = statuses(gateway, request_line + b"\r\n" + headers + b"\r\n\r\n")

    assert answered == status


def test_a_header_with_an_underscore_is_no_header(gateway: Address):
    assert statuses(gateway, HEAD + b"Content_Length: 44\r\n\r\n" + SMUGGLED) == [400, 200]


def test_an_honest_request_and_the_one_behind_it_are_both_answered(gateway: Address):
    for framing in (b"Content-Length: 4\r\n\r\na=b&", b"Transfer-Encoding: chunked\r\n\r\n4\r\na=b&\r\n0\r\n\r\n"):
        assert statuses(gateway, HEAD + framing + SMUGGLED) == [400, 200]
