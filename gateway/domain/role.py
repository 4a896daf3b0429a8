"""The role in which a person logs in."""

from collections.abc import Collection
from enum import StrEnum


class Role(StrEnum):
    """eduPersonAffiliation as the chain uses it (Entree, attributes for identity providers)."""

    STUDENT = "student"
    EMPLOYEE = "employee"
    STAFF = "staff"
    AFFILIATE = "affiliate"

    __hash__ = str.__hash__  # Enum has one in Python, and a decision looks up many


def one_role(roles: Collection[Role]) -> Role | None:
    """The one role that a set of asserted roles comes down to; None when they contradict each other or are absent.

    A learner who is also an employee contradicts itself: what such a person may see differs. Being an affiliate
    adds nothing to another role, and staff are employees.
    """
    asserted = set(roles) - {Role.AFFILIATE} or set(roles)
    if asserted == {Role.EMPLOYEE, Role.STAFF}:
        return Role.EMPLOYEE
    return asserted.pop() if len(asserted) == 1 else None
