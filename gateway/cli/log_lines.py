"""Lines of JSON logs, of however many replicas: files, directories, rotated and compressed ones, standard input."""

import gzip
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from gateway.observability.log import ALLOWED, masked

_OWN = frozenset({"timestamp", "dropped"})
_SUFFIX = ".gz"


@dataclass(frozen=True, slots=True)
class LogLine:
    """What a line says, and the name of where it stood.

    Only keys that the gateway logs are kept, each masked anew: whatever lies in a directory of logs, nothing of a
    person comes out of it.
    """

    said: dict[str, Any]
    source: str

    @property
    def moment(self) -> str:
        """When; lines of ISO 8601 in UTC sort by it."""
        return str(self.said.get("timestamp", ""))


@dataclass(frozen=True, slots=True)
class Logs:
    """Where to look: files, and streams such as standard input with their names."""

    files: Sequence[Path]
    streams: Sequence[tuple[str, IO[bytes]]] = ()

    def of(self, reference: str) -> list[LogLine]:
        """The lines with this reference, by time. Raises OSError (EOFError) for a file that cannot be read through."""
        found = [line for name, texts in self._texts() for line in _lines(name, texts, reference)]
        return sorted(found, key=lambda line: line.moment)

    def _texts(self) -> Iterator[tuple[str, Iterable[bytes]]]:
        for path in self.files:
            with gzip.open(path) if path.suffix == _SUFFIX else path.open("rb") as lines:
                yield str(path), lines
        yield from self.streams


def rotated(log: Path) -> list[Path]:
    """A log and what was rotated from it."""
    return sorted(path for path in log.parent.glob(f"{log.name}*") if path.is_file())


def below(directory: Path) -> list[Path]:
    """Every file in a directory of logs and in the directories in it, as where each replica has one of its own."""
    return sorted(path for path in directory.rglob("*") if path.is_file())


def _lines(source: str, texts: Iterable[bytes], reference: str) -> Iterator[LogLine]:
    wanted = f'"{reference}"'.encode()
    for text in texts:
        said = _read(text.decode("utf-8", errors="replace")) if wanted in text else {}
        if said.get("reference") == reference:
            yield LogLine(said, source)


def _read(text: str) -> dict[str, Any]:
    """The line; empty when it was cut off, as by a full disk. What collectors put before the JSON is left out."""
    try:
        line = json.loads(text[text.index("{") :])
    except ValueError:
        return {}
    return {key: _shown(key, value) for key, value in line.items() if key in ALLOWED | _OWN}


def _shown(key: str, value: Any) -> Any:
    return value if key == "timestamp" else masked(value)
