"""What honest identity providers send, each in their own way: all of it is accepted."""

from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from lxml import etree
from xmlsec import Transform

from gateway.xml.signatures import sign
from tests.support.foreign_signatures import sign_with_libxmlsec
from tests.support.responses import (
    ADDRESSES,
    BEARER,
    IDP_KEY,
    NOW,
    SKEW,
    Message,
    assertion_of,
    change,
    encoded,
    identity_provider,
    judge,
    resigned_with_ec,
    signed,
)
from tests.support.signing_keys import certificate_of, elliptic_key, signing_key

VALUES = (("uid", ("fenna@regenboog.example",)),)


def test_both_signed():
    assert judge(signed()).attributes().values == VALUES


def test_only_the_assertion_signed():
    assert judge(signed(response=False)).attributes().values == VALUES


def test_only_the_response_signed():
    assert judge(signed(assertion=False)).attributes().values == VALUES


def test_an_unsigned_response_without_destination_around_a_signed_assertion():
    assert judge(signed(Message(destination=None), response=False)).attributes().values == VALUES


def test_white_space_between_elements():
    root = Message().response()
    for element in root.iter():
        if len(element):
            element.text = "\n  "
        element.tail = "\n  "
    root.tail = None
    sign(assertion_of(root), IDP_KEY)
    sign(root, IDP_KEY)
    assert judge(root).attributes().values == VALUES


def test_base64_in_lines():
    field = encoded(signed())
    assert judge("\r\n".join(field[at : at + 76] for at in range(0, len(field), 76))).attributes().values == VALUES


def test_other_prefixes():
    text = etree.tostring(Message().response()).decode().replace("saml:", "a:").replace(":saml=", ":a=")
    text = text.replace("samlp:", "b:").replace(":samlp=", ":b=")
    root = etree.fromstring(text)
    sign(assertion_of(root), IDP_KEY)
    assert judge(root).attributes().values == VALUES


def test_a_comment_outside_what_is_signed():
    raw = change(signed(response=False), lambda raw: raw.replace(b"<samlp:Status>", b"<!-- hello --><samlp:Status>"))
    assert judge(raw).attributes().values == VALUES


def test_an_elliptic_key():
    key = elliptic_key("po")
    root = resigned_with_ec(signed(assertion=False), key)
    assert judge(root, idp=identity_provider(certificate_of(key, "po"))).attributes().values == VALUES


@pytest.mark.parametrize(
    ("algorithm", "digest"),
    [
        (Transform.RSA_SHA256, Transform.SHA512),
        (Transform.RSA_SHA384, Transform.SHA384),
        (Transform.RSA_SHA512, Transform.SHA512),
    ],
)
def test_stronger_hashes(algorithm: object, digest: object):
    root = Message().response()
    sign_with_libxmlsec(assertion_of(root), IDP_KEY.private_key, algorithm=algorithm, digest=digest)
    sign_with_libxmlsec(root, IDP_KEY.private_key, algorithm=algorithm, digest=digest)
    assert judge(root).attributes().values == VALUES


@pytest.mark.parametrize(
    ("curve", "algorithm"),
    [
        (ec.SECP256R1, Transform.ECDSA_SHA256),
        (ec.SECP384R1, Transform.ECDSA_SHA384),
        (ec.SECP521R1, Transform.ECDSA_SHA512),
    ],
)
def test_elliptic_keys_of_another_maker(curve: type[ec.EllipticCurve], algorithm: object):
    key = elliptic_key("po", curve)
    root = Message().response()
    sign_with_libxmlsec(root, key, algorithm=algorithm)
    assert judge(root, idp=identity_provider(certificate_of(key, "po"))).attributes().values == VALUES


@pytest.mark.parametrize("of_assertion", [None, "xs", "xs #default"])
@pytest.mark.parametrize("of_response", [None, "xs"])
def test_typed_values_whichever_signature_keeps_the_prefix_of_their_type(
    of_assertion: str | None, of_response: str | None
):
    """The prefix is used in a value alone, where canonicalisation does not see it, and declared by the Response."""
    declared = '<samlp:Response xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi='
    text = etree.tostring(Message().response()).decode()
    text = text.replace("<samlp:Response", f'{declared}"http://www.w3.org/2001/XMLSchema-instance"', 1)
    root = etree.fromstring(text.replace("<saml:AttributeValue", '<saml:AttributeValue xsi:type="xs:string"'))
    sign_with_libxmlsec(assertion_of(root), IDP_KEY.private_key, prefixes=of_assertion)
    sign_with_libxmlsec(root, IDP_KEY.private_key, prefixes=of_response)
    assert judge(root).attributes().values == VALUES


def test_the_second_certificate_after_a_rollover():
    new = signing_key("po-next")
    idp = identity_provider(IDP_KEY.certificate, new.certificate)
    assert judge(signed(key=new), idp=idp).attributes().values == VALUES


@pytest.mark.parametrize(
    "message",
    [
        Message(not_before=NOW + SKEW),
        Message(not_on_or_after=NOW - SKEW + timedelta(seconds=1)),
        Message(confirmed_until=NOW - SKEW + timedelta(seconds=1)),
        Message(authenticated=NOW + SKEW),
        Message(session_ends=NOW + timedelta(hours=8)),
        Message(not_before=None, not_on_or_after=None),
    ],
)
def test_clocks_that_differ_within_the_bound(message: Message):
    assert judge(signed(message)).attributes().values == VALUES


def test_more_audiences_than_the_gateway():
    message = Message(audiences=("https://other.example/sp", ADDRESSES.sp_entity_id))
    assert judge(signed(message)).attributes().values == VALUES


def test_one_time_use_and_proxy_restriction():
    conditions = Message()._conditions().replace("</saml:Conditions>", "")
    message = Message(conditions=f'{conditions}<saml:OneTimeUse/><saml:ProxyRestriction Count="1"/></saml:Conditions>')
    assert judge(signed(message)).attributes().values == VALUES


def test_a_second_confirmation_that_is_for_another():
    other = f'<saml:SubjectConfirmation Method="{BEARER}"><saml:SubjectConfirmationData Recipient="https://x.example/" '
    name_id = Message().name_id
    message = Message(name_id=name_id)
    assertion = message.assertion().replace(
        "</saml:Subject>", f'{other} NotOnOrAfter="2026-09-07T08:35:00Z"/></saml:SubjectConfirmation></saml:Subject>'
    )
    root = message.response(assertion)
    sign(root, IDP_KEY)
    assert judge(root).attributes().values == VALUES


def test_what_is_read_of_a_rich_assertion():
    message = Message(
        attributes={"eduPersonAffiliation": ("student", "member"), "empty": ("",), "uid": (" fenna ",)},
        authorities=("https://behind.example/idp",),
        context="urn:x:mfa",
    )
    assertion = judge(signed(message), contexts=("urn:x:pwd", "urn:x:mfa"))
    assert assertion.attributes().values == (("eduPersonAffiliation", ("student", "member")), ("uid", ("fenna",)))
    assert assertion.attributes().name_id == "fenna@regenboog.example"
    assert assertion.authentication is not None
    assert assertion.authentication.authorities == ("https://behind.example/idp",)


def test_a_transient_name_id_is_no_account():
    transient = '<saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:transient">_x</saml:NameID>'
    assert judge(signed(Message(name_id=transient))).attributes().name_id is None


def test_no_name_id_at_all():
    assert judge(signed(Message(name_id=""))).attributes().name_id is None


def test_a_value_made_of_elements_is_left_out():
    message = Message(attributes={"eduPersonTargetedID": ("<saml:NameID>x</saml:NameID>",), "uid": ("fenna",)})
    assert judge(signed(message)).attributes().values == (("uid", ("fenna",)),)


def test_no_attributes_at_all():
    assert judge(signed(Message(attributes={}))).attributes().values == ()
