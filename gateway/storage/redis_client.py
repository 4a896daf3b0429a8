"""Clients of a Redis: of a single server, of the master that Sentinels name, of a Cluster.

A client belongs to a process: its connections are made when they are needed, and a child that was forked makes its own.
"""

import random
from pathlib import Path
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.cluster import ClusterNode, RedisCluster
from redis.connection import Connection, ConnectionPool, SSLConnection, UnixDomainSocketConnection
from redis.retry import Retry
from redis.sentinel import Sentinel, SentinelManagedConnection, SentinelManagedSSLConnection

from gateway.storage.redis_address import RedisAddress, RedisKind
from gateway.storage.redis_options import RedisOptions, RedisTls

Client = redis.Redis | RedisCluster
_HEALTH_CHECK = 30


class NotConnected(redis.ConnectionError):
    """No connection could be made: the command was not sent, so that it may be tried again."""


class _Tells:
    """A connection that says when it could not be made; one that took too long is not worth another try."""

    def connect(self) -> None:
        try:
            super().connect()  # type: ignore[misc]
        except redis.AuthenticationError:
            raise
        except redis.ConnectionError as cause:
            raise NotConnected(str(cause)) from cause


class _Plain(_Tells, Connection):
    pass


class _Tls(_Tells, SSLConnection):
    pass


class _Socket(_Tells, UnixDomainSocketConnection):
    pass


class _Master(_Tells, SentinelManagedConnection):
    pass


class _TlsMaster(_Tells, SentinelManagedSSLConnection):
    pass


def connect(address: RedisAddress, options: RedisOptions) -> Client:
    """A client; a Cluster is asked for its nodes at once, and raises as every call does when none answers.

    Nothing is tried twice by the client itself: whoever calls knows what may be.
    """
    common = {
        **_waiting(options),
        **_tls(address, options.tls),
        "username": options.user or address.user,
        "password": options.password or address.password,
        "protocol": 2,
    }
    match address.kind:
        case RedisKind.CLUSTER:
            return _cluster(address, common, options)
        case RedisKind.SENTINEL:
            return _master(address, common, options)
        case RedisKind.SINGLE:
            where: dict[str, Any] = {"path": address.path, "connection_class": _Socket}
            if not address.path:
                host, port = address.nodes[0]
                where = {"host": host, "port": port, "connection_class": _Tls if address.tls else _Plain}
            return redis.Redis(
                connection_pool=ConnectionPool(
                    **where,
                    **common,
                    db=address.database,
                    max_connections=options.connections,
                    health_check_interval=_HEALTH_CHECK,
                    retry=_never(),
                )
            )


def _master(address: RedisAddress, common: dict[str, Any], options: RedisOptions) -> redis.Redis:
    asking = {
        **common,
        "username": options.sentinel_user,
        "password": options.sentinel_password,
        "ssl": address.tls,
        "retry": _never(),
    }
    # All workers ask another Sentinel first.
    nodes = random.sample(address.nodes, len(address.nodes))
    sentinel = Sentinel(nodes, sentinel_kwargs=asking)  # type: ignore[no-untyped-call]
    master: redis.Redis = sentinel.master_for(  # type: ignore[no-untyped-call]
        address.service,
        **common,
        connection_class=_TlsMaster if address.tls else _Master,
        db=address.database,
        max_connections=options.connections,
        health_check_interval=_HEALTH_CHECK,
        retry=_never(),
    )
    return master


def _cluster(address: RedisAddress, common: dict[str, Any], options: RedisOptions) -> RedisCluster:
    (host, port), *_ = address.nodes
    return RedisCluster(
        # From a URL it makes pools of the given class of connections.
        url=f"redis://{f'[{host}]' if ':' in host else host}:{port}",
        startup_nodes=[ClusterNode(*node) for node in address.nodes],  # type: ignore[no-untyped-call]
        connection_class=_Tls if address.tls else _Plain,
        max_connections=options.connections,
        require_full_coverage=False,
        retry=_never(),
        **common,
    )


def _waiting(options: RedisOptions) -> dict[str, Any]:
    return {
        "socket_timeout": options.seconds,
        "socket_connect_timeout": options.seconds,
        "socket_keepalive": True,
    }


def _tls(address: RedisAddress, tls: RedisTls) -> dict[str, Any]:
    if not address.tls:
        return {}
    return {
        "ssl_cert_reqs": "required",
        "ssl_check_hostname": True,
        "ssl_ca_certs": _text(tls.ca),
        "ssl_certfile": _text(tls.certificate),
        "ssl_keyfile": _text(tls.key),
    }


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)


def _never() -> Retry:
    return Retry(NoBackoff(), 0)
