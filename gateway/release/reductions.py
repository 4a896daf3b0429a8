"""Reductions: pure functions over the values of one attribute. What cannot be reduced is not there."""

import unicodedata
from datetime import date

from gateway.domain.age import age as age_on
from gateway.domain.age import is_adult
from gateway.domain.attribute import Attribute
from gateway.domain.reduction import FROM_BIRTH_DATE, Reduction, strictest
from gateway.federation.models import Agreement, AttributeSet, Terms
from gateway.release.policy import Policy

Values = tuple[str, ...]

_GROUPS = frozenset({Attribute.GROUP, Attribute.SUBGROUP})


def reduction_for(attribute: Attribute, *, policy: Policy, accepted: AttributeSet, terms: Terms) -> Reduction | None:
    """The strictest that policy, service and school want; None: the values go as they are.

    A school whose groups have namesakes lifts the policy's initials, and nothing else; groups that the agreement names
    leave the others out.
    """
    of_policy = policy.reduction_of(attribute)
    if of_policy is Reduction.INITIAL and terms.namesakes:
        of_policy = None
    return strictest(
        of_policy,
        accepted.reductions.get(attribute),
        dict(terms.reductions).get(attribute),
        Reduction.NAMED_GROUPS if terms.names_groups and attribute in _GROUPS else None,
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


def initial(surname: str) -> str | None:
    """The first letter of the main part, so `B` of `van der Berg`; IJ is one letter. None where there is no letter."""
    words = [word for word in map(_from_first_letter, surname.split()) if word]
    if not words:
        return None
    main = next((word for word in words if word[0].isupper()), words[0])
    if main.startswith("IJ"):
        return "IJ"
    end = 1
    while unicodedata.combining(main[end : end + 1] or " "):
        end += 1
    return main[:end]


def age(birth_date: str, today: date) -> str | None:
    """The age in whole years; None for a birth date that cannot be."""
    years = age_on(birth_date, today)
    return None if years is None else str(years)


def adult(birth_date: str, today: date) -> str | None:
    """`true` from the eighteenth birthday on, before it `false`; None for a birth date that cannot be."""
    of_age = is_adult(birth_date, today)
    return None if of_age is None else str(of_age).lower()


def _from_first_letter(word: str) -> str:
    if word[0].isalpha():
        return word
    return word[next((at for at, character in enumerate(word) if character.isalpha()), len(word)) :]
