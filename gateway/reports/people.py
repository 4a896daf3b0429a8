"""Counting distinct people in little memory: each gets a number, and a group of them is a row of bits."""

from collections import defaultdict
from dataclasses import dataclass, field


@dataclass(slots=True)
class Crowd:
    """Everybody who was counted. A change of ledger keys makes two of one person, which nobody can tell.

    So the size of a group is that of the largest part that one key knows: never more people than there were.
    """

    _numbers: dict[tuple[str, str], int] = field(default_factory=dict)
    _of_key: defaultdict[str, bytearray] = field(default_factory=lambda: defaultdict(bytearray))

    @property
    def keys(self) -> int:
        """How many ledger keys know somebody."""
        return len(self._of_key)

    def put(self, group: bytearray, key_id: str, subject: str) -> None:
        """Put the person whom this key knows by this hash into the group."""
        number = self._numbers.setdefault((key_id, subject), len(self._numbers))
        _set(group, number)
        _set(self._of_key[key_id], number)

    def size(self, group: int) -> int:
        """How many people there are in a group at least; exactly so many, if one key knows them all."""
        return max((group & _bits(known)).bit_count() for known in self._of_key.values()) if self._of_key else 0


@dataclass(frozen=True, slots=True)
class Count:
    """Logins, and the group of people whose they were (as bits, for `Crowd.size`)."""

    logins: int = 0
    people: int = 0

    def __add__(self, other: "Count") -> "Count":
        return Count(self.logins + other.logins, self.people | other.people)


@dataclass(slots=True)
class Tally:
    """A count while it is made."""

    logins: int = 0
    people: bytearray = field(default_factory=bytearray)

    def done(self) -> Count:
        """The count."""
        return Count(self.logins, _bits(self.people))


def _set(bits: bytearray, number: int) -> None:
    byte, bit = divmod(number, 8)
    if byte >= len(bits):
        bits.extend(bytes(byte + 1 - len(bits)))
    bits[byte] |= 1 << bit


def _bits(group: bytearray) -> int:
    return int.from_bytes(group, "little")
