"""How the assertion in a message is encrypted that waits in a browser's page."""

from base64 import b64decode

from lxml import etree

from tests.support.browser_like import Tab

_METHOD = ".//{*}EncryptedAssertion/{*}EncryptedData/{*}EncryptionMethod"


def cipher_of(tab: Tab) -> str | None:
    """The content algorithm of the assertion in the page's form, without its namespace; None for a plain one."""
    root = _message(tab)
    method = root.find(_METHOD)
    assert (method is None) == (root.find("{*}Assertion") is not None)
    return None if method is None else method.get("Algorithm", "").rpartition("#")[2]


def transport_of(tab: Tab) -> str:
    """How the key of that assertion is wrapped, without its namespace."""
    [method] = _message(tab).iterfind(".//{*}EncryptedKey/{*}EncryptionMethod")
    return method.get("Algorithm", "").rpartition("#")[2]


def _message(tab: Tab) -> etree._Element:
    [encoded] = tab.page.xpath("//input[@name='SAMLResponse']/@value")
    return etree.fromstring(b64decode(encoded))
