"""What a service sees of a learner who has no ECK iD."""

from enum import StrEnum

from gateway.domain.attribute import Attribute


class Fallback(StrEnum):
    """The fallback identifier: made here (`provisional`), the school's own where an agreement names it, or `none`."""

    PROVISIONAL = "provisional"
    REAL_ID = "real_id"
    PROFILE_ID = "profile_id"
    LAS_KEY = "las_key"
    NONE = "none"

    @property
    def attribute(self) -> Attribute | None:
        """The canonical attribute that carries it; None for `none`."""
        return _ATTRIBUTES.get(self)


_ATTRIBUTES = {
    Fallback.PROVISIONAL: Attribute.PROVISIONAL_ID,
    Fallback.REAL_ID: Attribute.REAL_ID,
    Fallback.PROFILE_ID: Attribute.PROFILE_ID,
    Fallback.LAS_KEY: Attribute.LAS_KEY,
}
