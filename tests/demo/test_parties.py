"""The demo's schools and services do what real ones do; else the logins with them prove little."""

from base64 import b64decode
from typing import Any
from urllib.parse import quote

import pytest
from cryptography import x509
from lxml import etree

from gateway.demo.federation import address
from gateway.demo.people import SCHOOLS
from gateway.demo.receiving import NotBelieved, receive
from tests.support.browser_like import Jar, Tab
from tests.support.demo import Demo


def silently(demo: Demo, tab: Tab, school: str, *, force: bool = False) -> Tab:
    idp = next(address(one.host, demo.federation.port) + "/metadata" for one in SCHOOLS if one.name == school)
    anew = "&ForceAuthn=true" if force else ""
    return tab.open(f"{demo.service('leesplein')}/login?IsPassive=true{anew}&idp={quote(idp, safe='')}")


def test_a_silent_login_where_the_school_knows_the_browser(demo: Demo) -> None:
    jar = Jar()
    demo.log_in(demo.tab(jar), "rekentuin", "De Regenboog", "Fenna")
    demo.forget_session(jar)
    tab = silently(demo, demo.tab(jar), "De Regenboog").press("Continue").press("Verder")
    assert "You are in" in tab.text
    assert "Fenna" in tab.text


def test_the_link_for_it_names_the_school(demo: Demo) -> None:
    jar = Jar()
    demo.log_in(demo.tab(jar), "rekentuin", "De Regenboog", "Daan")
    demo.forget_session(jar)
    tab = demo.tab(jar).open(demo.service("leesplein") + "/").follow("silently through De Regenboog")
    assert "Daan" in tab.press("Continue").press("Verder").text


def test_a_silent_login_where_it_does_not(demo: Demo) -> None:
    tab = silently(demo, demo.tab(), "De Regenboog").press("Continue").press("Verder")
    assert "without asking something" in tab.text
    assert "NoPassive" in tab.text


def test_a_silent_login_that_must_be_fresh_is_impossible(demo: Demo) -> None:
    jar = Jar()
    demo.log_in(demo.tab(jar), "rekentuin", "De Regenboog", "Fenna")
    demo.forget_session(jar)
    tab = silently(demo, demo.tab(jar), "De Regenboog", force=True).press("Continue").press("Verder")
    assert "NoPassive" in tab.text


def test_the_school_asks_again_and_says_who_is_logged_in(demo: Demo) -> None:
    jar = Jar()
    demo.log_in(demo.tab(jar), "rekentuin", "De Regenboog", "Fenna")
    demo.forget_session(jar)
    tab = demo.to_school(demo.tab(jar), "leesplein", "De Regenboog")
    assert "Fenna is logged in in this browser" in tab.text
    assert "You are in" in tab.press("Daan").press("Continue").press("Verder").text


def test_refusals_are_told_in_words(demo: Demo) -> None:
    tab = demo.log_in(demo.tab(), "rekentuin", "Petteflat College", "Sem").press("Terug naar Rekentuin")
    assert "your school has not agreed to it" in tab.text


@pytest.fixture
def answered(demo: Demo) -> Tab:
    """A tab with the answer for Leesplein, not yet sent."""
    return demo.log_in(demo.tab(), "leesplein", "De Regenboog", "Fenna")


def test_an_answer_counts_once(answered: Tab) -> None:
    body, url = answered.body, answered.url
    assert "You are in" in answered.press("Verder").text
    answered.body, answered.url = body, url
    assert "nobody asked for it" in answered.press("Verder").text


def test_an_answer_that_comes_late_is_not_believed(demo: Demo, answered: Tab) -> None:
    demo.clock.forward(minutes=10)
    assert "too late" in answered.press("Verder").text


def test_an_answer_sent_to_the_other_service_is_not_believed(demo: Demo, answered: Tab) -> None:
    answered.body = answered.body.replace(demo.service("leesplein"), demo.service("rekentuin"))
    tab = answered.press("Verder")
    assert tab.url.startswith(demo.service("rekentuin"))
    assert tab.status == 400
    assert "does not believe" in tab.text


@pytest.mark.parametrize(
    ("expected", "why"),
    [
        ({"expected_audience": "http://127.0.0.4/metadata"}, "another service"),
        ({"expected_recipient": "http://127.0.0.4/acs"}, "addressed elsewhere"),
        ({"expected_requests": {"_another"}}, "nobody asked"),
        ({}, ""),
    ],
)
def test_what_a_service_expects_of_an_answer(demo: Demo, answered: Tab, expected: dict[str, Any], why: str) -> None:
    message = b64decode(answered.page.xpath("//input[@name='SAMLResponse']/@value")[0])
    leesplein = demo.service("leesplein")
    certificate = (demo.federation.directory / "keys" / "saml-1.crt").read_bytes()
    sound = {
        "certificates": [x509.load_pem_x509_certificate(certificate)],
        "expected_requests": {etree.fromstring(message).get("InResponseTo")},
        "expected_audience": f"{leesplein}/metadata",
        "expected_recipient": f"{leesplein}/acs",
        "now": demo.clock.now(),
    }
    if not why:
        assert receive(message, **sound).attributes
        return
    with pytest.raises(NotBelieved, match=why):
        receive(message, **sound | expected)


def test_an_answer_that_the_gateway_did_not_sign_is_not_believed(demo: Demo) -> None:
    """The school's own answer, posted past the gateway."""
    tab = demo.to_school(demo.tab(), "leesplein", "De Regenboog").press("Fenna")
    tab.body = tab.body.replace(f"{demo.gateway}/saml/sp/acs", demo.service("leesplein") + "/acs")
    assert "not signed by the gateway" in tab.press("Continue").text
