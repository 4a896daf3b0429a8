"""A service on Apache with mod_auth_openidc (`tests/interop/mod_auth_openidc/httpd.conf`)."""

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from tests.support.apache import PROGRAM, hand_over, variables
from tests.support.browser_like import Tab
from tests.support.child_process import Address, serving
from tests.support.openid_client import SECRET

_MODULE = Path("/usr/lib/apache2/modules/mod_auth_openidc.so")
_CONFIGURATION = Path(__file__).parents[1] / "interop" / "mod_auth_openidc"
_PREFIX = "OIDC_CLAIM_"


@dataclass(frozen=True, slots=True)
class ModAuthOpenidc:
    """The running service."""

    address: Address
    directory: Path

    @property
    def protected(self) -> str:
        """A page for those who are logged in."""
        return f"{self.address.url}/received"

    @property
    def logout(self) -> str:
        """Where the module ends its session and asks the gateway to end its own."""
        return f"{self.address.url}/callback?logout={quote(self.address.url + '/bye', safe='')}"

    def received(self, tab: Tab) -> Mapping[str, str]:
        """The claims that the module sets for an application, without their prefix."""
        return variables(tab, self.protected, _PREFIX, self.directory / "error.log")


def why_not() -> str | None:
    """Why it cannot run here, in one line."""
    if not (PROGRAM.is_file() and _MODULE.is_file()):
        return "Apache with mod_auth_openidc is not installed"
    return None


@contextmanager
def service(address: Address, *, issuer: str, client: str) -> Iterator[ModAuthOpenidc]:
    """A service that is this client of this issuer."""
    # Not in pytest's directory: as root, Apache must run as another user, who cannot look in there.
    with tempfile.TemporaryDirectory(prefix="openidc-") as name:
        peer = ModAuthOpenidc(address, Path(name))
        shutil.copytree(_CONFIGURATION, peer.directory, dirs_exist_ok=True)
        user = hand_over(peer.directory)
        command = (PROGRAM, "-f", peer.directory / "httpd.conf", "-D", "FOREGROUND")
        environment = {
            "PEER_DIR": name,
            "PEER_HOST": address.host,
            "PEER_PORT": str(address.port),
            "ISSUER": issuer,
            "CLIENT": client,
            "SECRET": SECRET,
        }
        log = peer.directory / "apache.log"
        with serving(command, address=address, log=log, environment=environment, user=user):
            yield peer
