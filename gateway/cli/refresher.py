"""Fetches metadata and keys of clients beside the workers, in a process of its own; the gateway takes what is new."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from gateway.cli.client_keys import ClientKeys
from gateway.cli.gently import out_of_the_way
from gateway.domain.clock import Clock
from gateway.federation.metadata.kept import Kept
from gateway.federation.metadata.parties import configured_entities
from gateway.federation.metadata.query import asked_before
from gateway.federation.metadata.refresh import next_fetch
from gateway.federation.metadata.sources import FETCHED, KEPT
from gateway.federation.published_keys import FILE as KEYS
from gateway.federation.published_keys import KEPT as KEPT_KEYS
from gateway.federation.published_keys import published
from gateway.settings.loader import Settings
from gateway.settings.models.metadata_sources import MetadataSourceEntry
from gateway.web.outgoing import OutgoingHttp

_LOOK_EVERY = 5.0
"""Seconds between looks at what lies on disk, so that what an operator fetched is taken too."""
_AGAIN_AFTER = 30.0
"""Seconds before a refresher that ended is started anew."""

Documents = dict[str, tuple[int, int]]
"""By the id of the source, or `keys of` a service: when its document was put in place, in nanoseconds, and which file
it is, by number."""

_Queried = list[tuple[MetadataSourceEntry, frozenset[tuple[str, str]]]]
"""Sources, and whom a query service is asked for."""


class Refresher:
    """The child process that watches the sources of a directory."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._watched: tuple[_Queried, list[tuple[str, str]]] = ([], [])
        self.seen: Documents = {}
        """What `documents` said before the configuration in use was loaded."""
        self.tried: Documents = {}
        """The same of the last one that was loaded, be it in use or refused."""

    def keep_running(self, settings: Settings) -> None:
        """Start it where there is something to fetch, anew for other sources, and again if it ended.

        A reload that leaves the sources as they were leaves it running: it knows what it has seen on disk.
        """
        sources = [(entry.value, _queried(settings, entry.value)) for entry in settings.metadata_sources]
        keys = published(settings)
        if (sources, keys) != self._watched:
            self.stop()
            self._watched = sources, keys
        if not keys and not any(source.address is not None for source, _ in sources):
            return
        ended = self._child is None or self._child.poll() is not None
        if ended and (self._child is None or time.monotonic() > self._started + _AGAIN_AFTER):
            self._started = time.monotonic()
            command = [sys.executable, "-m", "gateway.cli", "metadata", "watch", str(settings.directory)]
            command += ["--seen", json.dumps(self.seen)]
            self._child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)  # noqa: S603

    def stop(self) -> None:
        """End it; whatever is being fetched is thrown away."""
        if self._child is not None:
            if self._child.poll() is None:
                self._child.terminate()
            self._child = None


@dataclass(slots=True)
class Watch:
    """What the child process knows: the documents that the gateway has, by what `documents` says of them."""

    settings: Settings
    seen: Documents
    fetch: Callable[[str], None]
    tell: Callable[[], None]
    chance: random.Random = field(default_factory=random.Random)
    keys: ClientKeys | None = None

    def look(self, now: datetime) -> None:
        """Fetch what is due, and tell when a document is another than the gateway has."""
        for source in self._due(now.timestamp()):
            self.fetch(source)
        if self.keys is not None:
            self.keys.fetch_due(now)
        found = documents(self.settings.directory)
        if found != self.seen:
            self.seen = found
            self.tell()

    def _due(self, now: float) -> list[str]:
        entries = [entry.value for entry in self.settings.metadata_sources if entry.value.address is not None]
        return [value.id for value in entries if self._next(value) <= now or self._has_new_parties(value)]

    def _next(self, value: MetadataSourceEntry) -> float:
        return next_fetch(_kept(self.settings, value.id).state(), value.refresh, self.chance)

    def _has_new_parties(self, value: MetadataSourceEntry) -> bool:
        wanted = {entity for entity, _ in _queried(self.settings, value)}
        return not wanted <= asked_before(_kept(self.settings, value.id)).keys()


def watch(settings: Settings, seen: Documents, *, clock: Clock, pause: Callable[[float], None] = time.sleep) -> None:
    """Look after the sources, and have the parent process take what is new, until that process is gone."""
    parent = os.getppid()
    out_of_the_way()

    def fetch(source: str) -> None:
        command = [sys.executable, "-m", "gateway.cli", "metadata", "fetch", str(settings.directory)]
        # A process of its own gives back the memory that a large document takes.
        subprocess.run([*command, "--due", "--source", source], check=False, stdout=subprocess.DEVNULL)  # noqa: S603

    def tell() -> None:
        if os.getppid() == parent:
            # Not SIGHUP: an operator who reloaded meanwhile had it taken.
            os.kill(parent, signal.SIGUSR2)

    looking = Watch(settings, seen, fetch, tell, keys=ClientKeys(settings, OutgoingHttp()))
    while os.getppid() == parent:
        looking.look(clock.now())
        pause(_LOOK_EVERY)


def documents(directory: Path) -> Documents:
    """What was fetched for a configuration: when each document was put in place, and which file it is.

    Taken before a configuration is loaded, so that what is put there meanwhile counts as new.
    """
    found = {}
    documents = [(one.parent.name, one) for one in (directory / KEPT).glob("*/*") if one.name in FETCHED]
    documents += [(f"keys of {one.parent.name}", one) for one in (directory / KEPT_KEYS).glob(f"*/{KEYS}")]
    for name, path in sorted(documents):
        with suppress(FileNotFoundError):
            stat = path.stat()
            found[name] = (stat.st_mtime_ns, stat.st_ino)
    return found


def _queried(settings: Settings, source: MetadataSourceEntry) -> frozenset[tuple[str, str]]:
    """Whom a query service is asked for."""
    return frozenset() if source.mdq is None else configured_entities(settings, source.id)


def _kept(settings: Settings, source: str) -> Kept:
    return Kept(source, settings.directory / KEPT / source, (), None)
