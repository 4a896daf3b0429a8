"""Reductions: pure functions over the values of one attribute. What cannot be reduced is not there."""

import unicodedata
from datetime import date

from gateway.attributes.values import Attributes
from gateway.domain.attribute import Attribute
from gateway.domain.reduction import FROM_BIRTH_DATE, Reduction, strictest
from gateway.federation.models import Agreement, AttributeSet
from gateway.release.policy import Policy

Values = tuple[str, ...]

_GROUPS = frozenset({Attribute.GROUP, Attribute.SUBGROUP})
ADULT_FROM = 18
_OLDEST = 130


def reduction_for(
    attribute: Attribute, *, policy: Policy, accepted: AttributeSet, agreement: Agreement
) -> Reduction | None:
    """The strictest that policy, service and school want; None: the values go as they are.

    A school whose groups have namesakes lifts the policy's initials, and nothing else; groups that the agreement names
    leave the others out.
    """
    of_policy = policy.reduction_of(attribute)
    if of_policy is Reduction.INITIAL and agreement.namesakes:
        of_policy = None
    names_groups = bool(agreement.groups) and attribute in _GROUPS
    return strictest(
        of_policy,
        accepted.reductions.get(attribute),
        agreement.reductions.get(attribute),
        Reduction.NAMED_GROUPS if names_groups else None,
    )


def reduced(values: Values, reduction: Reduction, *, agreement: Agreement, today: date) -> Values:
    """What is left of the values, each once."""
    match reduction:
        case Reduction.ADULT:
            left = [adult(value, today) for value in values]
        case Reduction.AGE:
            left = [age(value, today) for value in values]
        case Reduction.INITIAL:
            left = [initial(value) for value in values]
        case Reduction.NAMED_GROUPS:
            left = [value if agreement.names_group(value) else None for value in values]
        case Reduction.NONE:
            left = []
    kept = tuple(dict.fromkeys(value for value in left if value is not None))
    # Two birth dates of one person are none: neither age may be guessed.
    return () if reduction in FROM_BIRTH_DATE.values() and len(values) > 1 else kept


def source_of(attribute: Attribute, sent: Attributes) -> tuple[Attribute, Reduction | None]:
    """Where the values of an attribute come from: itself, or the birth date where only that was sent."""
    made_by = FROM_BIRTH_DATE.get(attribute)
    return (attribute, None) if made_by is None or attribute in sent.values else (Attribute.BIRTH_DATE, made_by)


def initial(surname: str) -> str | None:
    """The first letter of the main part, so `B` of `van der Berg`; IJ is one letter. None where there is no letter."""
    words = ["".join(ch for ch in word if _is_of_letter(ch)) for word in surname.split()]
    main = next((word for word in words if word[:1].isupper()), next((word for word in words if word), ""))
    if main[:2] == "IJ":
        return main[:2]
    end = next((at for at in range(1, len(main)) if not unicodedata.combining(main[at])), len(main))
    return main[:end] or None


def age(birth_date: str, today: date) -> str | None:
    """The age in whole years of somebody born on this day (`yyyymmdd`). None for a day to come or of long ago.

    Whoever was born on 29 February is a year older from 1 March in other years.
    """
    born = date(int(birth_date[:4]), int(birth_date[4:6]), int(birth_date[6:]))
    years = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    return str(years) if 0 <= years <= _OLDEST else None


def adult(birth_date: str, today: date) -> str | None:
    """`true` from the eighteenth birthday on, before it `false`; None for a birth date that cannot be."""
    years = age(birth_date, today)
    return None if years is None else str(int(years) >= ADULT_FROM).lower()


def _is_of_letter(character: str) -> bool:
    return character.isalpha() or bool(unicodedata.combining(character))
