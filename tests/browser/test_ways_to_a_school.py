"""The ways to a school that skip the question, in a real browser, and the ways back from one that is not theirs."""

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.support.demo import Demo


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


def heading(page: Page, text: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(text)


def log_in(page: Page, person: str) -> None:
    page.get_by_role("button", name=person).click()
    expect(page.get_by_text("You are in.")).to_be_visible()


def test_straight_to_the_school_next_time_until_it_is_forgotten(demo: Demo, page: Page) -> None:
    start = demo.service("leesplein") + "/login"
    page.goto(start)
    page.get_by_label("Ga de volgende keer meteen naar mijn school").focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Petteflat College").focus()
    page.keyboard.press("Enter")
    log_in(page, "Sem")
    page.context.clear_cookies(name="sluis-session")
    page.goto(start)
    heading(page, "Petteflat College")
    page.get_by_role("button", name="Cancel").click()
    heading(page, "Kies je school")
    expect(page.get_by_role("heading", name="Is dit je school?")).to_be_visible()
    page.get_by_role("link", name="Niet jouw school?").click()
    expect(page.get_by_text("Leesplein: Petteflat College")).to_be_visible()
    page.get_by_role("button", name="Vergeet alle scholen").click()
    expect(page.get_by_role("status")).to_contain_text("onthoudt geen school")
    page.context.clear_cookies(name="sluis-hint")
    page.goto(start)
    heading(page, "Kies je school")


def test_a_shared_computer_offers_no_way_past_the_question(demo: Demo, page: Page) -> None:
    page.goto(demo.service("leesplein") + "/login")
    page.get_by_role("button", name="Ja, dit is een gedeelde computer").click()
    expect(page.get_by_role("button", name="Nee, alleen ik gebruik hem")).to_be_visible()
    expect(page.get_by_role("checkbox")).to_have_count(0)
    page.get_by_role("button", name="Petteflat College").click()
    log_in(page, "Sem")
    page.context.clear_cookies(name="sluis-session")
    page.goto(demo.service("leesplein") + "/login")
    heading(page, "Kies je school")
    expect(page.get_by_role("heading", name="De vorige keer koos je")).to_have_count(0)


def test_a_link_of_a_portal_to_a_wrong_school_is_no_dead_end(demo: Demo, page: Page) -> None:
    page.goto(f"{demo.gateway}/go/leesplein?school=99XB")
    page.get_by_role("link", name="Log in").click()
    heading(page, "Petteflat College")
    page.get_by_role("button", name="Cancel").click()
    heading(page, "Kies je school")
    page.get_by_label("Zoek je school").fill("regen")
    expect(page.get_by_role("status")).to_have_text("1 school gevonden.")
    page.locator("#found").get_by_role("button", name="De Regenboog").click()
    log_in(page, "Fenna")


def framed(page: Page, demo: Demo, site: str) -> None:
    """A page of this site shows a login for Leesplein in a frame."""
    page.goto(f"{site}/")
    page.evaluate(
        """address => {
          const frame = document.createElement("iframe");
          frame.src = address;
          document.body.append(frame);
        }""",
        demo.service("leesplein") + "/login",
    )


def test_a_login_in_a_frame_of_a_site_that_the_entry_names(demo: Demo, page: Page, portal: str) -> None:
    framed(page, demo, portal)
    inside = page.frame_locator("iframe")
    inside.get_by_label("Zoek je school").fill("regen")
    expect(inside.get_by_role("status")).to_have_text("1 school gevonden.")


def test_no_login_in_a_frame_of_another_site(demo: Demo, page: Page) -> None:
    with page.expect_event("console", lambda said: "frame-ancestors" in said.text):
        framed(page, demo, demo.service("rekentuin"))
    expect(page.frame_locator("iframe").get_by_role("heading", name="Kies je school")).to_have_count(0)
