"""A relay in front of a server, whose connections a test turns into half-open ones."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from tests.support.child_process import Address


@dataclass
class Relay:
    """`address` is where it listens; what comes there goes to a server and back.

    `swallows`: connections are taken, and nothing ever comes of them.
    """

    address: Address
    swallows: bool = False
    _lines: list["_Line"] = field(default_factory=list)

    def go_dark(self) -> None:
        """Connections that there are stay, and nothing comes of them any more; new ones are as ever."""
        for line in self._lines:
            line.dark = True

    def cut(self) -> None:
        """Connections that there are end."""
        for line in self._lines:
            line.end()


@dataclass
class _Line:
    """Both sides of a connection."""

    ends: tuple[socket.socket, socket.socket]
    dark: bool = False

    def carry(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while octets := source.recv(65536):
                if not self.dark:
                    target.sendall(octets)
        if not self.dark:
            self.end()

    def end(self) -> None:
        for one in self.ends:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


@contextmanager
def relay(server: Address) -> Iterator[Relay]:
    """One, until the context ends; all its connections end with it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        made = Relay(Address("127.0.0.1", listener.getsockname()[1]))

        def accept() -> None:
            while True:
                try:
                    near, _ = listener.accept()
                except OSError:
                    return
                try:
                    far = socket.create_connection((server.host, server.port))
                except OSError:
                    near.close()
                    continue
                line = _Line((near, far), dark=made.swallows)
                made._lines.append(line)
                for ends in ((near, far), (far, near)):
                    threading.Thread(target=line.carry, args=ends, daemon=True).start()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield made
        finally:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            thread.join()
            made.cut()
            for line in made._lines:
                for one in line.ends:
                    one.close()
