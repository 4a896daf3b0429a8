"""nginx as the proxy that ends mutual TLS (`tests/interop/mutual_tls/nginx.conf`)."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.apache import hand_over
from tests.support.child_process import Address, serving

_PROGRAM = Path("/usr/sbin/nginx")
_CONFIGURATION = Path(__file__).parents[1] / "interop" / "mutual_tls" / "nginx.conf"


def why_not() -> str | None:
    """Why it cannot run here, in one line."""
    return None if _PROGRAM.is_file() else "nginx is not installed"


@contextmanager
def proxy(at: Address, *, gateway: str, certificate: Path, key: Path) -> Iterator[None]:
    """The proxy, with this certificate of its own, in front of the gateway."""
    with tempfile.TemporaryDirectory(prefix="proxy-") as name:
        directory = Path(name)
        written = _CONFIGURATION.read_text().replace("LISTEN", f"{at.host}:{at.port}").replace("GATEWAY", gateway)
        (directory / "nginx.conf").write_text(written)
        shutil.copy(certificate, directory / "certificate.pem")
        shutil.copy(key, directory / "key.pem")
        # as root it would hand its workers to somebody who cannot look in here
        user = hand_over(directory)
        command = (_PROGRAM, "-p", name, "-c", directory / "nginx.conf", "-e", "stderr")
        with serving(command, address=at, log=directory / "nginx.log", user=user):
            yield
