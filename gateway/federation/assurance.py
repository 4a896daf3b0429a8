"""Levels of assurance, ordered, and which of them parties say or need."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import total_ordering

from gateway.domain.language import Language
from gateway.domain.role import Role

AMR = "amr:"
"""In front of an authentication method of OpenID Connect (RFC 8176) where words stand; those cannot be asked for."""


UNSPECIFIED = "urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified"
"""The context of a login of which nothing is said (saml-authn-context 3.4.25)."""


@total_ordering
@dataclass(frozen=True, slots=True, eq=False)
class Level:
    """How sure it is who logged in. `context` is how services ask for it. Compared by rank, the lowest is 0."""

    id: str
    rank: int
    context: str
    names: Mapping[Language, str] = field(repr=False)

    def __lt__(self, other: "Level") -> bool:
        return self.rank < other.rank


def stronger(one: Level | None, other: Level | None) -> Level | None:
    """The stronger of two; None is weaker than any."""
    if one is None or other is None:
        return one or other
    return max(one, other)


@dataclass(frozen=True, slots=True)
class Saying:
    """What an identity provider's words mean. `otherwise` is the level of a login that says none of them."""

    levels: Mapping[str, Level] = field(default_factory=dict)
    otherwise: Level | None = None

    def of(self, context: str) -> Level | None:
        """The level of a login with this context; None where nothing is known of it."""
        return self.levels.get(context, self.otherwise)

    def reaches(self, level: Level) -> bool:
        """Whether it can say this level or a stronger one at all."""
        return any(one >= level for one in (*self.levels.values(), self.otherwise) if one is not None)

    def words(self, level: Level) -> tuple[str, ...]:
        """What it is asked for this level: its words for it, then those for stronger ones."""
        fitting = [(one, word) for word, one in self.levels.items() if one >= level and not word.startswith(AMR)]
        return tuple(word for _, word in sorted(fitting, key=lambda found: found[0].rank))

    def strongest(self, contexts: tuple[str, ...]) -> str | None:
        """Of what one login says, the word with the strongest level; the first of several. None when none has any."""
        known = [(context, self.levels[context]) for context in contexts if context in self.levels]
        return max(known, key=lambda found: found[1].rank)[0] if known else None


@dataclass(frozen=True, slots=True)
class Needed:
    """The least that a service takes: of everybody, and of people in a role."""

    minimum: Level | None = None
    of_roles: Mapping[Role, Level] = field(default_factory=dict)

    def of(self, role: Role | None) -> Level | None:
        """The least level of somebody in this role."""
        return stronger(self.minimum, self.of_roles.get(role) if role is not None else None)

    @property
    def most(self) -> Level | None:
        """Enough for whatever role: what is needed of somebody whose role cannot be known yet."""
        found = self.minimum
        for one in self.of_roles.values():
            found = stronger(found, one)
        return found

    @property
    def anything(self) -> bool:
        """Whether it needs any."""
        return self.most is not None
