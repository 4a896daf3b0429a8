"""The middle of a login: what a person does between the service's request and the gateway's answer."""

from hashlib import sha512

from tests.support.browser_like import Tab

SCHOOL_OF = {"kim": "De Regenboog", "sam": "De Regenboog", "noor": "Petteflat", "mo": "Zonnebloem"}
"""The accounts of `tests/interop/simplesamlphp/authsources.php`; each is its own password."""


def eck_id(account: str) -> str:
    """The ECK iD that the school sends of this account; it has none of sam."""
    return f"https://ketenid.nl/pilot/{sha512(account.encode()).hexdigest()}"


def log_in(tab: Tab, account: str) -> Tab:
    """From the gateway's question for the school, if it asks, to the page with its answer to the service."""
    choose_school(tab, account)
    assert 'name="password"' in tab.body, f"this is not the school's form: {tab.url}"
    return press_on(tab.press(username=account, password=account))


def choose_school(tab: Tab, account: str) -> Tab:
    """On to the school of this account, by the gateway's page or without it where there is nothing to choose."""
    if tab.url.endswith("/school"):
        tab.press(SCHOOL_OF[account])
    return press_on(tab) if 'name="SAMLRequest"' in tab.body else tab


def forget_session(tab: Tab) -> Tab:
    """The browser loses the gateway's session; the school knows it still."""
    for cookies in tab.jar.hosts.values():
        cookies.pop("sluis-session", None)
    return tab


def press_on(tab: Tab) -> Tab:
    """Take a message to the other side, which a browser with scripts does by itself."""
    assert 'name="SAMLRe' in tab.body, f"there is no message here: {tab.url}"
    return tab.press()
