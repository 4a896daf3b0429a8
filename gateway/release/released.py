"""What leaves: the only attributes that a protocol may put in a message."""

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.domain.attribute import Attribute
from gateway.pseudonyms.subject import Subject


@dataclass(frozen=True, slots=True, repr=False)
class ReleasedAttributes:
    """The outcome of a decision, with values. Only `gateway.release` makes one (law 1).

    `values` holds the subject's identifier under its attribute and, beside it, what the decision let through. `former`
    is the identifier that the subject's took the place of, in the one login that tells the service so.
    """

    subject: Subject
    values: Mapping[Attribute, tuple[str, ...]]
    former: str | None = None

    def __repr__(self) -> str:
        return f"ReleasedAttributes({', '.join(sorted(self.values))})"
