"""Addresses that answers of OpenID Connect may go to (RFC 6749 3.1.2, RFC 8252 7, RFC 9700 2.1)."""

import re
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator

from gateway.settings.fields import is_loopback

MAX_LENGTH = 500
_CHARACTERS = re.compile(r"[A-Za-z0-9._~:/?@!$&'()+,;=%\[\]-]+", re.ASCII)
"""What RFC 3986 lets stand in a URI, without `#` and `*`."""
_PRIVATE_USE = re.compile(r"[a-z][a-z0-9-]*(?:\.[a-z0-9-]+)+", re.ASCII)


def _redirect_uri(value: str) -> str:
    parts = _parts(value)
    if is_private_use(value):
        return value
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError("a redirect URI is https; http is for loopback alone")
    if parts.scheme not in ("http", "https"):
        raise ValueError(
            "a redirect URI is https, or of an app: a scheme that begins with a domain, such as nl.school.app"
        )
    return value


def _logout_uri(value: str) -> str:
    return _for_the_gateway(value, "a logout URI")


def _keys_uri(value: str) -> str:
    return _for_the_gateway(value, "an address of keys")


def _for_the_gateway(value: str, what: str) -> str:
    """An address that the gateway itself goes to, or frames."""
    parts = _parts(value)
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname)):
        raise ValueError(f"{what} is https; http is for loopback alone")
    return value


def _parts(value: str) -> SplitResult:
    if len(value) > MAX_LENGTH or not _CHARACTERS.fullmatch(value):
        raise ValueError(f"a URI in ASCII of at most {MAX_LENGTH} characters, without # and *, belongs here")
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        raise ValueError("this is no URI") from None
    if "@" in parts.netloc:
        raise ValueError("a URI with a user name in it is not accepted")
    if parts.scheme in ("http", "https") and (
        not parts.hostname or value != f"{parts.scheme}{value[len(parts.scheme) :]}"
    ):
        raise ValueError("a URI has a host, and its scheme in lower case")
    if parts.netloc != parts.netloc.lower():
        raise ValueError("write the host in lower case: URIs are compared to the letter")
    if any(segment in (".", "..") for segment in parts.path.replace("%2e", ".").replace("%2E", ".").split("/")):
        raise ValueError("a URI whose path has . or .. in it is not accepted")
    return parts


def is_private_use(uri: str) -> bool:
    """Whether the URI has a scheme of an app (RFC 8252 7.1): a domain name backwards."""
    return _PRIVATE_USE.fullmatch(uri.partition(":")[0]) is not None


def is_loopback_uri(uri: str) -> bool:
    """Whether the URI is http on a loopback address; `localhost` is a name, and counts for nothing (RFC 8252 8.3)."""
    parts = urlsplit(uri)
    return parts.scheme == "http" and parts.hostname != "localhost" and is_loopback(parts.hostname)


RedirectUri = Annotated[str, AfterValidator(_redirect_uri)]
LogoutUri = Annotated[str, AfterValidator(_logout_uri)]
KeysUri = Annotated[str, AfterValidator(_keys_uri)]
