"""The gateway as an operator runs it: `sluis init`, entries of its own, `sluis serve`."""

import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner

from gateway.cli import main
from gateway.saml.addresses import Addresses
from tests.support.browser_like import Tab
from tests.support.child_process import Address, free_address, serving
from tests.support.patient import patient

_SLUIS = Path(sys.executable).with_name("sluis")


@dataclass(frozen=True, slots=True)
class RealGateway:
    """A configuration, and the address at which it is served."""

    address: Address
    directory: Path

    @property
    def saml(self) -> Addresses:
        """Its addresses and names in SAML."""
        return Addresses(self.address.url)

    @property
    def certificate(self) -> Path:
        """The certificate of the key that signs."""
        return self.directory / "keys" / "saml-1.crt"

    def metadata(self, role: str) -> str:
        """What `sluis metadata` prints: `sp` towards identity providers, `idp` towards services."""
        return sluis("metadata", role, self.directory)

    def log(self) -> str:
        """What happened, one line each."""
        return (self.directory / "var" / "sluis.log").read_text()


def initialised(directory: Path, host: str) -> RealGateway:
    """A fresh configuration without parties, for test ECK iDs."""
    address = free_address(host)
    sluis("init", directory, "--base-url", address.url, "--environment", "test")
    return RealGateway(address, patient(directory))


def add(gateway: RealGateway, entries: Iterable[Path], metadata: Mapping[str, str]) -> None:
    """Put entries into the configuration, each under the name of its directory, and metadata files by their path."""
    for entry in entries:
        shutil.copy(entry, gateway.directory / entry.parent.name)
    for path, document in metadata.items():
        (gateway.directory / path).write_text(document)


@contextmanager
def served(gateway: RealGateway, environment: Mapping[str, str] | None = None) -> Iterator[RealGateway]:
    """`sluis serve`, until the block ends; `environment` has more than the usual."""
    ready = f"{gateway.address.url}/health/ready"
    with serving(
        (_SLUIS, "serve", gateway.directory),
        address=gateway.address,
        log=gateway.directory / "serve.log",
        environment=environment or {},
        ready=lambda: Tab().open(ready).status == 200,
    ):
        yield gateway


def sluis(*arguments: str | Path) -> str:
    """What the command prints; it must succeed. In this process: to start one takes longer than most commands."""
    done = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert done.exit_code == 0, done.output
    return done.stdout
