"""A service on Apache with mod_auth_mellon (`tests/interop/mellon/httpd.conf`)."""

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.apache import PROGRAM, hand_over, variables
from tests.support.browser_like import Tab
from tests.support.child_process import Address, free_address, serving
from tests.support.peer_keys import write_key

_MODULE = Path("/usr/lib/apache2/modules/mod_auth_mellon.so")
_CONFIGURATION = Path(__file__).parents[1] / "interop" / "mellon"
_PREFIX = "MELLON_"


@dataclass(frozen=True, slots=True)
class Mellon:
    """The running service."""

    address: Address
    directory: Path

    @property
    def entity_id(self) -> str:
        return f"{self.address.url}/mellon/metadata"

    @property
    def protected(self) -> str:
        """A page for those who are logged in."""
        return f"{self.address.url}/received"

    @property
    def passive(self) -> str:
        """Where a login begins that asks nothing of the person."""
        return f"{self.address.url}/mellon/login?ReturnTo={self.protected}&IsPassive=true"

    def metadata(self) -> str:
        """What it publishes of itself."""
        return Tab().open(self.entity_id).body

    def received(self, tab: Tab) -> Mapping[str, str]:
        """The variables that mellon sets for an application, without their prefix."""
        return variables(tab, self.protected, _PREFIX, self.directory / "error.log")

    def log(self) -> str:
        """What it has to say for itself: a page of mellon never says why."""
        return (self.directory / "error.log").read_text()


def why_not() -> str | None:
    """Why it cannot run here, in one line."""
    if not (PROGRAM.is_file() and _MODULE.is_file()):
        return "Apache with mod_auth_mellon is not installed"
    return None


@contextmanager
def service(host: str, *, metadata: str, certificate: str) -> Iterator[Mellon]:
    """A service whose identity provider has this metadata, signed with the key of `certificate` (PEM)."""
    # Not in pytest's directory: as root, Apache must run as another user, who cannot look in there.
    with tempfile.TemporaryDirectory(prefix="mellon-") as name:
        peer = Mellon(free_address(host), Path(name))
        shutil.copytree(_CONFIGURATION, peer.directory, dirs_exist_ok=True)
        write_key(peer.directory, peer.entity_id)
        (peer.directory / "gateway.xml").write_text(metadata)
        (peer.directory / "gateway.pem").write_text(certificate)
        user = hand_over(peer.directory)
        command = (PROGRAM, "-f", peer.directory / "httpd.conf", "-D", "FOREGROUND")
        environment = {
            "PEER_DIR": name,
            "PEER_HOST": peer.address.host,
            "PEER_PORT": str(peer.address.port),
        }
        log = peer.directory / "apache.log"
        with serving(command, address=peer.address, log=log, environment=environment, user=user):
            yield peer
