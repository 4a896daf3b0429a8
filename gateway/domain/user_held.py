"""Identities that people hold themselves, such as eduID, and whether they may be used in place of the school's."""

from enum import StrEnum, auto

DIALECTS = frozenset({"eduid"})
"""Whoever speaks one of these speaks for nobody's school: it says who somebody is, and a school must say the rest."""


class UserHeld(StrEnum):
    """What an agreement says of logins with a user-held identity. None of them lets a minor do so.

    `required`: a student of age may not log in through the school; minors and staff still do.
    """

    ALLOWED = auto()
    REQUIRED = auto()
    FORBIDDEN = auto()
