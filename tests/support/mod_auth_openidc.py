"""A service on Apache with mod_auth_openidc (`tests/interop/mod_auth_openidc/httpd.conf`)."""

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode

from tests.support.apache import PROGRAM, hand_over, variables
from tests.support.browser_like import Tab
from tests.support.child_process import Address, serving
from tests.support.openid_client import SECRET

_MODULE = Path("/usr/lib/apache2/modules/mod_auth_openidc.so")
_CONFIGURATION = Path(__file__).parents[1] / "interop" / "mod_auth_openidc"
_PREFIX = "OIDC_CLAIM_"
_DIRECTORY = "/etc/apache2"


@dataclass(frozen=True, slots=True)
class ModAuthOpenidc:
    """The running service."""

    address: Address
    directory: Path

    @property
    def protected(self) -> str:
        """A page for those who are logged in."""
        return f"{self.address.url}/received"

    def access_token(self, tab: Tab) -> str:
        """The access token of the session that this browser has there."""
        return variables(tab.open(self.protected), self.protected, "OIDC_", self.directory / "error.log")[
            "access_token"
        ]

    def renew(self, tab: Tab) -> Tab:
        """Have the module get itself another one; it wants to hear the one that it has."""
        query = urlencode({"refresh": self.protected, "access_token": self.access_token(tab)})
        return tab.open(f"{self.address.url}/callback?{query}")

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


def directives(address: Address, *, issuer: str, client: str, method: str) -> str:
    """Those of a client that proves who it is by this method, and renews its access token when it may."""
    proof = {
        "private_key_jwt": f'OIDCPrivateKeyFiles "k1#{_DIRECTORY}/private.pem"\n'
        f'OIDCPublicKeyFiles "k1#{_DIRECTORY}/public.pem"',
        "client_secret_post": f"OIDCClientSecret {SECRET}",
        "none": "",
    }[method]
    return f"""
OIDCProviderMetadataURL {issuer}/.well-known/openid-configuration
OIDCClientID {client}
OIDCRedirectURI {address.url}/callback
OIDCCryptoPassphrase {SECRET}
{proof}
OIDCProviderTokenEndpointAuth {method}
OIDCPKCEMethod S256
OIDCScope "openid eck profile school{" offline_access" if proof else ""}"
"""


@contextmanager
def service(address: Address, directives: str, files: Mapping[str, bytes]) -> Iterator[ModAuthOpenidc]:
    """A service with these directives; in them, `/etc/apache2` is where it has its files."""
    # Not in pytest's directory: as root, Apache must run as another user, who cannot look in there.
    with tempfile.TemporaryDirectory(prefix="openidc-") as name:
        peer = ModAuthOpenidc(address, Path(name))
        shutil.copytree(_CONFIGURATION, peer.directory, dirs_exist_ok=True)
        for name_of_file, content in files.items():
            (peer.directory / name_of_file).write_bytes(content)
        (peer.directory / "client.conf").write_text(directives.replace(_DIRECTORY, name))
        user = hand_over(peer.directory)
        command = (PROGRAM, "-f", peer.directory / "httpd.conf", "-D", "FOREGROUND")
        environment = {"PEER_DIR": name, "PEER_HOST": address.host, "PEER_PORT": str(address.port)}
        log = peer.directory / "apache.log"
        with serving(command, address=address, log=log, environment=environment, user=user):
            yield peer
