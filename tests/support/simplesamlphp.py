"""SimpleSAMLphp under PHP's own server: an identity provider of schools, or an application to log in to."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tests.support.browser_like import Tab
from tests.support.child_process import Address, free_address, serving
from tests.support.peer_keys import write_key

_LIBRARY = Path("/usr/share/simplesamlphp")
_CONFIGURATION = Path(__file__).parents[1] / "interop" / "simplesamlphp"
_REMOTE = "remote.xml"


@dataclass(frozen=True, slots=True)
class SimpleSamlPhp:
    """One running SimpleSAMLphp."""

    address: Address
    directory: Path
    entity_id: str

    @property
    def me(self) -> str:
        """The page of the application: says who is logged in."""
        return f"{self.address.url}/me"

    def metadata(self) -> str:
        """What it publishes of itself."""
        return Tab().open(self.entity_id).body

    def trust(self, metadata: str) -> None:
        """Make the other side known: SimpleSAMLphp parses the document by itself."""
        (self.directory / _REMOTE).write_text(metadata)

    @contextmanager
    def encrypting_in(self, content: str, transport: str) -> Iterator[None]:
        """Until the block ends it encrypts what it says of people by these two algorithms, in whatever it signs."""
        ciphers = self.directory / "ciphers"
        ciphers.write_text(f"{content}\n{transport}\n")
        try:
            yield
        finally:
            ciphers.unlink()

    def log(self) -> str:
        """What it has to say for itself."""
        return (self.directory / "simplesamlphp.log").read_text()


def why_not() -> str | None:
    """Why it cannot run here, in one line."""
    if shutil.which("php") is None or not (_LIBRARY / "www").is_dir():
        return "SimpleSAMLphp is not installed"
    return None


@contextmanager
def identity_provider(
    directory: Path,
    host: str,
    *,
    binding: Literal["HTTP-Redirect", "HTTP-POST"],
    signs: Literal["both", "assertion"],
) -> Iterator[SimpleSamlPhp]:
    """An identity provider that takes requests by this binding and signs this much; for its people see
    `tests/interop/simplesamlphp/authsources.php`.
    """
    address = free_address(host)
    peer = SimpleSamlPhp(address, directory, f"{address.url}/saml2/idp/metadata.php")
    with _serving(peer, {"PEER_ROLE": "idp", "PEER_BINDING": binding, "PEER_SIGNS": signs}):
        yield peer


@contextmanager
def application(directory: Path, host: str, *, identity_provider: str) -> Iterator[SimpleSamlPhp]:
    """An application whose people log in at the identity provider with this entity id."""
    address = free_address(host)
    peer = SimpleSamlPhp(address, directory, f"{address.url}/module.php/saml/sp/metadata.php/gateway")
    with _serving(peer, {"PEER_ROLE": "sp", "PEER_IDP": identity_provider}):
        yield peer


def accepts_signature(document: Path, certificate: Path, directory: Path) -> bool:
    """Whether SimpleSAMLphp finds this metadata signed with the key of this certificate."""
    done = subprocess.run(
        ["php", _CONFIGURATION / "verify.php", document, certificate],
        env=_environment(Address("127.0.0.1", 80), directory),
        capture_output=True,
        text=True,
        check=True,
        timeout=20,
    )
    return done.stdout == "accepted"


@contextmanager
def _serving(peer: SimpleSamlPhp, environment: dict[str, str]) -> Iterator[None]:
    peer.directory.mkdir()
    write_key(peer.directory, peer.entity_id)
    address = peer.address
    command = ("php", "-S", f"{address.host}:{address.port}", "-t", _LIBRARY / "www", _CONFIGURATION / "serve.php")
    environment |= _environment(address, peer.directory)
    with serving(command, address=address, log=peer.directory / "php.log", environment=environment):
        yield


def _environment(address: Address, directory: Path) -> dict[str, str]:
    return {
        "SIMPLESAMLPHP_CONFIG_DIR": str(_CONFIGURATION),
        "PEER_BASE": address.url,
        "PEER_DIR": str(directory),
    }
