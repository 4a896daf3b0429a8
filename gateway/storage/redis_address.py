"""Where a Redis is: the URL of a single server, of Sentinels, or of a Cluster."""

from dataclasses import dataclass, field
from enum import StrEnum, auto
from urllib.parse import SplitResult, unquote, urlsplit

_PORT = 6379
_SENTINEL_PORT = 26379
_MAX_DATABASE = 1_000_000


class RedisKind(StrEnum):
    """How many servers there are, and who says which one to ask."""

    SINGLE = auto()
    SENTINEL = auto()
    CLUSTER = auto()


SCHEMES = {
    "redis": (RedisKind.SINGLE, False),
    "rediss": (RedisKind.SINGLE, True),
    "unix": (RedisKind.SINGLE, False),
    "redis+sentinel": (RedisKind.SENTINEL, False),
    "rediss+sentinel": (RedisKind.SENTINEL, True),
    "redis+cluster": (RedisKind.CLUSTER, False),
    "rediss+cluster": (RedisKind.CLUSTER, True),
}
"""URL scheme -> kind, and whether connections are TLS."""


@dataclass(frozen=True, slots=True)
class RedisAddress:
    """What a URL says. `nodes` are the Sentinels where there are some; `service` is the master's name there.

    `path` is the socket of a server on this machine, and there are no nodes then.
    """

    kind: RedisKind
    nodes: tuple[tuple[str, int], ...]
    tls: bool = False
    database: int = 0
    service: str = ""
    path: str = ""
    user: str | None = None
    password: str | None = field(default=None, repr=False)


def parse(url: str) -> RedisAddress:
    """The address in a URL; hosts of several servers stand behind each other with commas.

    `redis[s]://[user:password@]host[:port][/database]`, `unix:///path`,
    `redis[s]+sentinel://[user:password@]host[:port],.../master[/database]`,
    `redis[s]+cluster://[user:password@]host[:port],...`. Raises ValueError, which quotes nothing of the URL.
    """
    parts = urlsplit(url)
    if parts.scheme not in SCHEMES:
        raise ValueError("the address is of another kind of store")
    if parts.query or parts.fragment:
        raise ValueError("the address of a Redis has no options: they are keys of their own")
    kind, tls = SCHEMES[parts.scheme]
    credentials, _, hosts = parts.netloc.rpartition("@")
    user, _, password = (unquote(part) or None for part in credentials.partition(":"))
    if parts.scheme == "unix":
        if hosts or parts.path in ("", "/"):
            raise ValueError("the address of a socket is unix:///path")
        return RedisAddress(kind, (), path=unquote(parts.path), user=user, password=password)
    nodes = _nodes(hosts, _SENTINEL_PORT if kind is RedisKind.SENTINEL else _PORT)
    if kind is RedisKind.SINGLE and len(nodes) > 1:
        raise ValueError("several hosts are redis+sentinel:// or redis+cluster://")
    service, database = _service_and_database(kind, parts)
    return RedisAddress(kind, nodes, tls, database, service, user=user, password=password)


def _nodes(hosts: str, port: int) -> tuple[tuple[str, int], ...]:
    return tuple(_node(host, port) for host in hosts.split(","))


def _node(text: str, default: int) -> tuple[str, int]:
    try:
        parts = urlsplit(f"//{text}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host or port == 0 or text.endswith(":"):
        raise ValueError("a host is a name or an address, with or without :port; several have commas between them")
    return host, port or default


def _service_and_database(kind: RedisKind, parts: SplitResult) -> tuple[str, int]:
    inside = [unquote(part) for part in parts.path.strip("/").split("/") if part]
    service = ""
    if kind is RedisKind.SENTINEL:
        if not inside:
            raise ValueError("which master the Sentinels watch stands behind their hosts: /mymaster")
        service = inside.pop(0)
    if not inside:
        return service, 0
    if kind is RedisKind.CLUSTER:
        raise ValueError("a Redis Cluster has one database, which has no number")
    number = inside.pop(0)
    if inside or not (number.isascii() and number.isdigit()) or int(number) > _MAX_DATABASE:
        raise ValueError("the database of a Redis is a number")
    return service, int(number)
