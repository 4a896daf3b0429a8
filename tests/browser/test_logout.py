"""A logout in a real browser: it goes round by itself, past whoever hangs, and every page of it can be used by all."""

import re

from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.support.chromium import PATIENCE
from tests.support.demo import Demo

PATIENT = """
const later = setTimeout;
window.setTimeout = (what, ms) => {
  const hangs = (document.getElementById("leave")?.dataset.to ?? "").startsWith(HANGING);
  return later(what, hangs ? ms : 1000 * ms);
};"""
"""A machine that is busy is slower than a party may be: whoever does not hang is waited for as long as it takes."""


def log_in(page: Page, demo: Demo, *, shared: bool = False) -> None:
    """At both services that speak SAML: one login, and one from the session."""
    page.goto(demo.service("rekentuin") + "/login")
    if shared:
        page.get_by_role("button", name=re.compile("gedeelde computer|shared computer")).click()
    page.locator("button[value='99XA']").click()
    page.get_by_role("button", name="Fenna").click()
    expect(page.get_by_text("You are in.")).to_be_visible()
    page.goto(demo.service("leesplein") + "/login")
    expect(page.get_by_text("You are in.")).to_be_visible()


def say_yes(page: Page, demo: Demo) -> None:
    page.goto(demo.gateway + "/logout")
    page.get_by_role("button", name=re.compile("Ja, log uit|Yes, log")).click(no_wait_after=True)


def test_it_goes_round_by_itself_and_comes_back_with_what_ended(demo: Demo, context: BrowserContext) -> None:
    page, said = context.new_page(), []
    page.on("console", lambda message: said.append(message.text))
    page.add_init_script(f"const HANGING = 'nobody';{PATIENT}")
    log_in(page, demo)
    say_yes(page, demo)
    expect(page.get_by_role("heading", level=1)).to_have_text("Je bent uitgelogd")
    expect(page.get_by_role("listitem").filter(has_text="je bent uitgelogd")).to_have_count(3)
    assert not [text for text in said if "Content Security Policy" in text]
    page.goto(demo.service("leesplein") + "/")
    expect(page.get_by_text("You are logged in here")).to_have_count(0)


def test_a_service_that_hangs_is_left_behind_and_named(demo: Demo, context: BrowserContext) -> None:
    page = context.new_page()
    page.add_init_script(f"const HANGING = '{demo.service('rekentuin')}/';{PATIENT}")
    log_in(page, demo)
    hanging: list[Route] = []

    def hang(route: Route) -> None:
        hanging.append(route)

    page.route(re.compile(re.escape(demo.service("rekentuin")) + "/slo"), hang)
    say_yes(page, demo)
    expect(page.get_by_role("heading", level=1)).to_have_text("Je bent niet overal uitgelogd", timeout=PATIENCE)
    expect(page.get_by_role("listitem").filter(has_text="gaf geen antwoord")).to_have_count(1)
    expect(page.get_by_role("listitem").filter(has_text="je bent uitgelogd")).to_have_count(2)
    assert hanging


def test_a_client_with_a_front_channel_address_is_asked_in_a_frame(demo: Demo, context: BrowserContext) -> None:
    page, said = context.new_page(), []
    page.on("console", lambda message: said.append(message.text))
    page.goto(demo.service("schrijfmaatje") + "/login")
    page.locator("button[value='99XA']").click()
    page.get_by_role("button", name="Fenna").click()
    expect(page.get_by_text("You are in.")).to_be_visible()
    with page.expect_request(re.compile(r"/front\?iss=.*&sid=")) as asked:
        say_yes(page, demo)
    assert asked.value.frame != page.main_frame
    expect(page.get_by_role("listitem").filter(has_text="zegt niet of dat gelukt is")).to_have_count(1)
    assert not [text for text in said if "Content Security Policy" in text]


def test_without_its_script_and_on_a_shared_computer_it_says_what_may_be_open_still(
    demo: Demo, context: BrowserContext
) -> None:
    page = context.new_page()
    log_in(page, demo, shared=True)
    page.route("**/leave.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
    say_yes(page, demo)
    told = page.locator("main p").first
    for _ in range(3):
        expect(page.locator("#leave")).to_have_count(1)
        party = told.text_content() or ""
        page.get_by_role("link", name=re.compile("Ga verder zonder|without")).click()
        expect(told).not_to_have_text(party)
    expect(page.get_by_text(re.compile("Sluit nu de browser|Close the browser", re.IGNORECASE))).to_be_visible()
