"""Documents from strangers: which are read, and what is left of them."""

import pytest
from lxml import etree

from gateway.xml.parsing import MAX_DEPTH, XmlRejected, parse

LIMIT = 1500
TOO_MUCH = "too deep or too many elements"


def nested(depth: int) -> bytes:
    return b"<a>" * depth + b"</a>" * depth


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"<a>" + b" " * LIMIT + b"</a>", "too large"),
        (b"<!DOCTYPE a><a/>", "document type declaration"),
        (b"<a><![CDATA[<!DOCTYPE a>]]></a>", "document type declaration"),
        (b"<!doctype a><a/>", "not well-formed"),
        (b"<a", "not well-formed"),
        (b"", "not well-formed"),
        (b"\xff\xfe", "not UTF-8"),
        (b"<a>\xff</a>", "not well-formed"),
        (b"<a>\xed\xa0\x80</a>", "not well-formed"),
        (b"<a>\x00</a>", "not UTF-8"),
        (b"<a>&#0;</a>", "not well-formed"),
        (b'<a b="1" b="2"/>', "not well-formed"),
        (b"<undeclared:a/>", "not well-formed"),
        ("<a/>".encode("utf-16"), "not UTF-8"),
        ("<!DOCTYPE a><a/>".encode("utf-16-le"), "not UTF-8"),
        ("<!DOCTYPE a><a/>".encode("utf-32-be"), "not UTF-8"),
        ('<?xml version="1.0" encoding="cp037"?><!DOCTYPE a><a/>'.encode("cp037"), "not well-formed"),
        (b'<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE a+AD4-<a/>', "not well-formed"),
        (b'<?xml version="1.0" encoding="iso-8859-1"?><a>\xe9</a>', "not well-formed"),
        (b"<a>&unknown;</a>", "not well-formed"),
        (nested(MAX_DEPTH + 1), TOO_MUCH),
        (b"<a>" + b"<b/>" * 50 + b"</a>", TOO_MUCH),
    ],
)
def test_documents_that_are_not_read(raw: bytes, reason: str):
    elements = 50 if b"<b/>" in raw else 5000
    with pytest.raises(XmlRejected) as caught:
        parse(raw, limit=LIMIT, elements=elements)
    assert caught.value.reason == reason
    assert str(caught.value) == reason


@pytest.mark.parametrize(
    "raw",
    [
        b"<a>" + b" " * (LIMIT - 7) + b"</a>",
        nested(MAX_DEPTH),
        b"<a>" + b"<b/>" * 49 + b"</a>",
        b"\xef\xbb\xbf<a/>",
        b'<a b="&lt;!DOCTYPE a&gt;"/>',
    ],
    ids=["as large as may be", "as deep as may be", "as many elements as may be", "byte order mark", "escaped"],
)
def test_documents_that_are_just_good_enough(raw: bytes):
    assert parse(raw, limit=LIMIT, elements=max(50, MAX_DEPTH)).tag == "a"


def test_utf_8_whatever_the_document_says_of_itself():
    assert parse('<?xml version="1.0" encoding="iso-8859-1"?><a>ë</a>'.encode(), limit=LIMIT).text == "ë"


def test_comments_and_instructions_do_not_cut_a_text_in_two():
    assert parse(b"<a>fen<!-- x -->na<?x y?>!</a>", limit=LIMIT).text == "fenna!"


def test_nothing_is_fetched_or_included():
    raw = b'<a><i:include xmlns:i="http://www.w3.org/2001/XInclude" href="/etc/hostname" parse="text"/></a>'
    root = parse(raw, limit=LIMIT)
    assert etree.QName(root[0]).localname == "include"
    assert not "".join(root.itertext())
