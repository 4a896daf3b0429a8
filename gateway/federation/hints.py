"""What was probably meant, where a name is not known."""

import difflib
from collections.abc import Collection, Iterable

from gateway.domain.brin import Brin


def did_you_mean(written: str, known: Iterable[str]) -> str:
    """A question with the nearest known name; empty when none is near."""
    close = difflib.get_close_matches(written, list(known), n=1)
    return f"did you mean {close[0]}?" if close else ""


def school_hint(brin: Brin, known: Collection[Brin]) -> str:
    """What to do about a BRIN that no school has."""
    if brin.main in known:
        return f"{brin.main} has an entry, and its branches with it; name that, or give {brin} an entry of its own"
    return did_you_mean(str(brin), map(str, known)) or "add it to schools/"
