"""BRIN: the number of a school in the register of institutions."""

import re
from dataclasses import dataclass

_BRIN = re.compile(r"[0-9]{2}[A-Z]{2}([0-9]{2})?", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class Brin:
    """A BRIN of 4 characters (institution, `99DE`) or 6 (institution and branch, `99DE00`)."""

    value: str

    def __post_init__(self) -> None:
        if not _BRIN.fullmatch(self.value):
            raise ValueError("a BRIN is two digits and two capitals, with two digits more for a branch: 99DE or 99DE00")

    @property
    def main(self) -> "Brin":
        """The institution's own BRIN of 4 characters."""
        return Brin(self.value[:4]) if len(self.value) == 6 else self

    @property
    def branch(self) -> str | None:
        """The branch's two digits, or None for a BRIN of 4 characters."""
        return self.value[4:] or None

    def __str__(self) -> str:
        return self.value
