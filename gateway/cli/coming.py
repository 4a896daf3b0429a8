"""A request as it comes in, octet by octet, until all of it is there: only then it costs a thread.

Where a message ends is looked for here (RFC 9112, section 6) and nothing else: gunicorn reads it, and refuses what is
malformed. So it gets all that came, and what it leaves is the beginning of the next request.
"""

import re

MOST_HEAD = 64 * 1024
"""Bytes of a request line and its headers."""
MOST_BODY = 2 * 1024 * 1024 + 64 * 1024
"""Bytes of a body that are waited for: what the route that takes most of all reads, and somewhat more."""

_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,15})[ \t]*\r\n", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:", re.IGNORECASE)
_EXPECT = re.compile(rb"\r\nexpect:[ \t]*100-continue[ \t]*(?=\r\n)", re.IGNORECASE)


class Coming:
    """One request. `begun` is when its first octet came, on a clock that only goes forward."""

    __slots__ = ("_body", "_chunk", "_expects", "_length", "_octets", "begun", "is_whole", "too_large")

    def __init__(self, begun: float, octets: bytes = b"") -> None:
        self.begun = begun
        self.is_whole = False
        """All that is waited for is there; all of the request, unless it is `too_large`."""
        self.too_large = False
        self._octets = bytearray()
        self._body: int | None = None
        self._length: int | None = None
        self._chunk = 0
        self._expects = False
        if octets:
            self.add(octets)

    def __len__(self) -> int:
        return len(self._octets)

    def __bytes__(self) -> bytes:
        return bytes(self._octets)

    @property
    def has_head(self) -> bool:
        """Whether the request line and all headers are there."""
        return self._body is not None

    def add(self, octets: bytes) -> None:
        """What came next."""
        searched = max(0, len(self._octets) - len(_END) + 1)
        self._octets += octets
        if self._body is None:
            self._find_head(searched)
        if self._body is None:
            self.is_whole = self.too_large = len(self._octets) > MOST_HEAD
        elif not self.is_whole:
            self._find_end(self._body)

    def invites(self) -> bool:
        """Whether the client waits to be told to go on with its body; says so once (RFC 9110, section 10.1.1)."""
        expects, self._expects = self._expects, False
        return expects and not self.is_whole

    def _find_head(self, searched: int) -> None:
        end = self._octets.find(_END, searched)
        if end < 0 or end > MOST_HEAD:
            return
        head = bytes(self._octets[: end + len(_END)])
        if _EXPECT.search(head):
            # It is answered here; gunicorn would do so once more.
            self._expects = True
            self._octets[: len(head)] = head = _EXPECT.sub(b"", head)
        self._body = self._chunk = len(head)
        if _CHUNKED.search(head) is None:
            found = _LENGTH.search(head)
            self._length = int(found[1]) if found else 0

    def _find_end(self, body: int) -> None:
        if self._length is not None:
            self.too_large = self._length > MOST_BODY
            self.is_whole = self.too_large or len(self._octets) >= body + self._length
            return
        self.is_whole = self._has_last_chunk()
        if not self.is_whole and len(self._octets) > body + MOST_BODY:
            self.is_whole = self.too_large = True

    def _has_last_chunk(self) -> bool:
        """Whether the chunk of length 0 and the trailers behind it are there, or one that is none (RFC 9112, 7.1)."""
        while (line := self._octets.find(b"\r\n", self._chunk)) >= 0:
            try:
                size = int(self._octets[self._chunk : line].partition(b";")[0], 16)
            except ValueError:
                return True
            if size == 0:
                return self._octets.find(_END, line) >= 0
            if size < 0:
                return True
            if line + 2 + size + 2 > len(self._octets):
                return False
            self._chunk = line + 2 + size + 2
        return False
