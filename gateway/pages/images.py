"""Images of the configuration and of metadata: what they are by their content, and that they do nothing but be seen."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from lxml import etree

from gateway.xml.parsing import XmlRejected, parse

MAX_LOGO = 64 * 1024
"""Bytes of the gateway's own logo."""
MAX_SMALL = 32 * 1024
"""Bytes of the logo of a party: twenty of them stand on a page."""
_SVG = "{http://www.w3.org/2000/svg}svg"
_ACTIVE = frozenset({"script", "foreignObject", "iframe", "embed", "object", "handler", "listener", "audio", "video"})
"""Elements of SVG that run or load something, or hold pages."""
_ELSEWHERE = re.compile(r"url\(\s*['\"]?\s*(?!#)|@import", re.IGNORECASE)
_ELSEWHERE_SAID = "the logo loads something from elsewhere; it has to hold all that it shows"
_BY_MAGIC = ((b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"))
_RIFF, _WEBP = b"RIFF", b"WEBP"
SUFFIXES = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp", "image/svg+xml": "svg"}
"""What names of files end in, by media type."""


@dataclass(frozen=True, slots=True)
class Image:
    """An image and its media type."""

    content: bytes = field(repr=False)
    media_type: str


def read_image(file: Path, *, limit: int) -> Image:
    """The image in a file of at most `limit` bytes. Raises ValueError, with what is wrong."""
    try:
        with file.open("rb") as opened:
            content = opened.read(limit + 1)
            size = file.stat().st_size
    except OSError as cause:
        raise ValueError(f"the logo cannot be read: {cause.strerror}") from cause
    if len(content) > limit:
        raise ValueError(f"the logo has {size} bytes, and may have {limit}")
    return image(content)


def image(content: bytes) -> Image:
    """What this is, whatever its name says. Raises ValueError for what is no image, or does more than be seen."""
    kind = next((kind for magic, kind in _BY_MAGIC if content.startswith(magic)), None)
    if kind is None and content.startswith(_RIFF) and content[8:12] == _WEBP:
        kind = "image/webp"
    if kind is not None:
        return Image(content, kind)
    try:
        root = parse(content, limit=MAX_LOGO)
    except XmlRejected:
        root = None
    if root is None or root.tag != _SVG:
        raise ValueError("the logo is no SVG, PNG, JPEG or WebP")
    if b"<?xml-stylesheet" in content:
        raise ValueError(_ELSEWHERE_SAID)
    for element in root.iter():
        _check_only_seen(element)
    return Image(content, "image/svg+xml")


def _as_text(attribute: tuple[object, object]) -> tuple[str, str]:
    return str(attribute[0]), str(attribute[1])


def _check_only_seen(element: etree._Element) -> None:
    name = etree.QName(element).localname
    if name in _ACTIVE:
        raise ValueError(f"the logo has a {name}; a logo may only be seen")
    if _ELSEWHERE.search(element.text or "") and name == "style":
        raise ValueError(_ELSEWHERE_SAID)
    for attribute, value in map(_as_text, element.attrib.items()):
        local = etree.QName(attribute).localname
        if local.lower().startswith("on"):
            raise ValueError(f"the logo has {local}; a logo may only be seen")
        leads = local == "href" and not value.strip().startswith(("#", "data:image/png", "data:image/jpeg"))
        if leads or _ELSEWHERE.search(value):
            raise ValueError(_ELSEWHERE_SAID)
