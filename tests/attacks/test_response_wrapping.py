"""XML signature wrapping: something signed stays in the message, and something else is to be read.

XSW 1 to 8 are the variants of Somorovsky and others, "On Breaking SAML" (2012): where the signed original goes, and
where the evil copy stands.
"""

from copy import deepcopy

import pytest
from lxml import etree

from gateway.domain.errors import ErrorCode
from tests.support.responses import (
    DS,
    NAMESPACES,
    SAML,
    SAMLP,
    Message,
    assertion_of,
    judge,
    refusal,
    signed,
)

EVIL = Message(
    response_id="_evil-response",
    assertion_id="_evil-assertion",
    name_id="<saml:NameID>evil@regenboog.example</saml:NameID>",
    attributes={"uid": ("evil@regenboog.example",)},
)
REFUSALS = {
    ErrorCode.RESPONSE_SCHEMA,
    ErrorCode.RESPONSE_ASSERTIONS,
    ErrorCode.RESPONSE_SIGNATURE_INVALID,
    ErrorCode.RESPONSE_SIGNATURE_MISSING,
}


def signature_of(element: etree._Element) -> etree._Element:
    return element.find("ds:Signature", NAMESPACES)


def without_signature(element: etree._Element) -> etree._Element:
    bare = deepcopy(element)
    bare.remove(signature_of(bare))
    return bare


def evil_response(*, response_id: str = "_evil-response") -> etree._Element:
    root = EVIL.response()
    root.set("ID", response_id)
    return root


def evil_assertion() -> etree._Element:
    return assertion_of(EVIL.response())


def in_object(signature: etree._Element, hidden: etree._Element) -> None:
    etree.SubElement(signature, f"{{{DS}}}Object").append(hidden)


def in_extensions(parent: etree._Element, hidden: etree._Element, *, after: int = 1) -> None:
    extensions = etree.Element(f"{{{SAMLP}}}Extensions")
    extensions.append(hidden)
    parent.insert(after, extensions)


def test_xsw_1_the_signed_response_hides_in_the_signature_of_an_evil_one():
    original = signed(assertion=False)
    signature, evil = deepcopy(signature_of(original)), evil_response()
    in_object(signature, without_signature(original))
    evil.insert(1, signature)
    assert refusal(evil) in REFUSALS


def test_xsw_2_the_signed_response_hides_before_a_detached_signature():
    original = signed(assertion=False)
    evil = evil_response()
    evil.insert(1, deepcopy(signature_of(original)))
    in_extensions(evil, without_signature(original), after=2)
    assert refusal(evil) in REFUSALS


def test_xsw_3_an_evil_assertion_stands_before_the_signed_one():
    root = signed(response=False)
    root.insert(2, evil_assertion())
    assert refusal(root) in REFUSALS


def test_xsw_4_the_signed_assertion_hides_in_an_evil_one():
    root = signed(response=False)
    original = assertion_of(root)
    evil = evil_assertion()
    root.replace(original, evil)
    evil.append(original)
    assert refusal(root) in REFUSALS


def test_xsw_5_the_evil_assertion_carries_the_signature_and_the_original_follows():
    root = signed(response=False)
    original = assertion_of(root)
    evil = evil_assertion()
    evil.insert(1, deepcopy(signature_of(original)))
    root.replace(original, evil)
    root.append(without_signature(original))
    assert refusal(root) in REFUSALS


def test_xsw_6_the_original_hides_in_the_signature_of_the_evil_assertion():
    root = signed(response=False)
    original = assertion_of(root)
    evil, signature = evil_assertion(), deepcopy(signature_of(original))
    in_object(signature, without_signature(original))
    evil.insert(1, signature)
    root.replace(original, evil)
    assert refusal(root) in REFUSALS


def test_xsw_7_the_signed_assertion_hides_in_extensions():
    root = signed(response=False)
    original = assertion_of(root)
    root.replace(original, evil_assertion())
    in_extensions(root, original)
    assert refusal(root) in REFUSALS


def test_xsw_8_the_signed_assertion_hides_in_an_object_of_the_evil_ones_signature():
    root = signed(response=False)
    original = assertion_of(root)
    signature = deepcopy(signature_of(original))
    evil = evil_assertion()
    evil.insert(1, signature)
    in_object(signature, without_signature(original))
    evil.set("ID", "_evil-assertion")
    root.replace(original, evil)
    assert refusal(root) in REFUSALS


@pytest.mark.parametrize("where", ["response", "assertion"])
def test_the_evil_copy_takes_the_id_of_the_signed_original(where: str):
    original = signed(assertion=where == "assertion", response=where == "response")
    evil = evil_response(response_id=original.get("ID"))
    evil_inside = assertion_of(evil)
    evil_inside.set("ID", assertion_of(original).get("ID"))
    if where == "response":
        evil.insert(1, deepcopy(signature_of(original)))
        in_extensions(evil, without_signature(original), after=2)
    else:
        evil_inside.insert(1, deepcopy(signature_of(assertion_of(original))))
        in_extensions(evil, without_signature(assertion_of(original)))
    assert refusal(evil) in REFUSALS


def test_two_assertions_both_signed():
    root = signed(response=False)
    second = assertion_of(signed(Message(assertion_id="_assertion-2"), response=False))
    root.append(second)
    assert refusal(root) is ErrorCode.RESPONSE_ASSERTIONS


def test_no_assertion_at_all():
    root = signed(assertion=False, response=False)
    root.remove(assertion_of(root))
    assert refusal(root) is ErrorCode.RESPONSE_ASSERTIONS


def test_an_assertion_in_the_advice_of_another():
    message = Message(conditions=Message()._conditions() + f"<saml:Advice>{EVIL.assertion()}</saml:Advice>")
    assert refusal(signed(message)) is ErrorCode.RESPONSE_ASSERTIONS


def test_a_signature_that_stands_in_the_status():
    root = signed(response=False)
    detail = etree.SubElement(root.find("samlp:Status", NAMESPACES), f"{{{SAMLP}}}StatusDetail")
    detail.append(deepcopy(signature_of(assertion_of(root))))
    assert refusal(root) is ErrorCode.RESPONSE_SIGNATURE_INVALID


def test_two_signatures_in_one_assertion():
    root = signed(response=False)
    inside = assertion_of(root)
    inside.insert(1, deepcopy(signature_of(inside)))
    assert refusal(root) is ErrorCode.RESPONSE_SCHEMA


def test_the_response_signature_moved_into_the_assertion():
    root = signed(assertion=False)
    signature = signature_of(root)
    root.remove(signature)
    assertion_of(root).insert(1, signature)
    assert refusal(root) in REFUSALS


def test_what_was_not_signed_cannot_be_read():
    """The Response's own parts are unsigned here: nothing of them reaches the login."""
    root = signed(response=False)
    assert judge(root).attributes().values == (("uid", ("fenna@regenboog.example",)),)
    assert root.find(f"{{{SAML}}}Issuer") is not None
