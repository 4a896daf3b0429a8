"""Documents that attack the parser, or hide what they say from it."""

import zlib
from base64 import b64encode

import pytest
from lxml import etree

from gateway.domain.errors import ErrorCode
from gateway.xml.signatures import sign
from tests.support.responses import IDP_KEY, Message, assertion_of, change, encoded, judge, refusal, signed

MALFORMED = ErrorCode.RESPONSE_MALFORMED


def with_prologue(prologue: bytes) -> bytes:
    return prologue + etree.tostring(signed())


def test_document_type_declaration():
    assert refusal(with_prologue(b"<!DOCTYPE Response>")) is MALFORMED


def test_billion_laughs():
    entities = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10))
    assert refusal(with_prologue(b'<!DOCTYPE r [<!ENTITY l0 "ha">' + entities + b"]>")) is MALFORMED


@pytest.mark.parametrize("address", [b"file:///etc/passwd", b"http://127.0.0.1:9/x"])
def test_external_entity(address: bytes):
    assert refusal(with_prologue(b'<!DOCTYPE r [<!ENTITY x SYSTEM "%s">]>' % address)) is MALFORMED


def test_parameter_entity():
    assert refusal(with_prologue(b'<!DOCTYPE r [<!ENTITY % x SYSTEM "file:///dev/null"> %x;]>')) is MALFORMED


def test_xinclude_is_not_carried_out():
    raw = change(
        signed(response=False),
        lambda raw: raw.replace(
            b"fenna@regenboog.example</saml:AttributeValue>",
            b'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="/etc/passwd" parse="text"/>'
            b"</saml:AttributeValue>",
        ),
    )
    assert refusal(raw) is ErrorCode.RESPONSE_SIGNATURE_INVALID


def test_comment_in_name_id_does_not_cut_it_short():
    """The signature does not cover comments: whoever reads only the text before one reads another name."""
    raw = change(
        signed(Message(name_id="<saml:NameID>fenna@regenboog.example.evil</saml:NameID>"), response=False),
        lambda raw: raw.replace(b"regenboog.example.evil<", b"regenboog.example<!-- -->.evil<"),
    )
    assert judge(raw).attributes().name_id == "fenna@regenboog.example.evil"


def test_comment_in_an_attribute_value_does_not_cut_it_short():
    raw = change(
        signed(Message(attributes={"uid": ("fenna@regenboog.example.evil",)}), response=False),
        lambda raw: raw.replace(b"example.evil<", b"example<!---->.evil<"),
    )
    assert judge(raw).attributes().values == (("uid", ("fenna@regenboog.example.evil",)),)


def test_processing_instruction_does_not_cut_a_value_short():
    root = signed(Message(attributes={"uid": ("fenna<?x y?>.evil",)}), response=False)
    assert refusal(root) is ErrorCode.RESPONSE_SIGNATURE_INVALID


def test_cdata_reads_as_the_text_that_was_signed():
    raw = change(
        signed(response=False), lambda raw: raw.replace(b">fenna@regenboog.example</saml:AttributeValue>",
                                                        b"><![CDATA[fenna@regenboog.example]]></saml:AttributeValue>")
    )  # fmt: skip
    assert judge(raw).attributes().values == (("uid", ("fenna@regenboog.example",)),)


def test_huge_document():
    assert refusal(encoded(b"<a>" + b" " * 300_000 + b"</a>")) is ErrorCode.RESPONSE_TOO_LARGE


def test_huge_field():
    assert refusal("A" * 1_000_000) is ErrorCode.RESPONSE_TOO_LARGE


def test_deep_nesting():
    assert refusal(b"<a>" * 5_000 + b"</a>" * 5_000) is MALFORMED


def test_thousands_of_elements():
    many = {f"n{n}": ("v",) for n in range(1500)}
    assert refusal(signed(Message(attributes=many))) is MALFORMED


def test_thousands_of_attributes_in_one_element():
    attributes = b" ".join(b'a%d="b"' % n for n in range(20_000))
    assert refusal(b"<a " + attributes + b"/>") in {MALFORMED, ErrorCode.RESPONSE_SCHEMA, ErrorCode.RESPONSE_TOO_LARGE}


@pytest.mark.parametrize("field", ["", "%%%", "PHNhbWxwOlJlc3BvbnNl", "é", "A"])
def test_truncated_or_no_base64(field: str):
    assert refusal(field) is MALFORMED


@pytest.mark.parametrize("codec", ["utf-16", "utf-32", "utf-7"])
def test_another_encoding(codec: str):
    text = etree.tostring(signed()).decode()
    refused = refusal(f'<?xml version="1.0" encoding="{codec}"?>{text}'.encode(codec))
    assert refused in {MALFORMED, ErrorCode.RESPONSE_SIGNATURE_INVALID}


def test_null_bytes():
    raw = change(signed(), lambda raw: raw.replace(b"fenna", b"fenna\x00"))
    assert refusal(raw) is MALFORMED


def test_truncated_document():
    assert refusal(etree.tostring(signed())[:-20]) is MALFORMED


def test_another_message_than_a_response():
    bare = assertion_of(signed(response=False))
    assert refusal(etree.tostring(bare)) is ErrorCode.RESPONSE_SCHEMA


@pytest.mark.parametrize("declared", ['xmlns="inner"', 'xmlns:r="../inner"'])
def test_a_value_without_canonical_form(declared: str):
    """A namespace that is a relative address is well-formed, schema-valid, and nothing that can be signed."""
    end = b"</saml:AttributeValue>"
    hidden = change(signed(), lambda raw: raw.replace(end, f"<x {declared}/>".encode() + end))
    assert refusal(hidden) is ErrorCode.RESPONSE_SIGNATURE_INVALID


def test_an_element_that_the_schema_does_not_have():
    root = signed(assertion=False, response=False)
    etree.SubElement(root, "{urn:x}Extra")
    assert refusal(root) is ErrorCode.RESPONSE_SCHEMA


def test_a_response_of_another_version():
    assert refusal(signed(Message(version="1.1"))) is ErrorCode.RESPONSE_SCHEMA


def test_an_assertion_of_another_version():
    message = Message()
    root = message.response(message.assertion().replace('Version="2.0"', 'Version="2.1"'))
    sign(root, IDP_KEY)
    assert refusal(root) is ErrorCode.RESPONSE_SCHEMA


def test_deflated_like_a_redirect():
    compressor = zlib.compressobj(wbits=-15)
    deflated = compressor.compress(etree.tostring(signed())) + compressor.flush()
    assert refusal(b64encode(deflated).decode()) is MALFORMED


def test_encrypted_assertion():
    root = signed(assertion=False, response=False)
    root.remove(assertion_of(root))
    encrypted = etree.SubElement(root, "{urn:oasis:names:tc:SAML:2.0:assertion}EncryptedAssertion")
    data = etree.SubElement(encrypted, "{http://www.w3.org/2001/04/xmlenc#}EncryptedData")
    cipher = etree.SubElement(data, "{http://www.w3.org/2001/04/xmlenc#}CipherData")
    etree.SubElement(cipher, "{http://www.w3.org/2001/04/xmlenc#}CipherValue").text = "AAAA"
    assert refusal(root) is ErrorCode.RESPONSE_ENCRYPTED
