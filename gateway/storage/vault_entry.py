"""One entry of the vault, and the text of it that is sealed."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from gateway.domain.sector import Sector


@dataclass(frozen=True, slots=True, kw_only=True)
class VaultEntry:
    """One account at one school. `account` is its keyed hash.

    `checked` is the day on which the administration found the learner in DUO's register (ROD): without it nobody asks
    Nummervoorziening for an ECK iD. `replaced` are ECK iDs that the one in the school's sector took the place of, the
    first one first. `adult` is what the school says, None when it says nothing; `branch` a BRIN of 6
    characters.
    """

    account: str
    school: str
    eck_ids: Mapping[Sector, str] = field(repr=False, default_factory=dict)
    replaced: tuple[str, ...] = field(repr=False, default=())
    stampseudonym: str | None = field(repr=False, default=None)
    adult: bool | None = field(repr=False, default=None)
    branch: str | None = None
    until: date | None = None
    checked: date | None = None

    def identifiers(self) -> Iterator[str]:
        """What one account of a school has and no other."""
        yield from dict.fromkeys(self.eck_ids.values())
        if self.stampseudonym is not None:
            yield self.stampseudonym

    def content(self) -> bytes:
        """What is sealed; what it does not say takes no place."""
        said = {
            "eck_ids": dict(self.eck_ids),
            "checked": self.checked.isoformat() if self.checked else None,
            "replaced": self.replaced or None,
            "stamp": self.stampseudonym,
            "adult": self.adult,
            "branch": self.branch,
        }
        return json.dumps({name: value for name, value in said.items() if value is not None}).encode()


def entry_of(content: bytes, *, account: str, school: str, until: date | None) -> VaultEntry:
    """The entry of what was sealed."""
    said = json.loads(content)
    checked = said.get("checked")
    return VaultEntry(
        account=account,
        school=school,
        eck_ids={Sector(sector): value for sector, value in said["eck_ids"].items()},
        replaced=tuple(said.get("replaced", ())),
        stampseudonym=said.get("stamp"),
        adult=said.get("adult"),
        branch=said.get("branch"),
        until=until,
        checked=date.fromisoformat(checked) if checked else None,
    )
