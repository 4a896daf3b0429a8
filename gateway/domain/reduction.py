"""How a value can be made less before it leaves."""

from enum import StrEnum

from gateway.domain.attribute import Attribute


class Reduction(StrEnum):
    """What runs over the values of an attribute. The ids are stable: they stand in the ledger.

    `initial`: the first letter of a surname. `adult`: from the birth date, `true` or `false`. `age`: from the birth
    date, in whole years. `named-groups`: only the groups that the agreement names. `none`: nothing is left.
    """

    INITIAL = "initial"
    ADULT = "adult"
    AGE = "age"
    NAMED_GROUPS = "named-groups"
    NONE = "none"


CHOOSABLE = {
    Attribute.SURNAME: (Reduction.INITIAL, Reduction.NONE),
    Attribute.SURNAME_PREFIX: (Reduction.NONE,),
    Attribute.EMAIL: (Reduction.NONE,),
}
"""What a policy, a set or an agreement can reduce an attribute to, the mildest first."""
