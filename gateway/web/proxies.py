"""X-Forwarded-*: believed from trusted proxies, stripped from anybody else."""

import ipaddress
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Network, IPv6Network
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication

_FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST", "HTTP_FORWARDED")


class TrustedProxies:
    """WSGI middleware. The caller becomes the last address in X-Forwarded-For that is not a trusted proxy's.

    The gateway's own address comes from its settings, never from a header, so Host and X-Forwarded-Host say nothing.
    """

    def __init__(self, app: "WSGIApplication", networks: Sequence[IPv4Network | IPv6Network]) -> None:
        self._app = app
        self._networks = tuple(networks)

    def __call__(self, environ: dict[str, Any], start_response: "StartResponse") -> Iterable[bytes]:
        forwarded = {name: environ.pop(name, "") for name in _FORWARDED}
        if self._trusted(environ.get("REMOTE_ADDR", "")):
            environ["REMOTE_ADDR"] = self._caller(forwarded["HTTP_X_FORWARDED_FOR"], environ["REMOTE_ADDR"])
            scheme = forwarded["HTTP_X_FORWARDED_PROTO"].rpartition(",")[2].strip()
            if scheme in ("http", "https"):
                environ["wsgi.url_scheme"] = scheme
        return self._app(environ, start_response)

    def _caller(self, forwarded_for: str, nearest: str) -> str:
        for hop in reversed([one.strip() for one in forwarded_for.split(",") if one.strip()]):
            if not _is_address(hop):
                return nearest
            nearest = hop
            if not self._trusted(hop):
                break
        return nearest

    def _trusted(self, address: str) -> bool:
        return _is_address(address) and any(ipaddress.ip_address(address) in network for network in self._networks)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
