"""The ECK iD: the chain identifier of a learner in one sector, issued by Nummervoorziening."""

import re
from dataclasses import dataclass

from gateway.domain.sector import Sector

_ECK_ID = re.compile(r"https://ketenid\.nl/([a-z0-9]{1,16})/[0-9a-f]{128}", re.ASCII)

PRODUCTION_SEGMENTS = frozenset({"201703"})
TEST_SEGMENTS = frozenset({"pilot"})


@dataclass(frozen=True, slots=True, repr=False)
class EckId:
    """A valid ECK iD and the sector that it belongs to. Its value never shows in a log: `repr` hides it."""

    value: str
    sector: Sector

    @classmethod
    def parse(cls, text: str, *, sector: Sector, segments: frozenset[str]) -> "EckId":
        """Read `https://ketenid.nl/<segment>/<128 lowercase hex>`.

        `sector` is a school's; the ECK iD takes the sector in which it is issued. `segments` are the version
        segments of this environment. Raises ValueError, without the value in its text, for any other form and
        for a stampseudoniem (segment that starts with `sp`), which must never pass a gateway.
        """
        match = _ECK_ID.fullmatch(text)
        if match is None:
            raise ValueError("an ECK iD is https://ketenid.nl/<segment>/ and 128 lowercase hexadecimal characters")
        segment = match[1]
        if segment.startswith("sp"):
            raise ValueError("this is a stampseudoniem, not an ECK iD")
        if segment not in segments:
            named = segment if segment in PRODUCTION_SEGMENTS | TEST_SEGMENTS else "that is unknown"
            raise ValueError(f"ECK iDs of segment {named} do not belong in this environment")
        return cls(text, sector.eck)

    def __repr__(self) -> str:
        return f"EckId(<hidden>, {self.sector})"
