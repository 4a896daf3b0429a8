"""The browser's cookie: whom it binds, and what of it a stranger can make up."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from gateway.storage.sealing import SecretKey
from gateway.web import jar
from gateway.web.cookies import BrowserCookie
from tests.support.held import SeededRandomness

OLD = SecretKey("s1", b"the first sealing key, long enough......")
NEW = SecretKey("s2", b"the second sealing key, long enough.....")


def _client(*keys: SecretKey, https: bool = True, seed: str = "") -> FlaskClient:
    """A browser at an app that says which browser it sees, at `/`, and does not care at `/any`."""
    app = Flask("test")
    cookie = BrowserCookie(keys=keys or (OLD,), randomness=SeededRandomness(seed), https=https)
    jar.install(app)
    app.add_url_rule("/", "who", cookie.browser)
    app.add_url_rule("/twice", "twice", lambda: f"{cookie.browser()} {cookie.browser()}")
    app.add_url_rule("/any", "any", lambda: "the same for everybody")
    return app.test_client(use_cookies=False)


def _cookie(client: FlaskClient) -> str:
    return client.get("/").headers["Set-Cookie"].partition(";")[0]


def _seen(client: FlaskClient, cookie: str, path: str = "/"):
    return client.get(path, headers={"Cookie": cookie})


@pytest.mark.parametrize(("https", "name"), [(True, "__Host-sluis"), (False, "sluis")])
def test_the_cookie_that_browsers_get(https: bool, name: str):
    value, *attributes = _client(https=https).get("/").headers["Set-Cookie"].split("; ")

    assert value.startswith(f"{name}=")
    assert len(value) == len(name) + 1 + 73
    assert sorted(attributes) == ["HttpOnly", "Path=/", "SameSite=None", "Secure"]


def test_a_browser_is_the_same_until_it_ends():
    client = _client()
    first = client.get("/")
    again = _seen(client, first.headers["Set-Cookie"].partition(";")[0])

    assert again.text == first.text
    assert "Set-Cookie" not in again.headers


def test_two_browsers_are_two():
    client = _client()

    assert client.get("/").text != client.get("/").text


def test_within_a_request_a_new_browser_is_one():
    one, other = _client().get("/twice").text.split()

    assert one == other


def test_where_nobody_asks_no_cookie_is_set():
    assert "Set-Cookie" not in _client().get("/any").headers


def test_whoever_holds_another_key_makes_no_cookie():
    stranger = _cookie(_client(NEW))
    answer = _seen(_client(OLD, seed="a"), stranger)

    assert answer.text not in stranger
    assert "Set-Cookie" in answer.headers


@pytest.mark.parametrize("spoil", [0, 20, 39, 41, 72])
def test_a_changed_cookie_is_nobodys(spoil: int):
    client = _client()
    name, _, value = _cookie(client).partition("=")
    changed = value[:spoil] + ("0" if value[spoil] != "0" else "1") + value[spoil + 1 :]
    answer = _seen(client, f"{name}={changed}")

    assert answer.text not in (value[:40], changed[:40])
    assert "Set-Cookie" in answer.headers


@pytest.mark.parametrize("value", ["", ".", "x", "x.", ".y", "é.é", '"a\\351.b"', "x" * 4000])
def test_a_cookie_that_is_none(value: str):
    answer = _seen(_client(), f"__Host-sluis={value}")

    assert answer.status_code == 200
    assert len(answer.text) == 40
    assert "Set-Cookie" in answer.headers


def test_over_https_a_cookie_without_the_prefix_counts_for_nothing():
    plain = _cookie(_client(https=False))
    answer = _seen(_client(https=True, seed="a"), plain)

    assert answer.text not in plain


def test_keys_rotate_without_losing_a_browser():
    cookie = _cookie(_client(OLD))
    answer = _seen(_client(NEW, OLD, seed="a"), cookie)

    assert answer.text in cookie
    assert _cookie(_client(NEW, OLD)) == _cookie(_client(NEW)), "the first key signs"


def test_a_key_that_is_gone_knows_nobody():
    cookie = _cookie(_client(OLD))

    assert _seen(_client(NEW, seed="a"), cookie).text not in cookie
