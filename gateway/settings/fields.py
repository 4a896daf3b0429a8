"""Types of single values."""

import ipaddress
import re
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from gateway.domain.brin import Brin
from gateway.domain.language import Language

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"([1-9][0-9]{0,6})([smhd])", re.ASCII)
_ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?", re.ASCII)


class Model(BaseModel):
    """A mapping of the configuration: unknown keys are errors, and nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


def _duration(value: Any) -> timedelta:
    if isinstance(value, timedelta):
        return value
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError("a duration is a number and s, m, h or d: 90s, 15m, 10h")
    return timedelta(seconds=int(match[1]) * _UNITS[match[2]])


def _brin(value: Any) -> Brin:
    return value if isinstance(value, Brin) else Brin(str(value))


def _id(value: str) -> str:
    if not _ID.fullmatch(value):
        raise ValueError("an id is lower-case letters, digits and hyphens, at most 64")
    return value


def is_loopback(host: str | None) -> bool:
    """Whether a host is this machine itself."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def _base_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query or parts.fragment:
        raise ValueError(
            "a base URL is scheme and host, without a path or a slash at the end: https://login.example.nl"
        )
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError("a public address is https; http is for loopback alone")
    return value


def _address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("an address begins with https://")
    return value


def _names(value: dict[Language, str]) -> dict[Language, str]:
    if Language.NL not in value:
        raise ValueError("a name in Dutch is needed: {nl: ...}")
    return value


Duration = Annotated[timedelta, BeforeValidator(_duration)]
BrinField = Annotated[Brin, BeforeValidator(_brin)]
Id = Annotated[str, AfterValidator(_id)]
BaseUrl = Annotated[str, AfterValidator(_base_url)]
Address = Annotated[str, AfterValidator(_address)]
Names = Annotated[dict[Language, Annotated[str, Field(min_length=1, max_length=100)]], AfterValidator(_names)]
