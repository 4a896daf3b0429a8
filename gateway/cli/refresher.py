"""Fetches metadata beside the workers, in processes of its own, and has the gateway take what is new."""

import os
import random
import signal
import subprocess
import sys
import time

from gateway.federation.metadata.kept import Kept
from gateway.federation.metadata.parties import configured_entities
from gateway.federation.metadata.query import asked_before
from gateway.federation.metadata.refresh import next_fetch
from gateway.federation.metadata.sources import KEPT, fetched_as
from gateway.settings.loader import Settings
from gateway.settings.models.metadata_sources import MetadataSourceEntry

_LOOK_EVERY = 5.0
"""Seconds between looks at what lies on disk, so that what an operator fetched is taken too."""
_AGAIN_AFTER = 30.0
"""Seconds before a refresher that ended is started anew."""


class Refresher:
    """The child process that watches the sources of a directory."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._watched: list[tuple[MetadataSourceEntry, frozenset[tuple[str, str]]]] = []

    def keep_running(self, settings: Settings) -> None:
        """Start it where there is something to fetch, anew for other sources, and again if it ended.

        A reload that leaves the sources as they were leaves it running: it knows what it has seen on disk.
        """
        sources = [(entry.value, _queried(settings, entry.value)) for entry in settings.metadata_sources]
        if sources != self._watched:
            self.stop()
            self._watched = sources
        if not any(source.address is not None for source, _ in sources):
            return
        ended = self._child is None or self._child.poll() is not None
        if ended and (self._child is None or time.monotonic() > self._started + _AGAIN_AFTER):
            self._started = time.monotonic()
            command = [sys.executable, "-m", "gateway.cli", "metadata", "watch", str(settings.directory)]
            self._child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)  # noqa: S603

    def stop(self) -> None:
        """End it; whatever is being fetched is thrown away."""
        if self._child is not None:
            if self._child.poll() is None:
                self._child.terminate()
            self._child = None


def watch(settings: Settings) -> None:
    """Fetch what is due, and tell the parent process whenever a document changed, until that process is gone."""
    parent, chance = os.getppid(), random.Random()  # noqa: S311 - spreads the load, guards nothing
    out_of_the_way()
    seen = _documents(settings)
    while os.getppid() == parent:
        for source in _due(settings, chance):
            command = [sys.executable, "-m", "gateway.cli", "metadata", "fetch", str(settings.directory)]
            # A process of its own gives back the memory that a large document takes.
            subprocess.run([*command, "--due", "--source", source], check=False, stdout=subprocess.DEVNULL)  # noqa: S603
        found = _documents(settings)
        if found != seen and os.getppid() == parent:
            seen = found
            os.kill(parent, signal.SIGHUP)
        time.sleep(_LOOK_EVERY)


def out_of_the_way() -> None:
    """Have less right to the processor than logins, but some: a refresh that never ends lets metadata run out."""
    os.nice(10)


def _due(settings: Settings, chance: random.Random) -> list[str]:
    now = time.time()
    return [
        entry.value.id
        for entry in settings.metadata_sources
        if entry.value.address is not None
        and (
            next_fetch(_kept(settings, entry.value.id).state(), entry.value.refresh, chance) <= now
            or {entity for entity, _ in _queried(settings, entry.value)}
            - asked_before(_kept(settings, entry.value.id)).keys()
        )
    ]


def _queried(settings: Settings, source: MetadataSourceEntry) -> frozenset[tuple[str, str]]:
    """Whom a query service is asked for."""
    return frozenset() if source.mdq is None else configured_entities(settings, source.id)


def _documents(settings: Settings) -> dict[str, tuple[int, int]]:
    found = {}
    for entry in settings.metadata_sources:
        path = _kept(settings, entry.value.id).directory / fetched_as(entry.value)
        if path.exists():
            stat = path.stat()
            found[entry.value.id] = (stat.st_mtime_ns, stat.st_ino)
    return found


def _kept(settings: Settings, source: str) -> Kept:
    return Kept(source, settings.directory / KEPT / source, (), None)
