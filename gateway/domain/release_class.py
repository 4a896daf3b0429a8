"""How freely an attribute may go."""

from enum import StrEnum


class ReleaseClass(StrEnum):
    """`base`: to any service with an agreement; `justified`: only with a purpose; `never`: to none."""

    BASE = "base"
    JUSTIFIED = "justified"
    NEVER = "never"
