"""The demo login in a real browser, with its own rules for cookies, forms and content security."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect

from tests.support.chromium import PATIENCE, launched
from tests.support.demo import Demo


def start(page: Page, demo: Demo, service: str) -> Page:
    page.goto(demo.service(service) + "/")
    page.get_by_role("link", name="Log in").click()
    return page


def test_a_pupil_clicks_and_is_in(demo: Demo, context: BrowserContext) -> None:
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    start(page, demo, "rekentuin")
    expect(page.get_by_role("heading", level=1)).to_have_text("Kies je school")
    page.get_by_role("button", name="De Regenboog").click()
    page.get_by_role("button", name="Fenna").click()
    expect(page.get_by_text("You are in.")).to_be_visible()
    assert page.url.startswith(demo.service("rekentuin"))
    expect(page.get_by_role("row", name=re.compile("eckId"))).to_contain_text("https://ketenid.nl/pilot/")
    expect(page.get_by_role("row", name=re.compile("givenName"))).to_contain_text("Fenna")
    expect(page.get_by_role("row")).to_have_count(4)
    assert not [text for text in said if "Content Security Policy" in text]


def test_a_pupil_at_a_service_that_speaks_openid_connect(demo: Demo, context: BrowserContext) -> None:
    page = start(context.new_page(), demo, "schrijfmaatje")
    page.get_by_role("button", name="De Regenboog").click()
    page.get_by_role("button", name="Fenna").click()
    expect(page.get_by_text("You are in.")).to_be_visible()
    assert page.url.startswith(demo.service("schrijfmaatje"))
    expect(page.get_by_role("row", name=re.compile("eckid"))).to_contain_text("https://ketenid.nl/pilot/")
    expect(page.get_by_role("row", name=re.compile("given_name"))).to_contain_text("Fenna")
    expect(page.get_by_role("row", name=re.compile("family_name"))).to_have_count(0)


def test_the_browser_keeps_the_cookie_across_the_schools_site(demo: Demo, context: BrowserContext) -> None:
    page = start(context.new_page(), demo, "leesplein")
    page.get_by_role("button", name="Petteflat College").click()
    names = {cookie["name"] for cookie in context.cookies(demo.gateway)}
    assert "sluis" in names
    page.get_by_role("button", name="Lotte").click()
    expect(page.get_by_text("You are in.")).to_be_visible()


def test_two_tabs(demo: Demo, context: BrowserContext) -> None:
    first = start(context.new_page(), demo, "rekentuin")
    second = start(context.new_page(), demo, "leesplein")
    first.get_by_role("button", name="De Regenboog").click()
    second.get_by_role("button", name="De Regenboog").click()
    first.get_by_role("button", name="Fenna").click()
    second.get_by_role("button", name="Daan").click()
    expect(first.get_by_text("You are in.")).to_be_visible()
    expect(second.get_by_text("You are in.")).to_be_visible()


LATE = """
const at_once = HTMLFormElement.prototype.requestSubmit;
HTMLFormElement.prototype.requestSubmit = function () {
  addEventListener("load", () => setTimeout(() => at_once.call(this)));
};"""
"""Forms that scripts send go when their page has been loaded whole: what they lead to is then a step of its own in the
history, as it is now and then on a machine that is busy. (To route the script instead would switch the cache off, and
with it what the browser does about pages that came by POST.)"""


@pytest.fixture(params=["kept out of the history", "a step in the history", "no page kept alive"])
def history(
    request: pytest.FixtureRequest, context: BrowserContext, playwright: Playwright, chromium: str
) -> Iterator[BrowserContext]:
    """The ways in which browsers remember the page that sends the answer on, and the pages that were left."""
    if request.param == "kept out of the history":
        yield context
        return
    with launched(playwright, chromium, "--disable-features=BackForwardCache") as browser:
        other = browser.new_context(locale="nl-NL")
        other.set_default_timeout(PATIENCE)
        if request.param == "a step in the history":
            other.add_init_script(LATE)
        yield other
        other.close()


def back_to(page: Page, title: str) -> None:
    """Back, step by step, until that page; every page on the way is one of ours, saying what there is to say."""
    heading = page.get_by_role("heading", level=1)
    for _ in range(3):
        page.go_back()
        if heading.text_content() == title:
            return
        # a page that the browser kept alive stands as it was
        expect(heading).to_have_text(re.compile("Je bent al klaar|Je gaat verder"))
    raise AssertionError(f"no {title} in the history")


def test_the_back_button_after_the_login(demo: Demo, history: BrowserContext) -> None:
    page = start(history.new_page(), demo, "leesplein")
    page.get_by_role("button", name="De Regenboog").click()
    page.get_by_role("button", name="Fenna").click()
    expect(page.get_by_text("You are in.")).to_be_visible()
    page.get_by_role("link", name="Start again").click()
    page.go_back()
    expect(page.get_by_text("You are in.")).to_be_visible()
    back_to(page, "De Regenboog")
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Je bent al klaar")


def test_back_at_the_school_after_the_login_and_another_person(demo: Demo, history: BrowserContext) -> None:
    page = start(history.new_page(), demo, "leesplein")
    page.get_by_role("button", name="De Regenboog").click()
    page.get_by_role("button", name="Fenna").click()
    expect(page.get_by_text("You are in.")).to_be_visible()
    back_to(page, "De Regenboog")
    page.reload()
    page.get_by_role("button", name="Daan").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Je bent al klaar")


def test_back_to_discovery_and_another_school(demo: Demo, context: BrowserContext) -> None:
    page = start(context.new_page(), demo, "leesplein")
    page.get_by_role("button", name="Petteflat College").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Petteflat College")
    page.go_back()
    page.get_by_role("button", name="De Regenboog").click()
    page.get_by_role("button", name="Daan").click()
    expect(page.get_by_text("You are in.")).to_be_visible()


def test_cookies_lost_on_the_way(demo: Demo, context: BrowserContext) -> None:
    page = start(context.new_page(), demo, "leesplein")
    page.get_by_role("button", name="De Regenboog").click()
    context.clear_cookies(domain="127.0.0.1")
    page.get_by_role("button", name="Fenna").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("We herkennen je browser niet")
    assert page.url.startswith(demo.gateway)


def test_the_school_of_last_time_comes_first(demo: Demo, context: BrowserContext) -> None:
    page = start(context.new_page(), demo, "leesplein")
    page.get_by_role("button", name="Petteflat College").click()
    page.get_by_role("button", name="Sem").click()
    expect(page.get_by_text("You are in.")).to_be_visible()
    context.clear_cookies(name="sluis-session")
    start(page, demo, "schrijfmaatje")
    expect(page.get_by_role("heading", name="De vorige keer koos je")).to_be_visible()
    expect(page.get_by_role("button").first).to_contain_text("Petteflat College")


def test_without_javascript(demo: Demo, browser: Browser) -> None:
    context = browser.new_context(locale="nl-NL", java_script_enabled=False)
    page = start(context.new_page(), demo, "leesplein")
    page.get_by_label("Zoek je school").fill("regen")
    page.get_by_role("button", name="Zoek").click()
    page.get_by_role("button", name="De Regenboog").click()
    page.get_by_role("button", name="Fenna").click()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Je gaat verder")
    page.get_by_role("button", name="Verder").click()
    expect(page.get_by_text("You are in.")).to_be_visible()
    context.close()


def test_by_keyboard_alone(demo: Demo, context: BrowserContext) -> None:
    page = start(context.new_page(), demo, "leesplein")
    page.get_by_label("Zoek je school").focus()
    page.keyboard.type("petteflat")
    page.keyboard.press("Enter")
    button = page.get_by_role("button", name="Petteflat College")
    for _ in range(10):
        page.keyboard.press("Tab")
        if button.evaluate("element => element === document.activeElement"):
            break
    outline = button.evaluate("element => getComputedStyle(element).outlineStyle")
    assert outline == "solid"
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Petteflat College")


def choose_petteflat_from_an_older_page(page: Page) -> None:
    """Its agreement ended while the page stood there: discovery would not offer it any more."""
    page.locator("button[name=school]").first.evaluate("button => { button.value = '99XB' }")
    page.locator("button[value='99XB']").click()


def test_a_refused_release_leads_back_to_the_service(demo: Demo, context: BrowserContext) -> None:
    page = start(context.new_page(), demo, "rekentuin")
    choose_petteflat_from_an_older_page(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Je school heeft geen afspraak met dit lesmateriaal")
    page.get_by_text("Voor de helpdesk").click()
    expect(page.get_by_text("agreement_missing")).to_be_visible()
    page.get_by_role("button", name="Terug naar Rekentuin").click()
    expect(page.get_by_text("RequestDenied")).to_be_visible()


def test_in_english(demo: Demo, browser: Browser) -> None:
    context = browser.new_context(locale="en-GB")
    page = start(context.new_page(), demo, "leesplein")
    expect(page.get_by_role("heading", level=1)).to_have_text("Choose your school")
    page.get_by_role("link", name="Nederlands", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Kies je school")
    context.close()


def test_the_chosen_language_lasts_behind_the_answer_of_the_school(demo: Demo, context: BrowserContext) -> None:
    context.route("**/submit.js", lambda route: route.abort())
    page = start(context.new_page(), demo, "rekentuin")
    page.get_by_role("link", name="English").click()
    page.get_by_role("button", name="The Rainbow").click()
    page.get_by_role("button", name="Fenna").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("On you go")


def test_a_service_that_opens_the_login_in_a_window_of_its_own_keeps_that_window(
    demo: Demo, context: BrowserContext
) -> None:
    service = context.new_page()
    service.goto(demo.service("rekentuin") + "/")
    with context.expect_page() as opened:
        link = service.get_by_role("link", name="Log in").get_attribute("href")
        service.evaluate("address => { window.login = window.open(address) }", link)
    window = opened.value
    window.get_by_role("button", name="De Regenboog").click()
    window.get_by_role("button", name="Fenna").click()
    expect(window.get_by_text("You are in.")).to_be_visible()
    assert window.evaluate("window.opener !== null")
    assert service.evaluate("window.login.closed") is False
