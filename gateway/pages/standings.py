"""How it goes at each identity provider and service, as far as that may be told."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, auto

from gateway.domain.language import Language
from gateway.federation.models import IdpId, ServiceId
from gateway.federation.snapshot import Federation
from gateway.login.recent import Count, Party

AT_LEAST = 10
"""Logins in the hour; of fewer nothing is told, as a few could be somebody."""
MOST = 200
"""Parties on the page; what goes badly comes first."""
_GOOD, _FAIR = 0.95, 0.7
_ANSWERED, _HARDLY = 0.4, 0.2
"""Of those who are sent to log in some never come back: they forgot a password, or thought better of it."""


class Standing(StrEnum):
    """In words what the shares say. No figure leaves: two of them, a minute apart, would tell of one login."""

    BAD = auto()
    SOME = auto()
    GOOD = auto()


@dataclass(frozen=True, slots=True)
class Standings:
    """A party and how it goes there."""

    id: str
    names: Mapping[Language, str]
    standing: Standing


def standings(counts: Mapping[tuple[Party, str], Count], federation: Federation, party: Party) -> tuple[Standings, ...]:
    """Of those with enough logins, the worst first, then by name; those that take part no longer are left out."""
    found = []
    for (kind, name), count in counts.items():
        known = (
            federation.identity_providers.get(IdpId(name))
            if party is Party.IDP
            else federation.services.get(ServiceId(name))
        )
        said = standing_of(count) if kind is party and known is not None else None
        if known is not None and said is not None:
            found.append(Standings(name, known.names, said))
    order = tuple(Standing)
    return tuple(sorted(found, key=lambda one: (order.index(one.standing), one.names[Language.NL]))[:MOST])


def standing_of(count: Count) -> Standing | None:
    """The worse of two: of those that came back, how many failed; of those that were sent, how many came back."""
    ended = count.good + count.trouble
    found = [_graded(count.good / ended, _GOOD, _FAIR)] if ended >= AT_LEAST else []
    if count.asked >= AT_LEAST:
        back = (ended + count.other) / count.asked
        if back < _ANSWERED:
            found.append(_graded(back, _ANSWERED, _HARDLY))
    return min(found, key=tuple(Standing).index, default=None)


def _graded(share: float, good: float, fair: float) -> Standing:
    if share >= good:
        return Standing.GOOD
    return Standing.SOME if share >= fair else Standing.BAD
