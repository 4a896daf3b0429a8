"""The door at which citizen numbers are dropped: by name, or by shape (law 4)."""

import re

_NAMES = re.compile(
    r"(?:^|[:._-])(?:bsn|pgn|onderwijsnummer|sofinummer|burgerservicenummer|citizenservicenumber|nationalid|"
    r"persoonsgebondennummer|norEduPersonNIN)$",
    re.IGNORECASE,
)
_DIGITS = re.compile(r"[0-9]{8,9}", re.ASCII)
_BETWEEN = str.maketrans("", "", " .-")


def is_named_so(name: str) -> bool:
    """Whether an attribute's name, or the last part of its URN, says citizen number."""
    return _NAMES.search(name) is not None


def looks_like_one(value: str) -> bool:
    """Whether a value, or what stands before its @, has the shape of a BSN or an onderwijsnummer.

    Nine digits (or eight, with the leading zero left out) whose weighted sum 9a+8b+7c+6d+5e+4f+3g+2h-1i is divisible
    by eleven (BSN), or leaves five (onderwijsnummer); dots, spaces and hyphens between digits do not hide one.
    """
    digits = value.partition("@")[0].translate(_BETWEEN)
    if not _DIGITS.fullmatch(digits):
        return False
    numbers = [int(digit) for digit in digits.zfill(9)]
    if not any(numbers):
        return False
    weighted = sum(weight * number for weight, number in zip(range(9, 1, -1), numbers[:8], strict=True))
    return (weighted - numbers[8]) % 11 in (0, 5)
