"""The canonical attributes: what the gateway can understand of a person, whatever the dialect called it."""

from enum import StrEnum


class Attribute(StrEnum):
    """A canonical attribute. Names on the wire are the dialects' business (`gateway/attributes`)."""

    ECK_ID = "eck_id"
    PROVISIONAL_ID = "provisional_id"
    REAL_ID = "real_id"
    PROFILE_ID = "profile_id"
    LAS_KEY = "las_key"
    PUPIL_NUMBER = "pupil_number"

    GIVEN_NAME = "given_name"
    INITIALS = "initials"
    SURNAME_PREFIX = "surname_prefix"
    SURNAME = "surname"
    EMAIL = "email"
    BIRTH_DATE = "birth_date"
    AGE_IN_YEARS = "age_in_years"
    ADULT = "adult"
    GENDER = "gender"

    ROLE = "role"
    SCHOOL = "school"
    SCHOOL_BRANCH = "school_branch"
    SCHOOL_NAME = "school_name"
    SCHOOL_DOMAIN = "school_domain"
    DIGI_DELIVERY_ID = "digi_delivery_id"
    GROUP = "group"
    SUBGROUP = "subgroup"
    GRADE = "grade"

    __hash__ = str.__hash__  # Enum has one in Python, and a decision looks up many


IDENTIFIERS = frozenset(
    {
        Attribute.ECK_ID,
        Attribute.PROVISIONAL_ID,
        Attribute.REAL_ID,
        Attribute.PROFILE_ID,
        Attribute.LAS_KEY,
        Attribute.PUPIL_NUMBER,
    }
)
"""Attributes that name one learner by themselves. A release carries exactly one of them (law 2)."""
