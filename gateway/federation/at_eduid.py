"""How a school takes part in logins with eduID, as its entry says."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class AttributeApi:
    """A school's attribute API (domain facts 5.7): asked with an eduID that is aimed at the school.

    `base_url` has no slash at the end. `adult` is the field, and the value in it, by which the answer says that
    somebody is of age; None: it never does.
    """

    base_url: str
    user: str
    password: str = field(repr=False)
    adult: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class SchoolAtEduid:
    """`requester_id` is the entity id of the school itself: eduID aims its identifier at the first RequesterID."""

    requester_id: str | None = None
    api: AttributeApi | None = None
