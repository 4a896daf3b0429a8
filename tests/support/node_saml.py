"""A service on @node-saml/node-saml (`tests/interop/node/sp.mjs`)."""

import fcntl
import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from lxml import etree

from gateway.federation.metadata.entities import Binding
from tests.support.browser_like import Tab
from tests.support.child_process import Address, free_address, serving
from tests.support.peer_keys import CERTIFICATE, KEY, write_key

SOURCE = Path(__file__).parents[1] / "interop" / "node"
BUILD = Path(__file__).parents[2] / "build" / "node"
_INSTALL = ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
_INSTALL_WITHIN = 120


@dataclass(frozen=True, slots=True)
class NodeSaml:
    """The running service."""

    address: Address

    @property
    def entity_id(self) -> str:
        return f"{self.address.url}/metadata"

    def login(self, **wishes: str) -> str:
        """Where a login begins; for the wishes see the head of `sp.mjs`."""
        return f"{self.address.url}/login?{urlencode(wishes)}"

    def metadata(self) -> str:
        """What it publishes of itself."""
        return Tab().open(self.entity_id).body

    def received(self, tab: Tab) -> Mapping[str, Any]:
        """What node-saml made of the answer that it got."""
        assert tab.url == f"{self.address.url}/acs", f"the browser is at {tab.url}: {tab.body}"
        return json.loads(tab.body)


def why_not() -> str | None:
    """Why it cannot run here, in one line. Installs the packages of the lock file the first time."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        return "node and npm are not installed"
    BUILD.parent.mkdir(exist_ok=True)
    with (BUILD.parent / "node.lock").open("w") as turn:
        # tests run in several processes: one installs, the others find it done
        fcntl.flock(turn, fcntl.LOCK_EX)
        return _installed()


def _installed() -> str | None:
    installed = BUILD / "installed"
    lock = (SOURCE / "package-lock.json").read_bytes()
    if installed.is_file() and installed.read_bytes() == lock:
        return None
    shutil.rmtree(BUILD, ignore_errors=True)
    shutil.copytree(SOURCE, BUILD)
    try:
        subprocess.run(_INSTALL, cwd=BUILD, check=True, capture_output=True, timeout=_INSTALL_WITHIN)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        return "node-saml could not be installed from the npm registry"
    installed.write_bytes(lock)
    return None


@contextmanager
def service(directory: Path, host: str, *, metadata: str, name_id: str) -> Iterator[NodeSaml]:
    """A service whose identity provider has this metadata; it asks for NameIDs of the format `name_id`."""
    directory.mkdir()
    peer = NodeSaml(free_address(host))
    write_key(directory, peer.entity_id)
    settings = directory / "settings.json"
    settings.write_text(
        json.dumps(
            {
                "host": peer.address.host,
                "port": peer.address.port,
                "privateKey": (directory / KEY).read_text(),
                "certificate": (directory / CERTIFICATE).read_text(),
                "idp": _identity_provider(metadata),
                "nameIdFormat": name_id,
            }
        )
    )
    # the program runs from beside its packages: that is where node looks for them
    shutil.copy(SOURCE / "sp.mjs", BUILD)
    with serving(("node", BUILD / "sp.mjs", settings), address=peer.address, log=directory / "node.log"):
        yield peer


def _identity_provider(metadata: str) -> dict[str, Any]:
    """What an operator copies out of the metadata: node-saml does not read any."""
    root = etree.fromstring(metadata.encode())
    by_redirect = f"{{*}}IDPSSODescriptor/{{*}}SingleSignOnService[@Binding='{Binding.REDIRECT}']"
    return {
        "entryPoint": root.find(by_redirect).get("Location"),
        "certificates": [one.text for one in root.iterfind("{*}IDPSSODescriptor//{*}X509Certificate")],
    }
