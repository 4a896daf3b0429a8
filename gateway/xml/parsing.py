"""Parsing of documents from strangers: no DTD, no entities, no network, bounded size, depth and count."""

from lxml import etree

MAX_DEPTH = 60
MAX_ELEMENTS = 5000
_TOO_MANY = etree.XPath("count(//*) > $most")
_TOO_DEEP = etree.XPath(f"boolean({'/*' * (MAX_DEPTH + 1)})")


class XmlRejected(Exception):
    """The document is not one that the gateway reads. The reason is a constant and names no content."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def parse(raw: bytes, *, limit: int, elements: int = MAX_ELEMENTS) -> etree._Element:
    """The root element of a well-formed UTF-8 document of at most `limit` bytes and `elements` elements.

    Comments and processing instructions are taken out while parsing, so that text is never cut in two by one. No
    signature covers a comment; one that covers a processing instruction does not verify any more. Raises XmlRejected.
    """
    if len(raw) > limit:
        raise XmlRejected("too large")
    # The parser below is told UTF-8, whatever the document says of itself: it reads the octets that are searched here.
    if b"<!DOCTYPE" in raw or b"<!ENTITY" in raw:
        raise XmlRejected("document type declaration")
    if b"\x00" in raw or raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise XmlRejected("not UTF-8")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        encoding="utf-8",  # whatever the document declares: no other encoding hides a DOCTYPE from the search above
    )
    try:
        root = etree.fromstring(raw, parser)
    except (etree.XMLSyntaxError, ValueError) as cause:
        raise XmlRejected("not well-formed") from cause
    _bounded(root, elements)
    return root


def _bounded(root: etree._Element, elements: int) -> None:
    if _TOO_MANY(root, most=elements) or _TOO_DEEP(root):
        raise XmlRejected("too deep or too many elements")
