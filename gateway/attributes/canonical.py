"""From what an identity provider sent to canonical attributes."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from gateway.attributes.citizen_numbers import is_named_so, looks_like_one
from gateway.attributes.dialects import NAME_ID, Dialect
from gateway.attributes.scopes import OwnScopes, realms_of, scope_of
from gateway.attributes.values import Attributes, RawAttributes
from gateway.domain.age import is_adult
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
    dialect does not have, `citizen_numbers` how many values were dropped for being one. `foreign` are wire names of
    which values were dropped for being of a domain that is not the identity provider's. `adult` is whether the school
    says that the person is of age, None when it does not say; `eduid` the identifier of a user-held identity that is
    aimed at one institution. Neither is an attribute: no decision can let them out.
    """

    attributes: Attributes
    account: str | None
    roles: frozenset[Role]
    unknown: tuple[str, ...]
    citizen_numbers: int
    foreign: tuple[str, ...] = ()
    adult: bool | None = None
    eduid: str | None = None

    def __repr__(self) -> str:
        return f"Reading({self.attributes!r})"


def read(
    raw: RawAttributes,
    dialect: Dialect,
    own: OwnScopes | None = None,
    *,
    today: date | None = None,
    adult_name: str | None = None,
) -> Reading:
    """Read raw attributes in a dialect. Never fails: what cannot be read is not there.

    With `own`, what is said of domains of others is not there either. With `today` a birth date says whether somebody
    is of age; `adult_name` is a wire name that says so by itself.
    """
    found: dict[Attribute, tuple[str, ...]] = {}
    account_values: dict[str, set[str]] = {}
    unknown: list[str] = []
    foreign: list[str] = []
    aimed: set[str] = set()
    of_age: list[bool | None] = []
    dropped = 0
    for name, texts in raw.values:
        attribute = dialect.incoming.get(name)
        kept, numbers = _admitted(name, texts, attribute)
        dropped += numbers
        if own is not None and len(within := _within(own, name, attribute, kept, dialect)) < len(kept):
            foreign.append(name)
            kept = within
        if name == adult_name:
            of_age += [_yes_or_no(text) for text in kept]
        elif name in dialect.eduid_names:
            aimed.update(kept)
        elif name in dialect.account_names:
            account_values.setdefault(name, set()).update(kept)
        elif attribute is None:
            unknown.append(name)
        if attribute is not None and (normalised := _normalised(attribute, kept)):
            found[attribute] = tuple(dict.fromkeys((*found.get(attribute, ()), *normalised)))
    if raw.name_id is not None:
        kept, numbers = _admitted(NAME_ID, (raw.name_id,), None)
        dropped += numbers
        account_values[NAME_ID] = set(kept)
    roles = frozenset(_ROLES[role] for role in found.pop(Attribute.ROLE, ()))
    return Reading(
        attributes=Attributes(found),
        account=_account(account_values, dialect),
        roles=roles,
        unknown=tuple(unknown),
        citizen_numbers=dropped,
        foreign=tuple(foreign),
        adult=_of_age([*of_age, *_said_of_age(found, today)]),
        eduid=aimed.pop() if len(aimed) == 1 else None,
    )


def _within(
    own: OwnScopes, name: str, attribute: Attribute | None, texts: tuple[str, ...], dialect: Dialect
) -> tuple[str, ...]:
    """The values that are the identity provider's to say."""
    if attribute is Attribute.SCHOOL_DOMAIN:
        return tuple(text for text in texts if own.allow_school(text))
    if name in dialect.scoped:
        return tuple(text for text in texts if own.allow(scope_of(text)))
    if name in dialect.realms:
        return tuple(text for text in texts if all(map(own.allow_realm, realms_of(text))))
    return texts


def _admitted(name: str, texts: tuple[str, ...], attribute: Attribute | None) -> tuple[tuple[str, ...], int]:
    """The values that may come in, clean and without the empty ones, and how many were citizen numbers."""
    if is_named_so(name):
        return (), len(texts)
    clean = [_clean(text) for text in texts]
    allowed = clean if attribute is Attribute.BIRTH_DATE else [text for text in clean if not looks_like_one(text)]
    return tuple(text for text in allowed if text)[:MAX_VALUES], len(clean) - len(allowed)


def _account(values: Mapping[str, set[str]], dialect: Dialect) -> str | None:
    """The user id: of the first source whose every name came with one value. Two values name nobody."""
    for names in dialect.account:
        parts = [values.get(name, set()) for name in names]
        if all(len(part) == 1 for part in parts):
            return "@".join(value for part in parts for value in part)
    return None


def _said_of_age(found: Mapping[Attribute, tuple[str, ...]], today: date | None) -> list[bool | None]:
    said = [_yes_or_no(text) for text in found.get(Attribute.ADULT, ())]
    if today is not None:
        said += [is_adult(day, today) for day in found.get(Attribute.BIRTH_DATE, ())]
    return said


def _of_age(said: list[bool | None]) -> bool | None:
    """Of age when all that was said says so; whoever is a minor by any of it, or by nothing of age, is not."""
    return all(said) if said and None not in said else None


def _yes_or_no(text: str) -> bool | None:
    return {"true": True, "1": True, "false": False, "0": False}.get(text.lower())


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
        case Attribute.ADULT:
            return tuple(text.lower() for text in texts if text.lower() in ("true", "false"))
        case Attribute.BIRTH_DATE:
            return tuple(day for text in texts if _is_date(day := text.replace("-", "")))
        case _:
            return texts


def _is_date(text: str) -> bool:
    """`yyyymmdd` (schacDateOfBirth); hyphens (`birthdate`, OpenID Connect Core 5.1) have been taken out."""
    try:
        datetime.strptime(text, "%Y%m%d")  # noqa: DTZ007 - a day has no time zone
    except ValueError:
        return False
    return len(text) == 8
