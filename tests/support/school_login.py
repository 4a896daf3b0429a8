"""The middle of a login: what a person does between the service's request and the gateway's answer."""

from hashlib import sha512

from tests.support.browser_like import Tab

SCHOOL_OF = {"kim": "De Regenboog", "sam": "De Regenboog", "noor": "Petteflat", "mo": "Zonnebloem"}
"""The accounts of `tests/interop/simplesamlphp/authsources.php`; each is its own password."""
BRIN_OF = {"De Regenboog": "99XA", "Petteflat": "99XB", "Zonnebloem": "99XC"}


def eck_id(account: str) -> str:
    """The ECK iD that the school sends of this account; it has none of sam."""
    return f"https://ketenid.nl/pilot/{sha512(account.encode()).hexdigest()}"


def log_in(tab: Tab, account: str) -> Tab:
    """From the gateway's question for the school, if it asks, to the page with its answer to the service.

    A school without an agreement is refused before that.
    """
    choose_school(tab, account)
    if tab.status == 403:
        return tab
    assert 'name="password"' in tab.body, f"this is not the school's form: {tab.url}"
    return press_on(tab.press(username=account, password=account))


def choose_school(tab: Tab, account: str) -> Tab:
    """On to the school of this account, by the gateway's page or without it where there is nothing to choose.

    A school that the page does not offer is sent as by somebody who kept an older page.
    """
    if tab.url.endswith("/school"):
        school = SCHOOL_OF[account]
        offered = f'value="{BRIN_OF[school]}"' in tab.body
        tab.press(school) if offered else tab.send(tab.url, school=BRIN_OF[school])
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
