"""The middle of a login: what a person does at SimpleSAMLphp, between the gateway's request and its answer."""

from hashlib import sha512

from tests.support.http_browser import Browser, Page


def eck_id(account: str) -> str:
    """The ECK iD that `tests/interop/simplesamlphp/authsources.php` gives this account."""
    return f"https://ketenid.nl/pilot/{sha512(account.encode()).hexdigest()}"


def log_in(browser: Browser, page: Page, account: str) -> Page:
    """Fill in the school's form and press on, until the gateway's page with its answer to the service."""
    assert "password" in page.form().fields, f"this is not the school's form: {page.url}"
    return press_on(browser, browser.submit(page, username=account, password=account))


def press_on(browser: Browser, page: Page) -> Page:
    """Send the school's answer to the gateway: a button for a browser without scripts."""
    assert "SAMLResponse" in page.form().fields, f"the school did not answer: {page.url}"
    return browser.submit(page)
