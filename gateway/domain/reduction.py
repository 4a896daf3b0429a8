"""How a value can be made less before it leaves."""

from enum import StrEnum

from gateway.domain.attribute import IDENTIFIERS, Attribute


class Reduction(StrEnum):
    """What runs over the values of an attribute, the mildest first. The ids are stable: they stand in the ledger.

    `adult`: from the birth date, `true` or `false`. `age`: from the birth date, in whole years. `named-groups`: only
    the groups that the agreement names. `initial`: the first letter of a surname. `none`: nothing is left.
    """

    ADULT = "adult"
    AGE = "age"
    NAMED_GROUPS = "named-groups"
    INITIAL = "initial"
    NONE = "none"


FROM_BIRTH_DATE = {Attribute.ADULT: Reduction.ADULT, Attribute.AGE_IN_YEARS: Reduction.AGE}
"""Attributes that are asked for instead of the birth date, and made of it unless the school itself says them."""

_CHOOSABLE = {
    Attribute.SURNAME: (Reduction.INITIAL,),
    Attribute.GROUP: (Reduction.NAMED_GROUPS,),
    Attribute.SUBGROUP: (Reduction.NAMED_GROUPS,),
}


def choosable(attribute: Attribute) -> tuple[Reduction, ...]:
    """What a policy, an attribute set or an agreement may reduce an attribute to; identifiers are never reduced."""
    return () if attribute in IDENTIFIERS else (*_CHOOSABLE.get(attribute, ()), Reduction.NONE)


def strictest(*reductions: Reduction | None) -> Reduction | None:
    """The one that leaves least; None where there is none."""
    named = [one for one in reductions if one is not None]
    if len(named) < 2:
        return named[0] if named else None
    return max(named, key=_ORDER.index)


_ORDER = tuple(Reduction)
