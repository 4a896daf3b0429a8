"""Types of single values. What a validator says of a wrong value never quotes it."""

import datetime as dt
import ipaddress
import re
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from gateway.domain.brin import Brin
from gateway.domain.language import Language

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"([1-9][0-9]{0,6})([smhd])", re.ASCII)
_ISO_DURATION = re.compile(r"P(?:([0-9]{1,5})D)?(?:T(?=[0-9])(?:([0-9]{1,6})H)?(?:([0-9]{1,6})M)?(?:([0-9]{1,6})S)?)?")
_ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?", re.ASCII)
_LISTEN = re.compile(r"(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9.-]+)):([0-9]{1,5})", re.ASCII)
_DOMAIN = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+", re.ASCII)
_MAX_FILE_NAME = 1000


class Model(BaseModel):
    """A mapping of the configuration: unknown keys are errors, and nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, hide_input_in_errors=True)


def _duration(value: Any) -> dt.timedelta:
    if isinstance(value, dt.timedelta):
        return value
    text = value if isinstance(value, str) else ""
    seconds = 0
    if match := _DURATION.fullmatch(text):
        seconds = int(match[1]) * _UNITS[match[2]]
    elif match := _ISO_DURATION.fullmatch(text):
        days, hours, minutes, rest = (int(part or 0) for part in match.groups())
        seconds = days * 86400 + hours * 3600 + minutes * 60 + rest
    if seconds <= 0:
        raise ValueError("a duration is a number and s, m, h or d, such as 90s, 15m or 10h; or ISO 8601, such as PT15M")
    return dt.timedelta(seconds=seconds)


def _brin(value: Any) -> Brin:
    return value if isinstance(value, Brin) else Brin(str(value))


def _id(value: str) -> str:
    if not _ID.fullmatch(value):
        raise ValueError("an id is lower-case letters, digits and hyphens, at most 64")
    return value


def _day(value: Any) -> dt.date:
    if not isinstance(value, dt.date) or isinstance(value, dt.datetime):
        raise ValueError("a day is written 2026-08-01")  # noqa: TRY004 - pydantic reads ValueError
    return value


def _listen(value: str) -> str:
    match = _LISTEN.fullmatch(value)
    if match is None or not 0 <= int(match[3]) <= 65535:
        raise ValueError("a listen address is host and port, such as 127.0.0.1:8080 or [::1]:8080")
    return value


def _network(value: Any) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    if isinstance(value, ipaddress.IPv4Network | ipaddress.IPv6Network):
        return value
    try:
        return ipaddress.ip_network(value if isinstance(value, str) else "")
    except ValueError:
        raise ValueError("an address or a network is written 10.0.0.7 or 10.0.0.0/24") from None


def is_loopback(host: str | None) -> bool:
    """Whether a host is this machine itself."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def _base_url(value: str) -> str:
    split = _split(value)
    if split is None or value != f"{split[0]}://{split[1]}":
        raise ValueError(
            "a base URL is scheme and host in lower case, without a path or a slash at the end, "
            "such as https://login.example.nl"
        )
    scheme, _, host = split
    if scheme == "http" and not is_loopback(host):
        raise ValueError("a public address is https; http is for loopback alone")
    return value


def _address(value: str) -> str:
    if _split(value) is None:
        raise ValueError("an address begins with https://")
    return value


def _split(value: str) -> tuple[str, str, str] | None:
    """Scheme, host with port, and host of an http address without credentials; None for anything else."""
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc or not value.isprintable():
        return None
    return parts.scheme, parts.netloc.lower(), parts.hostname


def _email(value: str) -> str:
    name, _, domain = value.partition("@")
    if not name or "." not in domain or not value.isprintable() or " " in value:
        raise ValueError("an e-mail address is name@domain")
    return value


def _names(value: dict[Language, str]) -> dict[Language, str]:
    if Language.NL not in value:
        raise ValueError("a name in Dutch is needed: {nl: ...}")
    return value


def _domain(value: str) -> str:
    folded = value.lower()
    if not _DOMAIN.fullmatch(folded):
        raise ValueError("a domain is a name such as petteflat.example")
    return folded


def _file(value: str) -> str:
    if not value or len(value) > _MAX_FILE_NAME or not value.isprintable():
        raise ValueError("a file name is needed")
    return value


Text = Annotated[str, Field(min_length=1, max_length=200)]
Whole = Annotated[int, Field(strict=True)]
Switch = Annotated[bool, Field(strict=True)]
Day = Annotated[dt.date, BeforeValidator(_day)]
Duration = Annotated[dt.timedelta, BeforeValidator(_duration)]
BrinField = Annotated[Brin, BeforeValidator(_brin)]
Id = Annotated[str, AfterValidator(_id)]
Listen = Annotated[str, AfterValidator(_listen)]
BaseUrl = Annotated[str, AfterValidator(_base_url)]
Address = Annotated[str, AfterValidator(_address)]
Email = Annotated[str, AfterValidator(_email)]
DomainName = Annotated[str, AfterValidator(_domain)]
FileName = Annotated[str, AfterValidator(_file)]
Network = Annotated[ipaddress.IPv4Network | ipaddress.IPv6Network, BeforeValidator(_network)]
Names = Annotated[dict[Language, Annotated[str, Field(min_length=1, max_length=100)]], AfterValidator(_names)]
