"""The stampseudonym: what Nummervoorziening makes of a first level hash, and ECK iDs of. It leaves for there alone."""

import re
from dataclasses import dataclass

from gateway.domain.eck_id import PRODUCTION_SEGMENTS, TEST_SEGMENTS

_STAMPSEUDONYM = re.compile(r"https://ketenid\.nl/sp([a-z0-9]{1,14})/[0-9a-f]{128}", re.ASCII)


@dataclass(frozen=True, slots=True, repr=False)
class Stampseudonym:
    """A valid stampseudonym. Its value never shows in a log: `repr` hides it."""

    value: str

    @classmethod
    def parse(cls, text: str, *, segments: frozenset[str]) -> "Stampseudonym":
        """Read `https://ketenid.nl/sp<segment>/<128 lowercase hex>`; `segments` are the environment's, as in ECK iDs.

        Raises ValueError, without the value in its text, for any other form, an ECK iD among them.
        """
        match = _STAMPSEUDONYM.fullmatch(text)
        if match is None:
            raise ValueError(
                "a stampseudonym is https://ketenid.nl/sp<segment>/ and 128 lowercase hexadecimal characters"
            )
        if match[1] not in segments:
            named = f"sp{match[1]}" if match[1] in PRODUCTION_SEGMENTS | TEST_SEGMENTS else "that is unknown"
            raise ValueError(f"stampseudonyms of segment {named} do not belong in this environment")
        return cls(text)

    def __repr__(self) -> str:
        return "Stampseudonym(<hidden>)"
