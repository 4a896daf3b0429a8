"""Whether an address that somebody names lies at a host that the configuration allows."""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

MAX_LENGTH = 2000
_CHARACTERS = re.compile(r"[A-Za-z0-9._~:/?!$&'()+,;=%\[\]@-]+", re.ASCII)
"""What RFC 3986 lets stand in a URI, without `#` and `*`: no blank, no backslash (a slash to browsers)."""
_HOST = re.compile(r"[a-z0-9.-]+", re.ASCII)


def is_allowed(url: str, allowed: Iterable[str]) -> bool:
    """Whether scheme and host of this address are those of an entry; port and path do not matter.

    An entry is `https://host`, or `https://*.host` for whatever lies under it.
    """
    found = _origin(url)
    return found is not None and any(_covers(entry, *found) for entry in allowed)


def _origin(url: str) -> tuple[str, str] | None:
    if len(url) > MAX_LENGTH or not _CHARACTERS.fullmatch(url):
        return None
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    host = (parts.hostname or "").lower()
    if "@" in parts.netloc or not _HOST.fullmatch(host):
        return None
    return parts.scheme, host


def _covers(entry: str, scheme: str, host: str) -> bool:
    of_entry, _, name = entry.partition("://")
    if scheme != of_entry:
        return False
    return host.endswith(name.removeprefix("*")) if name.startswith("*.") else host == name
