"""Whatever a Response says, signed or not, the outcome is an authentication or an error of the catalogue."""

from copy import deepcopy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from gateway.domain.errors import SluisError
from gateway.xml.signatures import sign
from tests.support.responses import IDP_KEY, Marks, Message, assertion_of, judge

pytestmark = pytest.mark.untraced

TEXTS = st.sampled_from(
    ["", " ", "2.0", "_assertion-1", "#_response-1", "true", "2026-09-07T24:00:00Z", "12026-01-01T00:00:00Z", "é☃",
     "9" * 30, "urn:x", "AAAA", "xs:string"]
)  # fmt: skip
NAMES = ["ID", "Version", "InResponseTo", "{http://www.w3.org/2001/XMLSchema-instance}type"]


def disturb(root: etree._Element, data: st.DataObject) -> None:
    """Change one thing in the message: what it says, or where it says it."""
    elements = list(root.iter())
    element, other = data.draw(st.sampled_from(elements)), data.draw(st.sampled_from(elements))
    match data.draw(st.sampled_from(["text", "attribute", "no attribute", "remove", "copy", "rename"])):
        case "text":
            element.text = data.draw(TEXTS)
        case "attribute":
            element.set(data.draw(st.sampled_from([*element.keys(), *NAMES])), data.draw(TEXTS))
        case "no attribute":
            for attribute in list(element.keys())[:1]:
                del element.attrib[attribute]
        case "remove" if element is not root:
            element.getparent().remove(element)
        case "copy":
            element.insert(data.draw(st.integers(0, len(element))), deepcopy(other))
        case "rename" if element is not root:
            element.tag = other.tag


@settings(max_examples=400)
@given(data=st.data(), changes=st.integers(1, 3), sign_assertion=st.booleans(), sign_response=st.booleans())
def test_an_authentication_or_an_error_of_the_catalogue(
    data: st.DataObject, changes: int, sign_assertion: bool, sign_response: bool
):
    root = Message(authorities=("https://behind.example/idp",)).response()
    for _ in range(changes):
        disturb(root, data)
    inside, marks = assertion_of(root), Marks()
    if sign_assertion and inside is not None and inside.get("ID", "").isascii():
        sign(inside, IDP_KEY)
    if sign_response and root.get("ID", "").isascii():
        sign(root, IDP_KEY)
    try:
        assertion = judge(root, replay_marks=marks)
    except SluisError:
        assert not marks
        return
    assert sign_assertion or sign_response
    assert len(marks) == 1
    assertion.attributes()
