"""Pages on a phone, held to what everybody needs of them."""

from collections.abc import Iterator
from contextlib import contextmanager

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.support.chromium import PATIENCE

_WIDTH = 320


@contextmanager
def on_a_phone(browser: Browser, *, locale: str, scheme: str = "light") -> Iterator[Page]:
    """A page of a small screen in a browser of its own; axe runs in it from outside its policy."""
    context = browser.new_context(
        locale=locale,
        color_scheme="dark" if scheme == "dark" else "light",
        viewport={"width": _WIDTH, "height": 640},
        bypass_csp=True,
    )
    context.set_default_timeout(PATIENCE)
    yield context.new_page()
    context.close()


def check_accessible(page: Page) -> None:
    """axe finds nothing, and nothing sticks out of the screen."""
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= _WIDTH, f"the page is {width} pixels wide on a screen of {_WIDTH}"


def check_accessible_in_the_dark_too(page: Page) -> None:
    """The same page as it opened, and as somebody sees it who has the dark scheme."""
    check_accessible(page)
    page.emulate_media(color_scheme="dark")
    check_accessible(page)
