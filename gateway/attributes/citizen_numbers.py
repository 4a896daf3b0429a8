"""The door at which citizen numbers are dropped: by name, or by shape (law 4)."""

import re
import unicodedata
from functools import lru_cache

_NAMES = re.compile(
    r"(?:^|[:._/-])(?:bsn|pgn|onderwijsnummer|sofinummer|burgerservicenummer|citizenservicenumber|nationalid|"
    r"persoonsgebondennummer|schacPersonalUniqueID|1\.3\.6\.1\.4\.1\.25178\.1\.2\.15|norEduPersonNIN)$",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"[\W_]+")
_DIGITS = re.compile(r"\d{8,9}")


@lru_cache(maxsize=2048)
def is_named_so(name: str) -> bool:
    """Whether an attribute's name, or the last part of its URN, says citizen number."""
    return _NAMES.search(name) is not None


def looks_like_one(value: str) -> bool:
    """Whether a value has the shape of a BSN or an onderwijsnummer, or is a URN that says to hold one.

    Looked at is what stands before an @ and behind the last colon (`urn:schac:personalUniqueCode:...:<number>`).
    Nine digits (or eight, with the leading zero left out) whose weighted sum 9a+8b+7c+6d+5e+4f+3g+2h-1i is divisible
    by eleven are a BSN; nine that begin with 10 and leave five are an onderwijsnummer. Digits of any script count,
    and nothing but letters and digits between them hides a number.
    """
    local = value.partition("@")[0]
    path, _, last = local.rpartition(":")
    if path and is_named_so(path):
        return True
    digits = _BETWEEN.sub("", last if last.isascii() else unicodedata.normalize("NFKC", last))
    if not _DIGITS.fullmatch(digits):
        return False
    numbers = [int(digit) for digit in digits.zfill(9)]
    if not any(numbers):
        return False
    weighted = sum(weight * number for weight, number in zip(range(9, 1, -1), numbers[:8], strict=True))
    remainder = (weighted - numbers[8]) % 11
    return remainder == 0 or (remainder == 5 and numbers[:2] == [1, 0])
