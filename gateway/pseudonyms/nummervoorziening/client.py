"""The operations of Nummervoorziening: SOAP 1.1 with WS-Addressing 1.0, over mutual TLS (domain facts 2.4 and 2.7)."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gateway.pseudonyms.nummervoorziening.soap import Connection


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the service is, and what proves who asks. Paths are of PEM files; `authorities` None: the system's."""

    url: str
    certificate: Path
    key: Path
    authorities: Path | None = None
    seconds: float = 10.0


@dataclass(frozen=True, slots=True)
class Named:
    """A chain or a sector."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Batch:
    """What became of a batch: values by index, and the indices of those that failed, with what the service says."""

    values: Mapping[int, str] = field(repr=False)
    failed: Mapping[int, str] = field(repr=False)


class Nummervoorziening:
    """Asks the service in the name of a school, by its OIN. Each thread has a connection of its own.

    Every call raises NummervoorzieningFailed. Nothing is asked a second time by itself.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._held = threading.local()
        self._connections: list[Connection] = []

    def close(self) -> None:
        """Close the connections of every thread."""
        while self._connections:
            self._connections.pop().close()

    def available(self, oin: str) -> bool:
        """Whether the service says that it works."""
        return bool(self._ask("ping", oin).available)

    def stampseudonym(self, oin: str, hpgn: str) -> str:
        """The stampseudonym of a first level hash."""
        return str(self._ask("retrieveStampseudonym", oin, hpgn=hpgn))

    def eck_id(self, oin: str, stampseudonym: str, *, chain: str, sector: str) -> str:
        """The ECK iD of a stampseudonym in a sector; ids of chain and sector are URIs."""
        return str(self._ask("retrieveEckId", oin, stampseudonym=stampseudonym, chainId=chain, sectorId=sector))

    def submit_hashes(self, oin: str, hpgns: Mapping[int, str]) -> str:
        """Ask for stampseudonyms of first level hashes, known by their numbers; the batch's identifier."""
        listed = [{"index": index, "hPgn": hpgn} for index, hpgn in hpgns.items()]
        return str(self._ask("submitStampseudonymBatch", oin, hpgnList=listed))

    def submit_stampseudonyms(self, oin: str, stampseudonyms: Mapping[int, str], *, chain: str, sector: str) -> str:
        """Ask for ECK iDs of stampseudonyms, known by their numbers; the batch's identifier."""
        listed = [{"index": index, "stampseudonym": one} for index, one in stampseudonyms.items()]
        return str(self._ask("submitEckIdBatch", oin, stampseudonymList=listed, chainId=chain, sectorId=sector))

    def batch(self, oin: str, identifier: str) -> Batch:
        """The outcome of a batch. It can be fetched once: keep it before anything else is done."""
        found = self._ask("retrieveBatch", oin, batchIdentifier=identifier)
        return Batch(
            {int(one.index): str(one.value) for one in found.success},
            {int(one.index): str(one.errorMessage) for one in found.failed},
        )

    def replace(self, oin: str, old: str, new: str, *, effective: datetime | None = None) -> str:
        """Have the hash `new` stand for the stampseudonym of `old`, from a moment on; what `new` has now."""
        more = {} if effective is None else {"effectiveDate": effective}
        return str(self._ask("replaceStampseudonym", oin, hpgnOld=old, hpgnNew=new, **more))

    def chains(self, oin: str) -> list[Named]:
        """The chains that there are."""
        return [Named(str(one.id), str(one.name)) for one in self._ask("retrieveChains", oin)]

    def sectors(self, oin: str) -> list[Named]:
        """The sectors that there are."""
        return [Named(str(one.id), str(one.name)) for one in self._ask("retrieveSectors", oin)]

    def _ask(self, operation: str, oin: str, **said: Any) -> Any:
        return self._connection().ask(operation, oin, said)

    def _connection(self) -> "Connection":
        # A gateway that asks nobody does without zeep: it takes a quarter of a second and many megabytes.
        from gateway.pseudonyms.nummervoorziening.soap import Connection  # noqa: PLC0415

        found: Connection | None = getattr(self._held, "connection", None)
        if found is None:
            one = self._endpoint
            found = self._held.connection = Connection(one.url, one.certificate, one.key, one.authorities, one.seconds)
            self._connections.append(found)
        return found
