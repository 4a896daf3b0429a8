"""A citizen number that a school sends where nobody looks for one: as the name of its session (law 4)."""

import pytest

from gateway.login.messages import UpstreamSession
from tests.support.responses import Message, judge, signed

BSN, ONDERWIJSNUMMER = "123456782", "100000004"
NO_NUMBER = "123456783"


@pytest.mark.parametrize(
    "number", [BSN, f"{BSN}@regenboog.example", f"urn:x:bsn:{BSN}", "1234.56.782", ONDERWIJSNUMMER]
)
def test_a_name_id_is_kept_for_no_logout(number: str) -> None:
    """It would lie in the store for as long as the login, and go back to the school in a LogoutRequest."""
    session = judge(signed(Message(name_id=f"<saml:NameID>{number}</saml:NameID>"))).session()
    assert session.name_id is None
    assert number not in repr(UpstreamSession(name_id=number, index="s1"))


def test_another_name_id_is() -> None:
    session = judge(signed(Message(name_id=f"<saml:NameID>{NO_NUMBER}</saml:NameID>"))).session()
    assert session.name_id == NO_NUMBER
    assert UpstreamSession(name_id="fenna-sub").name_id == "fenna-sub"
