"""axe finds nothing on any page, in both languages, light and dark, on a phone too."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page

from tests.support.axe import check_accessible_in_the_dark_too, on_a_phone
from tests.support.demo import Demo


def home(page: Page, demo: Demo) -> None:
    page.goto(demo.gateway + "/")


def discovery(page: Page, demo: Demo) -> None:
    page.goto(demo.service("leesplein") + "/login")


def discovery_without_results(page: Page, demo: Demo) -> None:
    discovery(page, demo)
    page.goto(page.url + "?q=nergens")


def discovery_with_memory(page: Page, demo: Demo) -> None:
    discovery(page, demo)
    page.locator("button[value='99XA']").click()
    discovery(page, demo)


def automatic_answer(page: Page, demo: Demo) -> None:
    page.goto(demo.service("leesplein") + "/login")
    page.locator("button[value='99XA']").click()
    page.get_by_role("button", name="Fenna").click()
    page.get_by_role("button", name="Continue").click()


def connect(page: Page, demo: Demo) -> None:
    page.goto(demo.gateway + "/docs/connect")


def error(page: Page, demo: Demo) -> None:
    page.goto(demo.gateway + "/nothing")


def refused(page: Page, demo: Demo) -> None:
    page.goto(demo.service("rekentuin") + "/login")
    # A school that the page does not offer: it has no agreement with this service.
    page.locator("button[value='99XA']").evaluate("button => { button.value = '99XB' }")
    page.locator("button[value='99XB']").click()
    page.get_by_role("button", name="Sem").click()
    page.get_by_role("button", name="Continue").click()
    page.locator("summary").click()


PAGES = [home, connect, discovery, discovery_without_results, discovery_with_memory, automatic_answer, error, refused]


@pytest.mark.parametrize("go", PAGES, ids=lambda go: go.__name__)
@pytest.mark.parametrize("locale", ["nl-NL", "en-GB"])
def test_axe_finds_nothing(demo: Demo, browser: Browser, go: Callable[[Page, Demo], None], locale: str) -> None:
    with on_a_phone(browser, locale=locale) as page:
        # Without scripts of its own the page stands still.
        page.route("**/submit.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
        page.add_init_script("HTMLFormElement.prototype.submit = function () {}")
        go(page, demo)
        assert page.url.startswith(demo.gateway)
        check_accessible_in_the_dark_too(page)
