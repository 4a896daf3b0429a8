"""Addresses that are almost registered: nothing is ever sent to one."""

import pytest

from gateway.settings.redirect_uris import is_loopback_uri
from tests.support.op import op
from tests.support.op_client import CALLBACK

TRICKS = {
    "case of the path": "https://klas.example/Callback",
    "case of the host": "https://KLAS.example/callback",
    "case of the scheme": "HTTPS://klas.example/callback",
    "another scheme": "http://klas.example/callback",
    "slash at the end": f"{CALLBACK}/",
    "no path": "https://klas.example",
    "path traversal": "https://klas.example/x/../callback",
    "path traversal, escaped": "https://klas.example/x/%2e%2e/callback",
    "escaped letter": "https://klas.example/callb%61ck",
    "more path": f"{CALLBACK}/evil",
    "a query": f"{CALLBACK}?x=1",
    "an empty query": f"{CALLBACK}?",
    "a fragment": f"{CALLBACK}#evil",
    "userinfo in front": "https://klas.example@evil.example/callback",
    "registered address as userinfo": "https://klas.example/callback@evil.example",
    "host as a prefix": "https://klas.example.evil.example/callback",
    "host as a suffix": "https://evilklas.example/callback",
    "subdomain": "https://www.klas.example/callback",
    "a port": "https://klas.example:443/callback",
    "backslash": "https://klas.example\\@evil.example/callback",
    "look-alike letter": "https://kl\u0430s.example/callback",
    "full stop of another alphabet": "https://klas\u3002example/callback",
    "white space in front": f" {CALLBACK}",
    "line end": f"{CALLBACK}\n",
    "NUL": f"{CALLBACK}\x00",
    "carriage return and header": f"{CALLBACK}\r\nLocation: https://evil.example",
    "of another entry's query": "https://klas.example/other?tenant=2",
    "order of the query": "https://klas.example/other?",
    "javascript": "javascript:alert(1)",
    "data": "data:text/html,x",
    "no scheme": "//klas.example/callback",
    "very long": f"{CALLBACK}?{'x' * 3000}",
}


@pytest.mark.parametrize("uri", TRICKS.values(), ids=TRICKS)
def test_open_redirect_no_address_that_is_not_registered_gets_anything_not_even_an_error(tmp_path, uri):
    provider = op(tmp_path)
    for more in ({}, {"response_type": "token"}, {"response_mode": "fragment"}):
        for method in ("GET", "POST"):
            answer = provider.authorize(method, redirect_uri=uri, **more)

            assert answer.status_code == 400
            assert "Location" not in answer.headers
            assert "<form" not in answer.get_data(as_text=True)
            assert "evil" not in answer.get_data(as_text=True)


@pytest.mark.parametrize("changes", [{"redirect_uri": None}, {"client_id": None}, {"client_id": "nobody"}])
def test_without_a_known_client_and_its_address_there_is_a_page(tmp_path, changes):
    answer = op(tmp_path).authorize(**changes)

    assert answer.status_code in (400, 403)
    assert "Location" not in answer.headers


@pytest.mark.parametrize("name", ["client_id", "redirect_uri"])
@pytest.mark.parametrize("second", ["https://evil.example/", "klas", CALLBACK])
def test_a_client_or_an_address_that_stands_there_twice_gets_a_page(tmp_path, name, second):
    query = f"response_type=code&client_id=klas&redirect_uri={CALLBACK}&{name}={second}"
    for method in ("GET", "POST"):
        answer = op(tmp_path).authorize(method, query)
        assert answer.status_code == 400
        assert "Location" not in answer.headers


def test_an_address_of_another_client_gets_nothing(tmp_path):
    from tests.support.op_client import relying_party

    other = relying_party("other", redirect_uris=("https://other.example/callback",))
    answer = op(tmp_path, services=(other,)).authorize(redirect_uri="https://other.example/callback")

    assert answer.status_code == 400
    assert "Location" not in answer.headers


LOOPBACK = ("http://127.0.0.1/callback", "http://[::1]:1234/callback")


@pytest.mark.parametrize(
    ("uri", "accepted"),
    [
        ("http://127.0.0.1:51004/callback", True),
        ("http://127.0.0.1/callback", True),
        ("http://[::1]:8/callback", True),
        ("http://127.0.0.1:51004/other", False),
        ("http://127.0.0.1:51004/callback?x=1", False),
        ("http://127.0.0.1:51004@evil.example/callback", False),
        ("http://127.0.0.1:/callback", False),
        ("http://127.0.0.1:0/callback", False),
        ("http://127.0.0.1:65536/callback", False),
        ("http://127.0.0.1:51004/evil/callback", False),
        ("http://127.0.0.1:\u0661/callback", False),
        ("http://127.0.0.1:1:2/callback", False),
        ("http://127.0.0.2:51004/callback", False),
        ("http://localhost:51004/callback", False),
        ("https://127.0.0.1:51004/callback", False),
    ],
)
def test_only_the_port_of_a_loopback_address_may_differ_and_only_for_an_app(tmp_path, uri, accepted):
    (tmp_path / "native").mkdir()
    (tmp_path / "web").mkdir()
    native = op(tmp_path / "native", redirect_uris=LOOPBACK, native=True).authorize(redirect_uri=uri)
    web = op(tmp_path / "web", redirect_uris=LOOPBACK).authorize(redirect_uri=uri)

    assert (native.status_code == 303) is accepted
    assert (web.status_code == 303) is (uri in LOOPBACK)


def test_localhost_is_no_loopback_address():
    assert not is_loopback_uri("http://localhost/callback")
