"""The proxies of `deploy/`, as they are but for addresses and paths."""

import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.apache import hand_over
from tests.support.child_process import Address, free_address, serving

DEPLOY = Path(__file__).parents[2] / "deploy"
_NGINX, _CADDY = Path("/usr/sbin/nginx"), Path("/usr/bin/caddy")
_AROUND = """daemon off;
worker_processes 1;
pid nginx.pid;
error_log stderr warn;
events { worker_connections 128; }
http {
    client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;
    include conf.d/*.conf;
}
"""


@dataclass(frozen=True, slots=True)
class Front:
    """Where it listens, for https and for http; and where it writes."""

    tls: Address
    plain: Address
    log: Path
    notices_late: bool = False
    """Caddy 2.6 cannot send what a form sends to another gateway; it fails until a look has found the dead one."""


@contextmanager
def nginx(gateways: Sequence[Address], certificate: Path, key: Path) -> Iterator[Front]:
    """`deploy/nginx`, in front of these."""
    with tempfile.TemporaryDirectory(prefix="proxy-") as name:
        directory = Path(name)
        front = _front(directory)
        _put(directory, certificate, key)
        (directory / "nginx.conf").write_text(_AROUND)
        (directory / "conf.d").mkdir()
        shutil.copy(DEPLOY / "nginx" / "sluis-proxy.inc", directory)
        upstream = _to(gateways, (DEPLOY / "nginx" / "upstream.conf").read_text())
        (directory / "conf.d" / "upstream.conf").write_text(upstream)
        changed = _changed(
            (DEPLOY / "nginx" / "sluis.conf").read_text(),
            ("listen 443 ssl;", f"listen {front.tls.host}:{front.tls.port} ssl;", 2),
            ("listen 80;", f"listen {front.plain.host}:{front.plain.port};", 1),
            ("/etc/ssl/sluis/", f"{name}/", 2),
            ("/var/log/nginx/sluis.log", f"{name}/sluis.log", 1),
        )
        (directory / "conf.d" / "sluis.conf").write_text(changed)
        command = (_NGINX, "-p", name, "-c", directory / "nginx.conf", "-e", "stderr")
        user = hand_over(directory)
        with serving(command, address=front.tls, log=front.log, user=user):
            yield front


@contextmanager
def caddy(gateways: Sequence[Address], certificate: Path, key: Path) -> Iterator[Front]:
    """`deploy/caddy`, in front of these, with a certificate that it does not have to fetch."""
    with tempfile.TemporaryDirectory(prefix="proxy-") as name:
        directory = Path(name)
        front = _front(directory, notices_late=True)
        _put(directory, certificate, key)
        ours = f"tls {name}/fullchain.pem {name}/key.pem"
        listening = (f"http_port {front.plain.port}", f"https_port {front.tls.port}", f"default_bind {front.tls.host}")
        changed = _changed(
            _to(gateways, (DEPLOY / "caddy" / "Caddyfile").read_text()),
            (
                "\tadmin off\n",
                "".join(f"\t{line}\n" for line in ("admin off", *listening)),
                1,
            ),
            ("\ttls {\n", f"\t{ours} {{\n", 1),
            ("\nlogin.example.nl {\n", f"\nlogin.example.nl {{\n\t{ours}\n", 1),
        )
        (directory / "Caddyfile").write_text(changed)
        command = (_CADDY, "run", "--config", directory / "Caddyfile", "--adapter", "caddyfile")
        with serving(command, address=front.tls, log=front.log, environment={"HOME": name}):
            yield front


PROXIES: dict[str, Callable[[Sequence[Address], Path, Path], object]] = {"nginx": nginx, "caddy": caddy}


def why_not(name: str) -> str | None:
    """Why it cannot run here, in one line."""
    return None if {"nginx": _NGINX, "caddy": _CADDY}[name].is_file() else f"{name} is not installed"


def _front(directory: Path, *, notices_late: bool = False) -> Front:
    return Front(free_address("127.0.0.1"), free_address("127.0.0.1"), directory / "out.log", notices_late)


def _put(directory: Path, certificate: Path, key: Path) -> None:
    shutil.copy(certificate, directory / "fullchain.pem")
    shutil.copy(key, directory / "key.pem")


def _to(gateways: Sequence[Address], text: str) -> str:
    for port, gateway in zip((8080, 8081), gateways, strict=True):
        text = _changed(text, (f"127.0.0.1:{port}", f"{gateway.host}:{gateway.port}", 1))
    return text


def _changed(text: str, *changes: tuple[str, str, int]) -> str:
    """Each change is as often in the file as it is said to be: a file that moved on is not tried in vain."""
    for old, new, times in changes:
        assert len(re.findall(re.escape(old), text)) == times, f"{old!r} is not there {times} times"
        text = text.replace(old, new)
    return text
