"""X-Forwarded-*, and the certificates of clients: believed from trusted proxies, stripped from anybody else."""

import ipaddress
from collections.abc import Iterable, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication

_FOR, _PROTO = "HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO"
CLIENT_CERTIFICATE = "sluis.client_certificate"
"""Where in the environment of a request a client's certificate stands, as the proxy wrote it."""
Address = IPv4Address | IPv6Address


class TrustedProxies:
    """WSGI middleware. The caller becomes the last address in X-Forwarded-For that is not a trusted proxy's.

    No other header of a proxy gets through: the gateway's own address comes from its settings, never from a header, so
    that Host and X-Forwarded-Host say nothing.
    """

    def __init__(
        self,
        app: "WSGIApplication",
        networks: Sequence[IPv4Network | IPv6Network],
        *,
        certificate_header: str | None = None,
    ) -> None:
        self._app = app
        self._certificate = "HTTP_" + certificate_header.upper().replace("-", "_") if certificate_header else None
        self._networks = tuple(networks)

    def __call__(self, environ: dict[str, Any], start_response: "StartResponse") -> Iterable[bytes]:
        certificate = environ.pop(self._certificate, None) if self._certificate else None
        environ.pop(CLIENT_CERTIFICATE, None)
        forwarded = [name for name in environ if name.startswith("HTTP_X_FORWARDED_") or name == "HTTP_FORWARDED"]
        said = {name: str(environ.pop(name)) for name in forwarded}
        peer = _address(str(environ.get("REMOTE_ADDR", "")))
        if peer is not None:
            environ["REMOTE_ADDR"] = str(self._caller(said.get(_FOR, ""), peer))
            if certificate and self._trusted(peer):
                environ[CLIENT_CERTIFICATE] = certificate
            scheme = said.get(_PROTO, "").rpartition(",")[2].strip()
            if scheme in ("http", "https") and self._trusted(peer):
                environ["wsgi.url_scheme"] = scheme
        return self._app(environ, start_response)

    def _caller(self, forwarded_for: str, peer: Address) -> Address:
        """From the peer backwards: each proxy that is trusted vouches for the one in front of it, and no further."""
        nearest = peer
        for hop in reversed([one.strip() for one in forwarded_for.split(",") if one.strip()]):
            before = _address(hop)
            if before is None or not self._trusted(nearest):
                break
            nearest = before
        return nearest

    def _trusted(self, address: Address) -> bool:
        return any(address in network for network in self._networks)


@lru_cache(maxsize=1024)
def _address(text: str) -> Address | None:
    """The address; an IPv4 one that a dual-stack socket wrote as IPv6 is IPv4."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
