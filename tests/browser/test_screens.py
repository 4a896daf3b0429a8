"""Pages as people see them: as they were when somebody looked, by keyboard, and twice as large."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.support.chromium import PATIENCE
from tests.support.demo import Demo
from tests.support.screens import FAR, check_as_kept, distance, picture

STEADY = {"home", "error", "refused", "accessibility", "logout"}
"""Pages that show the same whoever logged in before; of the others a picture is made, and none compared."""
README = Path(__file__).parents[2] / "docs/pictures/discovery.png"
PHONE, DESK = {"width": 320, "height": 640}, {"width": 1280, "height": 800}


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(locale="nl-NL", viewport=PHONE, bypass_csp=True)
    context.set_default_timeout(PATIENCE)
    yield context.new_page()
    context.close()


@pytest.fixture
def blank(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    yield context.new_page()
    context.close()


def opened(page: Page, demo: Demo, name: str) -> None:
    if name == "discovery":
        page.goto(demo.service("leesplein") + "/login")
    elif name == "refused":
        page.goto(demo.service("rekentuin") + "/login")
        # Offered is who has an agreement; somebody else comes by a page that is older than the agreement's end.
        page.locator("button[value='99XA']").evaluate("button => { button.value = '99XB' }")
        page.locator("button[value='99XB']").click()
        page.locator("dl.reference").wait_for()
    else:
        page.goto(demo.gateway + {"home": "/", "error": "/nothing", "logout": "/logout"}.get(name, f"/{name}"))


def looked_at(blank: Page, page: Page, name: str, how: str) -> None:
    if name in STEADY:
        check_as_kept(blank, page, f"{name}-{how}")
    else:
        picture(page, f"{name}-{how}")


@pytest.mark.parametrize(
    "name", ["home", "discovery", "error", "refused", "status", "remembered", "accessibility", "logout"]
)
def test_a_page_on_a_phone_and_on_a_desk(page: Page, blank: Page, demo: Demo, name: str) -> None:
    opened(page, demo, name)
    assert page.url.startswith(demo.gateway)
    looked_at(blank, page, name, "phone")
    page.emulate_media(color_scheme="dark", contrast="more", reduced_motion="reduce")
    picture(page, f"{name}-phone-dark-contrast")
    page.evaluate("document.documentElement.dir = 'rtl'")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.evaluate("document.documentElement.dir = 'ltr'")
    page.emulate_media(color_scheme="dark", contrast="no-preference")
    page.set_viewport_size(DESK)
    looked_at(blank, page, name, "desk-dark")


def test_the_picture_in_the_readme_is_what_the_page_looks_like(browser: Browser, blank: Page, demo: Demo) -> None:
    context = browser.new_context(locale="en", viewport={"width": 900, "height": 560})
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    opened(page, demo, "discovery")
    page.get_by_role("button", name="The Rainbow").wait_for()
    far = distance(blank, picture(page, "readme"), README.read_bytes())
    context.close()
    assert far <= FAR, f"docs/pictures/discovery.png is {far:.1f} from build/screens/readme.png: take that one"


def test_a_page_without_its_style_is_seen_to_be_another(page: Page, blank: Page, demo: Demo) -> None:
    opened(page, demo, "discovery")
    styled = page.screenshot()
    page.evaluate("document.querySelector('link[rel=stylesheet]').disabled = true")
    assert distance(blank, styled, page.screenshot()) > 2 * FAR


def test_by_keyboard_alone_and_always_seeing_where(page: Page, demo: Demo) -> None:
    opened(page, demo, "discovery")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#main"
    assert page.locator(".skip").bounding_box()["y"] >= 0  # type: ignore[index]
    page.keyboard.press("Enter")
    for _ in range(30):
        page.keyboard.press("Tab")
        focused = page.evaluate("[document.activeElement.value, getComputedStyle(document.activeElement).outlineStyle]")
        assert focused[1] != "none", focused
        if focused[0] == "99XA":
            break
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Fenna").wait_for()


def test_twice_as_large_nothing_is_lost(page: Page, demo: Demo) -> None:
    """200 % on a screen of 640 pixels leaves 320 for the page, with letters that are twice as large beside."""
    opened(page, demo, "discovery")
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_printed_it_is_black_on_white_and_whole(page: Page, demo: Demo) -> None:
    opened(page, demo, "refused")
    page.emulate_media(media="print", color_scheme="dark")
    picture(page, "refused-print")
    black = "rgb(0, 0, 0)"
    for part in ("h1", ".reference dt", "summary", ".service"):
        assert page.locator(part).first.evaluate("one => getComputedStyle(one).color") == black, part
    assert page.get_by_role("button").count() == 0, "nothing to press on paper"
    assert page.get_by_text("agreement_missing").evaluate("one => one.checkVisibility()"), "what the helpdesk needs"


def test_in_the_colours_of_the_system_edges_tell_what_colours_did(page: Page, demo: Demo) -> None:
    opened(page, demo, "refused")
    page.emulate_media(forced_colors="active", reduced_motion="reduce")
    picture(page, "refused-forced-colors")
    style = "(one, name) => getComputedStyle(one)[name]"
    assert page.locator("main").evaluate(style, "borderTopWidth") == "1px"
    assert page.locator("button.primary").evaluate(style, "borderTopWidth") == "4px"
    assert page.locator("button.primary").evaluate(style, "transitionDuration") == "0s"
