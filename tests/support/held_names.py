"""Name resolution in the test's hand: names under `.test` are this machine's, while there is a DNS."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch


class Names:
    """`gone`: no name is found."""

    def __init__(self) -> None:
        self.gone = False
        self._ask = socket.getaddrinfo

    def find(self, host: Any, *arguments: Any, **options: Any) -> Any:
        """As `socket.getaddrinfo`."""
        name = host.decode() if isinstance(host, bytes) else host
        if isinstance(name, str) and (name.endswith(".test") or name == "localhost"):
            if self.gone:
                raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
            host = "127.0.0.1"
        return self._ask(host, *arguments, **options)


@contextmanager
def held_names() -> Iterator[Names]:
    """Until the context ends."""
    names = Names()
    with patch.object(socket, "getaddrinfo", names.find):
        yield names
