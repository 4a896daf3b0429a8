"""HTTP of the gateway towards others, by urllib3: kept connections, bounded in time and size."""

import queue
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from http.client import HTTPException
from threading import Event, Timer
from typing import Any
from urllib.parse import urlencode

from urllib3 import BaseHTTPResponse, HTTPConnectionPool, HTTPResponse, HTTPSConnectionPool, PoolManager, Retry, Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, ProtocolError, ReadTimeoutError

from gateway.domain.http import HttpAnswer, HttpFailed

MAX_BYTES = 1024 * 1024
"""Of an answer, unless said otherwise. Key sets and UserInfo have some kB."""

_CONNECT_SECONDS = 2.0
_READ_SECONDS = 5.0
_CHUNK = 64 * 1024
_AGAIN_IF_IT_NEVER_ARRIVED = Retry(total=1, connect=1, read=0, redirect=0, status=0, other=0)
_WATCHED_WHILE_IDLE = (
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    *(
        (socket.IPPROTO_TCP, getattr(socket, name), value)
        for name, value in (("TCP_KEEPIDLE", 15), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 3))
        if hasattr(socket, name)
    ),
)
"""A kept connection whose other end is gone without a word is known to be dead after 30 seconds, before it is used."""


@cache
def _trusting_the_system() -> ssl.SSLContext:
    """To read all that the system trusts takes a tenth of a second: once a process."""
    return ssl.create_default_context()


class OutgoingHttp:
    """Fulfils Http. Shared by the threads of a worker. Certificates are checked against those that the system trusts.

    `seconds` bounds the head of an answer and then its body, so that one that comes in drops does not hold a thread;
    `max_bytes` bounds its body, as it comes: nothing is unpacked.
    """

    def __init__(
        self,
        *,
        seconds: float = _READ_SECONDS,
        max_bytes: int = MAX_BYTES,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._seconds = seconds
        self._max_bytes = max_bytes
        self._monotonic = monotonic
        self._pool = PoolManager(
            num_pools=50,
            maxsize=4,
            timeout=Timeout(connect=min(_CONNECT_SECONDS, seconds), read=seconds),
            ssl_context=_trusting_the_system(),
            socket_options=[*HTTPConnection.default_socket_options, *_WATCHED_WHILE_IDLE],
        )
        self._pool.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}

    def get(self, url: str, *, headers: Mapping[str, str]) -> HttpAnswer:
        try:
            return self._request("GET", url, headers)
        except _BrokeOff:
            return self._request("GET", url, headers)

    def post(self, url: str, *, headers: Mapping[str, str], form: Mapping[str, str]) -> HttpAnswer:
        typed = {**headers, "Content-Type": "application/x-www-form-urlencoded"}
        return self._request("POST", url, typed, body=urlencode(form).encode())

    def send(self, url: str, *, headers: Mapping[str, str], body: bytes) -> HttpAnswer:
        return self._request("POST", url, headers, body=body)

    def _request(self, method: str, url: str, headers: Mapping[str, str], **options: Any) -> HttpAnswer:
        """The answer. Raises HttpFailed; as _BrokeOff where a new connection may bring what the one used did not."""
        if not url.startswith(("https://", "http://")):
            raise HttpFailed("not an http address")
        sent = {"User-Agent": "sluis", **headers}
        options |= {"redirect": False, "preload_content": False, "decode_content": False}
        try:
            response = self._pool.request(method, url, headers=sent, retries=_AGAIN_IF_IT_NEVER_ARRIVED, **options)
            try:
                body = self._body(response)
                response.release_conn()
            except BaseException:
                response.close()
                raise
        except (HTTPError, OSError) as cause:
            # The text of urllib3 quotes the address; its kind says enough.
            reason = getattr(cause, "reason", None) or cause
            if isinstance(reason, ReadTimeoutError | ProtocolError):
                self._close_kept(url)
            failed = _BrokeOff if isinstance(reason, ProtocolError | KeptWasSilent) else HttpFailed
            raise failed(type(reason).__name__) from None
        return HttpAnswer(response.status, body, {name.lower(): value for name, value in response.headers.items()})

    def _close_kept(self, url: str) -> None:
        """Those of one party: where one is dead the others are, and each would cost a login."""
        pool = self._pool.connection_from_url(url)
        with suppress(queue.Empty):
            while pool.pool is not None:
                kept = pool.pool.get(block=False)
                if kept is not None:
                    kept.close()

    def _body(self, response: BaseHTTPResponse) -> bytes:
        until = self._monotonic() + self._seconds
        body = bytearray()
        while chunk := response.read1(_CHUNK):
            body += chunk
            if len(body) > self._max_bytes:
                raise HttpFailed("the answer is too large")
            if self._monotonic() > until:
                raise HttpFailed("the answer is too slow")
        return bytes(body)


class _BrokeOff(HttpFailed):
    """There was a connection, and no answer on it."""


class KeptWasSilent(ReadTimeoutError):
    """Nothing came on a connection that had brought answers before: its other end may be gone."""


class _Bounded(HTTPConnection):
    """The timeout of a socket starts anew with each byte. This one ends the wait for the whole head of an answer."""

    _answered = False

    def connect(self) -> None:
        """As of its base class."""
        self._answered = False
        super().connect()

    def getresponse(self) -> HTTPResponse:  # type: ignore[override] # urllib3's own response, as in its class
        cut = Event()
        late = Timer(self.timeout or _READ_SECONDS, self._give_up, (cut,))
        late.daemon = True
        late.start()
        try:
            response = super().getresponse()
        except (OSError, HTTPException) as cause:
            if cut.is_set() or isinstance(cause, TimeoutError):
                raise self._too_late() from None
            raise
        finally:
            late.cancel()
        if cut.is_set():
            response.close()
            # What had come by then can look like a whole head.
            raise self._too_late()
        self._answered = True
        return response

    def _too_late(self) -> ReadTimeoutError:
        kind = KeptWasSilent if self._answered else ReadTimeoutError
        return kind(None, None, "the head of the answer")  # type: ignore[arg-type] # names no address

    def _give_up(self, cut: Event) -> None:
        cut.set()
        # The thread that waits sees the connection end.
        with suppress(OSError, AttributeError):
            self.sock.shutdown(socket.SHUT_RDWR)


class _BoundedTls(_Bounded, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Bounded


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _BoundedTls
