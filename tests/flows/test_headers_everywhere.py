"""Whatever address there is, its answer has the headers: a new one cannot be forgotten."""

import re

import pytest
from lxml import html
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from tests.support.demo import Demo

ON_PAGES_OUTSIDE_LOGINS = {"/", "/docs/connect", "/status", "/accessibility", "/me"}
MAY_SET = {"sluis", "sluis-choice", "sluis-session", "sluis-notified"}
"""What the gateway keeps in a browser: whose login it is, language and school, the session, what a portal said."""


def answers(demo: Demo) -> list[tuple[str, str, TestResponse]]:
    client = demo.app.test_client()
    found = []
    for rule in demo.app.url_map.iter_rules():
        path = _filled(rule)
        found += [
            (path, method, client.open(path, method=method, base_url=demo.gateway))
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
        ]
    return found


def _filled(rule: Rule) -> str:
    return re.sub(r"<[^>]+>", "0", rule.rule)


@pytest.fixture(scope="module")
def answered(demo: Demo) -> list[tuple[str, str, TestResponse]]:
    found = answers(demo)
    assert len(found) > 30
    return found


def test_every_answer_has_every_header_once(answered: list[tuple[str, str, TestResponse]]) -> None:
    for path, method, answer in answered:
        where = f"{method} {path}"
        for name in (
            "Content-Security-Policy",
            "Referrer-Policy",
            "Permissions-Policy",
            "X-Content-Type-Options",
            "X-Frame-Options",
        ):
            assert len(answer.headers.getlist(name)) == 1, f"{where}: {name}"
        assert answer.headers["X-Frame-Options"] == "DENY", where
        assert answer.headers["X-Content-Type-Options"] == "nosniff", where
        assert answer.headers["Referrer-Policy"] == "strict-origin", where
        assert "Cache-Control" in answer.headers, where
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"), where
        assert "base-uri 'none'" in policy, where
        assert "frame-ancestors 'none'" in policy, where
        assert "unsafe" not in policy, where
        assert "*" not in policy, where


def test_no_answer_is_a_failure_of_the_gateway(answered: list[tuple[str, str, TestResponse]]) -> None:
    """None was asked as it wants to be: each says so in a way that somebody can act on."""
    assert not [(path, method) for path, method, answer in answered if answer.status_code >= 500]


def test_only_what_a_login_needs_lies_in_the_browser(answered: list[tuple[str, str, TestResponse]]) -> None:
    for path, method, answer in answered:
        for cookie in answer.headers.getlist("Set-Cookie"):
            name = cookie.partition("=")[0].removeprefix("__Host-")
            assert name in MAY_SET, f"{method} {path} sets {name}"
            assert "HttpOnly" in cookie, f"{method} {path}: {name}"


def test_every_page_is_whole_without_script_and_takes_nothing_from_elsewhere(
    answered: list[tuple[str, str, TestResponse]],
) -> None:
    pages = [(path, answer) for path, _, answer in answered if "<main" in answer.text]
    assert len(pages) > 15
    for path, answer in pages:
        page = html.fromstring(answer.text)
        assert page.get("lang") == answer.headers["Content-Language"], path
        assert page.find(".//h1") is not None, path
        assert {"/status", "/remembered", "/accessibility"} <= {link.get("href") for link in page.iter("a")}, path
        loaded = page.xpath("//img/@src | //link/@href | //script/@src | //source/@srcset | //iframe/@src")
        assert all(address.startswith(("/static/", "/logo/")) for address in loaded), path
        assert not page.xpath("//style | //@style | //script[not(@src)] | //@*[starts-with(name(), 'on')]"), path


def test_no_other_site_holds_on_to_a_page_outside_of_logins(answered: list[tuple[str, str, TestResponse]]) -> None:
    """Pages of a login have no such policy: it would cut off the service that opened a window for it."""
    alone = {path for path, _, answer in answered if answer.headers.get("Cross-Origin-Opener-Policy") == "same-origin"}
    assert alone == ON_PAGES_OUTSIDE_LOGINS & {path for path, _, _ in answered}
