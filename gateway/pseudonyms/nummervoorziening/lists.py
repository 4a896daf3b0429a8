"""The chains and the sectors that Nummervoorziening has, as it said last."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from gateway.domain.clock import Clock
from gateway.pseudonyms.nummervoorziening.client import Named
from gateway.pseudonyms.nummervoorziening.faults import NummervoorzieningFailed
from gateway.storage.eck_id_lists import SqlLists

FRESH = timedelta(days=1)
"""How long nobody asks again."""


class Lists(Protocol):
    """What is used of the client. Both raise NummervoorzieningFailed."""

    def chains(self, oin: str) -> list[Named]:
        """The chains that there are."""
        ...

    def sectors(self, oin: str) -> list[Named]:
        """The sectors that there are."""
        ...


@dataclass(frozen=True, slots=True)
class Known:
    """Chains and sectors, as of a moment; `failed`: it was asked anew, and why that did not help."""

    chains: tuple[Named, ...]
    sectors: tuple[Named, ...]
    fetched: datetime
    failed: NummervoorzieningFailed | None = None

    def lacks(self, chain: str, sectors: tuple[str, ...]) -> list[str]:
        """Ids among these that Nummervoorziening does not have."""
        there = {one.id for one in (*self.chains, *self.sectors)}
        return [one for one in (chain, *sectors) if one not in there]


class KnownLists:
    """Asks once a day; while there is no answer, what was said before is what counts."""

    def __init__(self, *, service: Lists, store: SqlLists, clock: Clock) -> None:
        self._service = service
        self._store = store
        self._clock = clock

    def known(self, oin: str, *, anew: bool = False) -> Known:
        """The lists; `anew`: asked now.

        Raises NummervoorzieningFailed when nothing was ever said, or SQLAlchemyError.
        """
        kept = self._kept()
        now = self._clock.now()
        if kept is not None and not anew and now < kept.fetched + FRESH:
            return kept
        try:
            chains, sectors = self._service.chains(oin), self._service.sectors(oin)
        except NummervoorzieningFailed as cause:
            if kept is None:
                raise
            return Known(kept.chains, kept.sectors, kept.fetched, cause)
        for kind, found in (("chains", chains), ("sectors", sectors)):
            self._store.put(kind, [(one.id, one.name) for one in found], now)
        return Known(tuple(chains), tuple(sectors), now)

    def _kept(self) -> Known | None:
        chains, sectors = self._store.find("chains"), self._store.find("sectors")
        if chains is None or sectors is None:
            return None
        named = [tuple(Named(*pair) for pair in one.pairs) for one in (chains, sectors)]
        return Known(named[0], named[1], min(chains.fetched, sectors.fetched))
