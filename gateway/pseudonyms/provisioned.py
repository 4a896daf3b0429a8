"""What an administration says of one account: named texts, read strictly, whichever way they came.

`account` is the user id as the identity provider sends it, `school` its BRIN (6 characters: with the branch), `eck_id`
the ECK iD in the school's sector, and `eck_id_po`, `eck_id_vo`, `eck_id_mbo`, `eck_id_ho` those of other sectors;
`replaced` the ECK iDs that `eck_id` took the place of, with blanks between them, the first one first;
`stampseudonym` what Nummervoorziening makes ECK iDs of; `adult` yes or no; `until` the last day, and `checked` the day
on which DUO's register was asked, both `2026-09-01`. No sentence about what is wrong quotes a value.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType

from gateway.attributes.citizen_numbers import is_named_so, looks_like_one
from gateway.domain.brin import Brin
from gateway.domain.eck_id import EckId
from gateway.domain.sector import Sector
from gateway.domain.stampseudonym import Stampseudonym
from gateway.federation.models import IdpId, School
from gateway.pseudonyms.derivation import account_hash
from gateway.storage.sealing import SecretKey
from gateway.storage.vault_entry import VaultEntry

_SECTORS = MappingProxyType({f"eck_id_{sector}": sector for sector in (Sector.PO, Sector.VO, Sector.MBO, Sector.HO)})
FIELDS = ("account", "school", "eck_id", *_SECTORS, "replaced", "stampseudonym", "adult", "until", "checked")
_YES_OR_NO = {
    **dict.fromkeys(("yes", "ja", "true", "1"), True),
    **dict.fromkeys(("no", "nee", "false", "0"), False),
}
_LONGEST_ACCOUNT = 256


@dataclass(frozen=True, slots=True)
class Provisioned:
    """What was said of one account. `account` is still the local id: it goes no further than into a keyed hash."""

    account: str
    school: School
    eck_ids: Mapping[Sector, EckId] = field(default_factory=dict)
    replaced: tuple[EckId, ...] = ()
    stampseudonym: Stampseudonym | None = None
    adult: bool | None = None
    branch: Brin | None = None
    until: date | None = None
    checked: date | None = None

    def __repr__(self) -> str:
        return f"Provisioned(<hidden>, {self.school.brin})"

    def entry(self, idp: IdpId, key: SecretKey) -> VaultEntry:
        """What the vault keeps of it, for the accounts of this identity provider."""
        return VaultEntry(
            account=account_hash(key, idp, self.account),
            school=str(self.school.brin),
            eck_ids={sector: one.value for sector, one in self.eck_ids.items()},
            replaced=tuple(one.value for one in self.replaced),
            stampseudonym=self.stampseudonym.value if self.stampseudonym else None,
            adult=self.adult,
            branch=str(self.branch) if self.branch else None,
            until=self.until,
            checked=self.checked,
        )


def wrong_names(names: Iterable[str], known: Sequence[str] = FIELDS) -> str:
    """What is wrong with these names of fields; empty when nothing is."""
    found = set(names)
    if any(is_named_so(name) for name in found):
        return "a column is named as a citizen number; a citizen number never comes here: leave it out"
    if unknown := found - set(known):
        return f"{len(unknown)} unknown columns; known are {', '.join(known)}"
    return ""


def provisioned(fields: Mapping[str, str], schools: Mapping[Brin, School], segments: frozenset[str]) -> Provisioned:
    """Read trimmed texts under known names; an empty one is as good as absent. Raises ValueError with a sentence.

    `schools` are those of which something may be said, `segments` those of the environment.
    """
    learner, stamp = about(fields, schools), fields.get("stampseudonym", "")
    school = learner.school
    found = replace(
        learner,
        eck_ids=_eck_ids(fields, school, segments),
        replaced=_replaced(fields.get("replaced", ""), school, segments),
        stampseudonym=_stampseudonym(stamp, segments) if stamp else None,
    )
    if not found.eck_ids and found.stampseudonym is None and found.adult is None:
        raise ValueError("eck_id: there is none, and no stampseudonym; leave the line out until there is one")
    if len({one.value for one in found.eck_ids.values()}) < len(found.eck_ids):
        raise ValueError("eck_id: two sectors have the same one; each sector has its own")
    if found.replaced and school.sector.eck not in found.eck_ids:
        raise ValueError("replaced: there is no ECK iD in the school's sector that took its place")
    if found.replaced and found.eck_ids[school.sector.eck] in found.replaced:
        raise ValueError("replaced: it names the ECK iD that is in force")
    return found


def about(fields: Mapping[str, str], schools: Mapping[Brin, School]) -> Provisioned:
    """The same without identifiers: who it is, where, and what the school knows of them. Raises ValueError."""
    account = account_of(fields.get("account", ""))
    school, branch = _school(fields.get("school", ""), schools)
    return Provisioned(
        account=account,
        school=school,
        adult=_adult(fields.get("adult", "")),
        branch=branch,
        until=_day("until", fields.get("until", "")),
        checked=_day("checked", fields.get("checked", "")),
    )


def account_of(text: str) -> str:
    """A user id that may be one. Raises ValueError."""
    if not text:
        raise ValueError("account: it is empty")
    if len(text) > _LONGEST_ACCOUNT or not text.isprintable():
        raise ValueError(f"account: at most {_LONGEST_ACCOUNT} characters, all of them printable")
    if text[0] in "=+-@":
        raise ValueError("account: it begins as a formula of a spreadsheet does; export the values themselves")
    if looks_like_one(text):
        raise ValueError(
            "account: it has the shape of a citizen number (BSN or onderwijsnummer), which never comes here"
        )
    return text


def _school(text: str, schools: Mapping[Brin, School]) -> tuple[School, Brin | None]:
    try:
        brin = Brin(text.upper())
    except ValueError:
        raise ValueError("school: a BRIN has 4 characters, or 6 with its branch") from None
    school = schools.get(brin) or schools.get(brin.main)
    if school is None:
        raise ValueError("school: this identity provider does not speak for it")
    return school, brin if brin.branch else None


def _eck_ids(fields: Mapping[str, str], school: School, segments: frozenset[str]) -> Mapping[Sector, EckId]:
    found: dict[Sector, EckId] = {}
    for column, sector in (("eck_id", school.sector.eck), *_SECTORS.items()):
        value = fields.get(column, "")
        if not value:
            continue
        try:
            one = EckId.parse(value, sector=sector, segments=segments)
        except ValueError as cause:
            raise ValueError(f"{column}: {cause}") from None
        if found.setdefault(sector, one).value != one.value:
            raise ValueError(f"eck_id and {column} are of the same sector, and differ")
    return found


def _replaced(text: str, school: School, segments: frozenset[str]) -> tuple[EckId, ...]:
    try:
        return tuple(EckId.parse(one, sector=school.sector.eck, segments=segments) for one in text.split())
    except ValueError as cause:
        raise ValueError(f"replaced: {cause}") from None


def _stampseudonym(text: str, segments: frozenset[str]) -> Stampseudonym:
    try:
        return Stampseudonym.parse(text, segments=segments)
    except ValueError as cause:
        raise ValueError(f"stampseudonym: {cause}") from None


def _adult(text: str) -> bool | None:
    if not text:
        return None
    said = _YES_OR_NO.get(text.lower())
    if said is None:
        raise ValueError("adult: yes or no (ja or nee); a birth date does not belong here")
    return said


def _day(column: str, text: str) -> date | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:
        raise ValueError(f"{column}: a day is written as 2026-09-01")
    return day
