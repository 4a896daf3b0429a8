"""Schools that encrypt what they say of people in AES-GCM: SimpleSAMLphp, whose xmlseclibs is a stranger to ours."""

import pytest

from gateway.xml.ciphers import OAEP, OAEP_MGF1P
from gateway.xml.namespaces import XENC11
from tests.support.browser_like import Tab
from tests.support.encrypted_messages import cipher_of, transport_of
from tests.support.node_saml import NodeSaml
from tests.support.school_login import choose_school, eck_id, press_on
from tests.support.simplesamlphp import SimpleSamlPhp

pytestmark = pytest.mark.stranger


@pytest.mark.parametrize("transport", [OAEP_MGF1P, OAEP])
@pytest.mark.parametrize("content", ["aes128-gcm", "aes256-gcm"])
def test_an_assertion_that_is_signed_and_then_encrypted(
    content: str, transport: str, node_service: NodeSaml, one_school: SimpleSamlPhp
) -> None:
    """The Response is not signed, and the school's entry allows no CBC."""
    with one_school.encrypting_in(XENC11 + content, transport):
        tab = choose_school(Tab().open(node_service.login()), "mo")
        tab.press(username="mo", password="mo")
    assert (cipher_of(tab), transport_of(tab)) == (content, transport.rpartition("#")[2])
    received = node_service.received(press_on(tab).press())
    assert received["attributes"]["eckId"] == eck_id("mo")


def test_the_same_school_in_cbc_is_refused(node_service: NodeSaml, one_school: SimpleSamlPhp) -> None:
    with one_school.encrypting_in("http://www.w3.org/2001/04/xmlenc#aes128-cbc", OAEP_MGF1P):
        tab = choose_school(Tab().open(node_service.login()), "mo")
        tab.press(username="mo", password="mo")
    assert cipher_of(tab) == "aes128-cbc"
    assert press_on(tab).status == 403
