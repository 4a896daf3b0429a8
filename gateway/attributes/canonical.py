"""From what an identity provider sent to canonical attributes."""

import unicodedata
from dataclasses import dataclass
from datetime import datetime

from gateway.attributes.citizen_numbers import is_named_so, looks_like_one
from gateway.attributes.dialects import Dialect
from gateway.attributes.values import Attributes, RawAttributes
from gateway.domain.attribute import Attribute
from gateway.domain.role import Role

MAX_VALUES = 50
MAX_LENGTH = 512

_ROLES: dict[str, Role] = {
    **{role.value: role for role in Role},
    "faculty": Role.EMPLOYEE,
    "teacher": Role.EMPLOYEE,
    "alum": Role.AFFILIATE,
    "member": Role.AFFILIATE,
    "library-walk-in": Role.AFFILIATE,
}
"""eduPersonAffiliation, the four values of the chain and those of eduPerson that come down to them."""


@dataclass(frozen=True, slots=True, repr=False)
class Reading:
    """What a message comes down to.

    `account` is the user id at the identity provider; it never leaves the gateway. `unknown` are wire names that the
    dialect does not have, `citizen_numbers` how many values were dropped for being one.
    """

    attributes: Attributes
    account: str | None
    roles: frozenset[Role]
    unknown: tuple[str, ...]
    citizen_numbers: int

    def __repr__(self) -> str:
        return f"Reading({self.attributes!r})"


def read(raw: RawAttributes, dialect: Dialect) -> Reading:
    """Read raw attributes in a dialect. Never fails: what cannot be read is not there."""
    found: dict[Attribute, tuple[str, ...]] = {}
    wire: dict[str, str] = {}
    unknown: list[str] = []
    dropped = 0
    for name, texts in raw.values:
        attribute = dialect.incoming.get(name)
        allowed = () if is_named_so(name) else tuple(t for t in texts if not _is_citizen_number(t, attribute))
        dropped += len(texts) - len(allowed)
        kept = tuple(clean for text in allowed[:MAX_VALUES] if (clean := _clean(text)))
        if kept:
            wire.setdefault(name, kept[0])
        if attribute is None:
            if name not in dialect.account:
                unknown.append(name)
        elif normalised := _normalised(attribute, kept):
            found[attribute] = tuple(dict.fromkeys((*found.get(attribute, ()), *normalised)))
    if raw.name_id and not looks_like_one(raw.name_id):
        wire["name_id"] = _clean(raw.name_id)
    account = next((wire[name] for name in dialect.account if wire.get(name)), None)
    roles = frozenset(_ROLES[role] for role in found.pop(Attribute.ROLE, ()))
    return Reading(Attributes(found), account, roles, tuple(unknown), dropped)


def _is_citizen_number(text: str, attribute: Attribute | None) -> bool:
    return attribute is not Attribute.BIRTH_DATE and looks_like_one(_clean(text))


def _clean(text: str) -> str:
    """NFC, trimmed; empty for a value that is too long or holds control characters."""
    normal = unicodedata.normalize("NFC", text).strip()
    return normal if len(normal) <= MAX_LENGTH and normal.isprintable() else ""


def _normalised(attribute: Attribute, texts: tuple[str, ...]) -> tuple[str, ...]:
    match attribute:
        case Attribute.ROLE:
            return tuple(role for text in texts if (role := text.lower().partition("@")[0]) in _ROLES)
        case Attribute.SCHOOL | Attribute.SCHOOL_BRANCH:
            return tuple(text.upper() for text in texts)
        case Attribute.SCHOOL_DOMAIN:
            return tuple(text.lower() for text in texts)
        case Attribute.BIRTH_DATE:
            return tuple(text for text in texts if _is_date(text))
        case _:
            return texts


def _is_date(text: str) -> bool:
    """`yyyymmdd` (schacDateOfBirth)."""
    try:
        datetime.strptime(text, "%Y%m%d")  # noqa: DTZ007 - a day has no time zone
    except ValueError:
        return False
    return len(text) == 8
