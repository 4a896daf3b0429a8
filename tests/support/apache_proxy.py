"""Apache as the proxy that ends mutual TLS (`tests/interop/mutual_tls/httpd.conf`)."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.apache import PROGRAM, hand_over
from tests.support.child_process import Address, serving

_MODULE = Path("/usr/lib/apache2/modules/mod_ssl.so")
_CONFIGURATION = Path(__file__).parents[1] / "interop" / "mutual_tls"


def why_not() -> str | None:
    """Why it cannot run here, in one line."""
    return None if PROGRAM.is_file() and _MODULE.is_file() else "Apache with mod_ssl is not installed"


@contextmanager
def proxy(at: Address, *, gateway: str, certificate: Path, key: Path) -> Iterator[None]:
    """The proxy, with this certificate of its own, in front of the gateway."""
    # Not in pytest's directory: as root, Apache must run as another user, who cannot look in there.
    with tempfile.TemporaryDirectory(prefix="proxy-") as name:
        directory = Path(name)
        shutil.copytree(_CONFIGURATION, directory, dirs_exist_ok=True)
        shutil.copy(certificate, directory / "certificate.pem")
        shutil.copy(key, directory / "key.pem")
        user = hand_over(directory)
        command = (PROGRAM, "-f", directory / "httpd.conf", "-D", "FOREGROUND")
        environment = {"PEER_DIR": name, "PEER_HOST": at.host, "PEER_PORT": str(at.port), "GATEWAY": gateway}
        with serving(command, address=at, log=directory / "apache.log", environment=environment, user=user):
            yield
