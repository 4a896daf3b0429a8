"""Finding a school in a real browser: while typing, by keyboard alone, and forgetting it again."""

from playwright.sync_api import Browser, BrowserContext, Route, expect

from tests.support.axe import check_accessible, on_a_phone
from tests.support.demo import Demo


def test_schools_are_found_while_typing_and_chosen_by_keyboard_alone(demo: Demo, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(demo.service("leesplein") + "/login")
    page.get_by_role("searchbox").focus()
    page.keyboard.type("peteflat")
    expect(page.get_by_role("status")).to_have_text("1 school gevonden.")
    expect(page.locator("#found button")).to_have_count(1)
    for _ in range(3):
        page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Petteflat College")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Petteflat College")
    page.go_back()
    expect(page.get_by_role("searchbox")).to_have_value("peteflat")
    page.goto(demo.service("leesplein") + "/login")
    expect(page.get_by_role("heading", name="De vorige keer koos je")).to_be_visible()
    page.get_by_role("button", name="Vergeet deze school").click()
    expect(page.get_by_role("heading", name="De vorige keer koos je")).to_have_count(0)


def test_what_was_typed_before_the_script_was_there_is_looked_for(demo: Demo, context: BrowserContext) -> None:
    page, held = context.new_page(), []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/schools.js", hold)
    page.goto(demo.service("leesplein") + "/login", wait_until="commit")
    page.get_by_role("searchbox").fill("peteflat")
    held[0].continue_()
    expect(page.get_by_role("status")).to_have_text("1 school gevonden.")
    expect(page.locator("#found button")).to_have_count(1)


def test_a_school_without_an_agreement_says_so_while_typing(demo: Demo, browser: Browser) -> None:
    with on_a_phone(browser, locale="nl-NL") as page:
        page.goto(demo.service("rekentuin") + "/login")
        page.get_by_role("searchbox").fill("petteflat")
        expect(page.get_by_text("Deze school heeft geen afspraak met Rekentuin.")).to_be_visible()
        expect(page.locator("#found button")).to_have_count(0)
        check_accessible(page)
