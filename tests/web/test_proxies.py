"""Who is believed about the caller, and who is not."""

from ipaddress import ip_network
from typing import Any

import pytest

from gateway.web.proxies import TrustedProxies

TRUSTED = [ip_network("127.0.0.1/32"), ip_network("10.0.0.0/24"), ip_network("2001:db8::/32")]


def _seen(peer: str, networks=TRUSTED, **headers: str) -> dict[str, Any]:
    """What the application sees of a request."""
    seen: dict[str, Any] = {}

    def app(environ, start_response):
        seen.update(environ)
        return []

    environ = {"REMOTE_ADDR": peer, "wsgi.url_scheme": "http", "HTTP_HOST": "login.example.nl", **headers}
    TrustedProxies(app, networks)(environ, lambda *_: lambda _: None)
    return seen


@pytest.mark.parametrize(
    ("peer", "forwarded", "caller"),
    [
        ("127.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("127.0.0.1", "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        ("127.0.0.1", "203.0.113.9, 10.0.0.7", "203.0.113.9"),
        ("127.0.0.1", "198.51.100.1, 203.0.113.9, 10.0.0.7, 10.0.0.8", "203.0.113.9"),
        ("127.0.0.1", "10.0.0.7, 10.0.0.8", "10.0.0.7"),
        ("127.0.0.1", "2001:db9::1, 2001:db8::7", "2001:db9::1"),
        ("::ffff:127.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("127.0.0.1", " ,203.0.113.9 , ", "203.0.113.9"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "203.0.113.9, nonsense", "127.0.0.1"),
        ("127.0.0.1", "203.0.113.9, unknown, 10.0.0.7", "10.0.0.7"),
        ("127.0.0.1", "203.0.113.9:4711", "127.0.0.1"),
    ],
    ids=[
        "of a trusted proxy",
        "a hop that the caller made up",
        "a second trusted proxy",
        "both",
        "trusted all the way",
        "IPv6",
        "a peer of a dual-stack socket",
        "loose commas",
        "nothing said",
        "a last hop that is no address",
        "a hop that is no address",
        "a hop with a port",
    ],
)
def test_the_caller_is_the_last_hop_that_is_not_trusted(peer, forwarded, caller):
    assert _seen(peer, HTTP_X_FORWARDED_FOR=forwarded)["REMOTE_ADDR"] == caller


@pytest.mark.parametrize("peer", ["203.0.113.9", "10.0.1.1", "127.0.0.2", "2001:db9::1"])
def test_a_stranger_is_not_believed(peer):
    seen = _seen(peer, HTTP_X_FORWARDED_FOR="127.0.0.1", HTTP_X_FORWARDED_PROTO="https")

    assert seen["REMOTE_ADDR"] == peer
    assert seen["wsgi.url_scheme"] == "http"


def test_with_no_proxy_named_nobody_is_believed():
    seen = _seen("127.0.0.1", networks=[], HTTP_X_FORWARDED_FOR="203.0.113.9", HTTP_X_FORWARDED_PROTO="https")

    assert seen["REMOTE_ADDR"] == "127.0.0.1"
    assert seen["wsgi.url_scheme"] == "http"


@pytest.mark.parametrize("peer", ["127.0.0.1", "203.0.113.9"])
def test_no_header_of_a_proxy_gets_through(peer):
    headers = {
        "HTTP_X_FORWARDED_HOST": "evil.example",
        "HTTP_X_FORWARDED_PORT": "1",
        "HTTP_X_FORWARDED_PREFIX": "/evil",
        "HTTP_FORWARDED": "host=evil.example",
        "HTTP_X_FORWARDED_FOR": "203.0.113.9",
        "HTTP_X_FORWARDED_PROTO": "https",
    }
    seen = _seen(peer, **headers)

    assert not set(headers) & set(seen)
    assert seen["HTTP_HOST"] == "login.example.nl"


@pytest.mark.parametrize(("said", "scheme"), [("https", "https"), ("http, https", "https"), ("javascript", "http")])
def test_the_scheme_that_a_trusted_proxy_saw(said, scheme):
    assert _seen("10.0.0.7", HTTP_X_FORWARDED_PROTO=said)["wsgi.url_scheme"] == scheme


def test_a_peer_without_an_address_is_a_stranger():
    seen = _seen("", HTTP_X_FORWARDED_FOR="127.0.0.1", HTTP_X_FORWARDED_PROTO="https")

    assert seen["REMOTE_ADDR"] == ""
    assert seen["wsgi.url_scheme"] == "http"
