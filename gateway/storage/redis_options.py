"""How to connect to a Redis. Apart from the client, whose library takes long to import and is for who uses it."""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class RedisTls:
    """The authorities that are believed (a PEM file; None: those of the system), and a certificate of our own."""

    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None


@dataclass(frozen=True, slots=True)
class RedisOptions:
    """How to connect. `seconds`: how long to wait for a connection, and for an answer.

    `user` and `password` come before those in the address. `connections`: at most as many at once to a server.
    """

    seconds: float = 1.0
    connections: int = 100
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    sentinel_user: str | None = None
    sentinel_password: str | None = field(default=None, repr=False)
    tls: RedisTls = RedisTls()
