"""Two gateways on Redis and PostgreSQL, each `sluis serve` with a directory of its own, as behind a proxy."""

import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

from gateway.cli.init import write_configuration
from gateway.saml.addresses import Addresses
from gateway.settings.loader import load
from tests.bench.parties import Driver, write_parties
from tests.support import redis_server
from tests.support.browser_like import Tab
from tests.support.child_process import Address, free_address
from tests.support.patient import patient
from tests.support.postgresql_server import postgresql_process, url_of
from tests.support.real_gateway import sluis
from tests.support.server_process import ServerProcess
from tests.support.tls_front import Authority
from tests.support.tls_names import get

LOGIN, MUTUAL = "login.example.nl", "mtls.login.example.nl"
CLIENT, CALLBACK = "klas", "https://klas.example/callback"
_SLUIS = Path(sys.executable).with_name("sluis")


class Replica:
    """One of the gateways."""

    def __init__(self, directory: Path, address: Address) -> None:
        self.directory, self.address = directory, address
        ready = f"{address.url}/health/ready"
        self._process = ServerProcess(
            (_SLUIS, "serve", directory),
            address=address,
            directory=directory,
            ready=lambda: Tab().open(ready).status == 200,
        )

    def start(self) -> None:
        self._process.start()

    def kill(self) -> None:
        """As a power cut does."""
        self._process.kill()

    def stop(self) -> None:
        self._process.stop(signal.SIGTERM)


@dataclass(frozen=True)
class Replicas:
    """Both, and what they share."""

    gateways: tuple[Replica, Replica]
    database: str


@contextmanager
def replicas(directory: Path, clients: Authority) -> Iterator[Replicas]:
    """Both, taking logins; certificates of `clients` prove who an OpenID Connect client is."""
    with ExitStack() as stack:
        (directory / "redis").mkdir()
        redis = stack.enter_context(redis_server.redis_server(directory / "redis"))
        database = url_of(stack.enter_context(postgresql_process()))
        first = directory / "gateway-1"
        _write(first, clients, redis, database)
        sluis("db", "upgrade", first)
        made = []
        for number in (1, 2):
            mine = directory / f"gateway-{number}"
            if mine != first:
                shutil.copytree(first, mine, ignore=shutil.ignore_patterns("var"))
            address = free_address("127.0.0.1")
            _change(mine, listen=f"{address.host}:{address.port}")
            replica = Replica(mine, address)
            stack.callback(replica.kill)
            replica.start()
            made.append(replica)
        yield Replicas((made[0], made[1]), database)


def _write(directory: Path, clients: Authority, redis: str, database: str) -> None:
    write_configuration(directory, base_url=f"https://{LOGIN}", rsa_bits=2048, environment="test")
    write_parties(patient(directory))
    for name, secret in (("redis.url", redis), ("database.url", database)):
        path = directory / "keys" / name
        path.write_text(secret)
        path.chmod(0o600)
    shutil.copy(clients.ca, directory / "clients.pem")
    _change(
        directory,
        workers=1,
        stores={
            "short_lived": {"kind": "redis", "url": {"file": "keys/redis.url"}},
            "lasting": {"url": {"file": "keys/database.url"}},
        },
        client_certificates={"authorities": "clients.pem", "base_url": f"https://{MUTUAL}"},
    )
    entry = {
        "id": CLIENT,
        "protocol": "oidc",
        "names": {"nl": "Klas"},
        "supplier": {"name": "Uitgeverij", "contact": "a@example.org"},
        "sectors": ["po"],
        "redirect_uris": [CALLBACK],
        "token_endpoint_auth_methods": ["tls_client_auth"],
        "tls_client_auth_subject_dn": f"CN={CLIENT}",
        "attribute_sets": {1: {"eck_id": "access"}},
    }
    (directory / "services" / f"{CLIENT}.yaml").write_text(yaml.safe_dump(entry, sort_keys=False))
    load(directory)


def _change(directory: Path, **settings: object) -> None:
    path = directory / "gateway.yaml"
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | settings, sort_keys=False))


class ByTls(Driver):
    """Drives logins through a TLS proxy, a connection for each request, so that it chooses anew each time."""

    def __init__(self, proxy: Address, authority: Authority) -> None:
        super().__init__(proxy.host, proxy.port)
        self.addresses = Addresses(f"https://{LOGIN}")
        self._proxy, self._authority = proxy, authority

    def _ask(self, method: str, path: str, body: str | None = None) -> tuple[int, str, str]:
        cookies = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        headers = {"Cookie": cookies} if cookies else {}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        answer = get(self._proxy, LOGIN, path, authority=self._authority, method=method, body=body, headers=headers)
        for set_cookie in answer.headers.get_all("Set-Cookie", ()):
            name, _, value = set_cookie.partition(";")[0].partition("=")
            self._cookies[name] = value
        return answer.status, answer.headers["Location"] or "", answer.body
