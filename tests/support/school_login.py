"""The middle of a login: what a person does between the service's request and the gateway's answer."""

from hashlib import sha512

from tests.support.http_browser import Browser, Page

SCHOOL_OF = {"kim": "99XA", "sam": "99XA", "noor": "99XB", "mo": "99XC"}
"""The accounts of `tests/interop/simplesamlphp/authsources.php`; each is its own password."""


def eck_id(account: str) -> str:
    """The ECK iD that the school sends of this account; it has none of sam."""
    return f"https://ketenid.nl/pilot/{sha512(account.encode()).hexdigest()}"


def log_in(browser: Browser, page: Page, account: str) -> Page:
    """From the gateway's question for the school, if it asks, to the page with its answer to the service."""
    page = choose_school(browser, page, account)
    assert "password" in page.form().fields, f"this is not the school's form: {page.url}"
    return press_on(browser, browser.submit(page, username=account, password=account))


def choose_school(browser: Browser, page: Page, account: str) -> Page:
    """On to the school of this account, by the gateway's page or without it where there is nothing to choose."""
    if page.url.endswith("/school"):
        page = browser.submit(page, school=SCHOOL_OF[account])
    return press_on(browser, page) if "SAMLRequest" in page.form().fields else page


def press_on(browser: Browser, page: Page) -> Page:
    """Take a message to the other side, which a browser with scripts does by itself."""
    assert {"SAMLRequest", "SAMLResponse"} & set(page.form().fields), f"there is no message here: {page.url}"
    return browser.submit(page)
