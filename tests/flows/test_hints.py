"""Hints about the school, of a service and of a link in a portal: they skip the page once, and decide nothing else."""

from collections.abc import Iterator
from dataclasses import replace
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlsplit
from urllib.request import HTTPRedirectHandler, build_opener

import pytest

from gateway.demo.federation import DemoFederation
from tests.support.browser_like import Jar, Tab
from tests.support.demo import Demo, running_demo

AT_SCHOOL = "Petteflat College"
DISCOVERY = "Kies je school"
ASKED = "Is dit je school?"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    def entries(federation: DemoFederation) -> None:
        for service, host in (("leesplein", "127.0.0.5"), ("schrijfmaatje", "127.0.0.7")):
            entry = federation.directory / "services" / f"{service}.yaml"
            text = entry.read_text("utf-8")
            entry.write_text(f"{text}login_url: http://{host}:{federation.port}/login\n", "utf-8")
        entry = federation.directory / "services" / "rekentuin.yaml"
        lines = entry.read_text("utf-8").splitlines(keepends=True)
        entry.write_text("".join(line for line in lines if not line.startswith("start_url")), "utf-8")

    with running_demo(tmp_path_factory.mktemp("hints"), entries) as running:
        yield running


class _Stay(HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


def location(url: str) -> str:
    """Where an address leads, without going there."""
    try:
        build_opener(_Stay()).open(url)
    except HTTPError as led:
        return led.headers["Location"]
    raise AssertionError(f"{url} leads nowhere")


def buttons(tab: Tab) -> list[str]:
    return [one.get("value") for one in tab.page.xpath("//button[@name='school']")]


def through(tab: Tab, person: str) -> Tab:
    """From the school's page to the service."""
    tab.press(person).press("Continue")
    return tab.press("Verder") if tab.title == "Je gaat verder" else tab


@pytest.mark.parametrize("service", ["leesplein", "schrijfmaatje"])
@pytest.mark.parametrize("hint", ["school=99XB", "school=petteflat.example", "school=99xb", "idp=petteflat"])
def test_a_service_that_names_the_school_skips_the_page(demo: Demo, service: str, hint: str) -> None:
    asked = location(demo.service(service) + "/login")
    assert demo.tab().open(f"{asked}&{hint}").title == AT_SCHOOL


@pytest.mark.parametrize("service", ["leesplein", "schrijfmaatje"])
@pytest.mark.parametrize(
    "hint",
    ["school=99ZZ", "school=nobody.example", "school=", "school=%3Cscript%3E", "idp=nobody", "school=" + "9" * 4000],
)
def test_a_hint_that_names_no_school_leads_to_the_page(demo: Demo, service: str, hint: str) -> None:
    asked = location(demo.service(service) + "/login")
    tab = demo.tab().open(f"{asked}&{hint}")
    assert tab.title == DISCOVERY
    assert ASKED not in tab.text


def test_a_hint_that_names_a_school_without_an_agreement_sends_nobody_there(demo: Demo) -> None:
    asked = location(demo.service("rekentuin") + "/login")
    tab = demo.tab().open(f"{asked}&school=99XB")
    assert tab.title == DISCOVERY
    assert "Deze school heeft geen afspraak met Rekentuin" in tab.text
    assert "99XB" not in buttons(tab)


def test_whoever_comes_back_without_a_login_is_asked_and_can_choose_another(demo: Demo) -> None:
    jar = Jar()
    asked = location(demo.service("leesplein") + "/login")
    assert demo.tab(jar).open(f"{asked}&school=99XB").title == AT_SCHOOL
    tab = demo.tab(jar).open(f"{location(demo.service('leesplein') + '/login')}&school=99XB")
    assert tab.title == DISCOVERY
    assert ASKED in tab.text
    assert "Niet jouw school?" in tab.text
    assert buttons(tab)[0] == "99XB"
    assert "You are in." in through(tab.press("De Regenboog"), "Fenna").text


def test_after_a_login_the_hint_counts_no_longer(demo: Demo) -> None:
    jar = Jar()
    tab = demo.tab(jar).open(f"{location(demo.service('leesplein') + '/login')}&school=99XB")
    assert "You are in." in through(tab, "Sem").text
    demo.forget_session(jar)
    tab = demo.tab(jar).open(demo.service("leesplein") + "/login")
    assert tab.title == DISCOVERY
    assert ASKED not in tab.text


def test_somebody_logged_in_at_another_school_is_not_taken_for_one_of_this(demo: Demo) -> None:
    jar = Jar()
    demo.log_in(demo.tab(jar), "leesplein", "De Regenboog", "Fenna")
    tab = demo.tab(jar).open(f"{location(demo.service('schrijfmaatje') + '/login')}&school=99XB")
    assert tab.title == AT_SCHOOL


@pytest.mark.parametrize("service", ["leesplein", "schrijfmaatje"])
def test_a_link_of_a_portal_leads_to_the_service_and_from_there_to_the_school(demo: Demo, service: str) -> None:
    tab = demo.tab().open(f"{demo.gateway}/go/{service}?school=99XB")
    assert tab.title == AT_SCHOOL
    assert "You are in." in through(tab, "Sem").text


def test_a_link_without_a_school_leads_to_the_page(demo: Demo) -> None:
    assert demo.tab().open(f"{demo.gateway}/go/leesplein").title == DISCOVERY


def test_a_client_is_told_who_sends_the_browser(demo: Demo) -> None:
    parts = urlsplit(location(f"{demo.gateway}/go/schrijfmaatje?school=99XB"))
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == demo.service("schrijfmaatje") + "/login"
    assert parse_qs(parts.query) == {"iss": [demo.gateway], "login_hint": ["99XB"]}


@pytest.mark.parametrize(
    "more",
    ["&return=https://evil.example/", "&target=//evil.example", "&RelayState=https://evil.example", "&url=evil"],
)
def test_a_link_leads_to_no_address_that_stands_in_it(demo: Demo, more: str) -> None:
    assert location(f"{demo.gateway}/go/leesplein?school=99XB{more}") == demo.service("leesplein") + "/login"


@pytest.mark.parametrize(
    ("link", "status", "says"),
    [
        ("nowhere?school=99XB", 404, "Deze pagina"),
        ("leesplein?school=99ZZ", 400, "Deze school staat er niet bij"),
        ("leesplein?school=%3Cscript%3Ealert(1)%3C/script%3E", 400, "Deze school staat er niet bij"),
        ("rekentuin?school=99XA", 404, "Deze link werkt niet"),
        ("https:%2F%2Fevil.example", 404, "Deze pagina"),
    ],
)
def test_a_link_that_cannot_work_is_a_page(demo: Demo, link: str, status: int, says: str) -> None:
    tab = demo.tab().open(f"{demo.gateway}/go/{link}")
    assert tab.status == status
    assert says in tab.title
    assert "<script>alert" not in tab.body


@pytest.mark.parametrize("cookie", ["leesplein.99ZZ", "x" * 3000, "leesplein.99XB.gone~" * 30, "..~..", "leesplein"])
def test_a_cookie_that_somebody_wrote_breaks_nothing(demo: Demo, cookie: str) -> None:
    jar = Jar()
    demo.tab(jar).open(f"{demo.gateway}/go/leesplein?school=99XB")
    kept = jar.of(demo.gateway)
    kept["sluis-hint"] = replace(kept["sluis-hint"], value=cookie)
    assert demo.tab(jar).open(demo.service("leesplein") + "/login").title == DISCOVERY
