"""The pages, as people and browsers get them."""

import pytest

from tests.support.demo import Demo


def test_discovery_finds_a_school_without_script(demo: Demo) -> None:
    tab = demo.tab()
    tab.open(demo.service("leesplein") + "/").follow("Log in")
    tab.press("Zoek", q="bréda")
    assert "Petteflat College" in tab.text
    assert "De Regenboog" not in tab.text
    tab.press("Petteflat College")
    assert tab.title == "Petteflat College"


def test_discovery_says_when_nothing_is_found(demo: Demo) -> None:
    tab = demo.tab()
    tab.open(demo.service("leesplein") + "/").follow("Log in")
    tab.press("Zoek", q="<b>zwolle")
    assert "Geen school gevonden voor ‘<b>zwolle’" in tab.text
    assert "De Regenboog" in tab.follow("Laat alle scholen zien").text


def test_the_language_of_the_browser_the_switch_and_the_memory(demo: Demo) -> None:
    tab = demo.tab(language="en-GB,en;q=0.8")
    tab.open(demo.service("leesplein") + "/").follow("Log in")
    assert tab.title == "Choose your school"
    assert "The Rainbow" in tab.text
    tab.follow("Nederlands")
    assert tab.title == "Kies je school"
    assert tab.open(demo.gateway + "/").title == "Inloggen bij je lesmateriaal"


def test_the_chosen_language_lasts_behind_the_answer_of_the_school(demo: Demo) -> None:
    tab = demo.tab(language="nl")
    tab.open(demo.service("rekentuin") + "/").follow("Log in").follow("English")
    demo.choose(tab, "The Rainbow").press("Fenna").press("Continue")
    assert tab.title == "On you go"


def test_a_page_that_is_not_there(demo: Demo) -> None:
    tab = demo.tab().open(demo.gateway + "/nothing/here")
    assert (tab.status, tab.title) == (404, "Deze pagina is er niet")


def test_a_method_that_a_page_does_not_have(demo: Demo) -> None:
    tab = demo.tab().open(demo.gateway + "/")
    tab.body = '<form method="post" action="/"><button>x</button></form>'
    assert tab.press("x").status == 405


def test_a_bookmark_of_the_sign_on_address(demo: Demo) -> None:
    tab = demo.tab().open(demo.gateway + "/saml/idp/sso")
    assert tab.status == 400
    assert "begint geen login" in tab.title


@pytest.mark.parametrize("path", ["/", "/nothing", "/saml/idp/sso", "/health/live", "/saml/metadata/idp"])
def test_security_headers_on_everything(demo: Demo, path: str) -> None:
    headers = demo.tab().open(demo.gateway + path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "strict-origin"


def test_pages_have_no_inline_script_or_style_and_nothing_from_elsewhere(demo: Demo) -> None:
    tab = demo.tab()
    tab.open(demo.service("leesplein") + "/").follow("Log in")
    bodies = [tab.body, tab.press("De Regenboog").press("Fenna").press("Continue").body]
    bodies.append(demo.tab().open(demo.gateway + "/nothing").body)
    for body in bodies:
        assert "<style" not in body
        assert "style=" not in body
        assert "<script>" not in body
        assert " onload" not in body


def test_health(demo: Demo) -> None:
    assert demo.tab().open(demo.gateway + "/health/live").body == '{"status": "live"}'
    assert demo.tab().open(demo.gateway + "/health/ready").body == '{"status": "ready"}'


def test_metrics_count_logins_without_naming_anybody(demo: Demo) -> None:
    demo.log_in(demo.tab(), "leesplein", "De Regenboog", "Fenna")
    # Replicas answer in turn, and each counts for itself here.
    text = "".join(demo.tab().open(demo.gateway + "/metrics").body for _ in demo.replicas)
    assert 'sluis_logins_total{code="",idp="regenboog",outcome="released",service="leesplein"}' in text
    assert "fenna" not in text


def test_static_files_may_be_kept(demo: Demo) -> None:
    tab = demo.tab().open(demo.gateway + "/")
    style = tab.page.find(".//link").get("href")
    headers = demo.tab().open(demo.gateway + style).headers
    assert "immutable" in headers["cache-control"]
    assert headers["content-type"].startswith("text/css")
    assert demo.tab().open(demo.gateway + "/static/x/nothing.css").status == 404
