"""Lines of JSON logs, of however many replicas: files, directories, rotated and compressed ones, standard input."""

import gzip
import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
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
    """Where to look: files, and streams such as standard input with their names.

    `unread` says of which files something is missing, once it was looked for.
    """

    files: Sequence[Path]
    streams: Sequence[tuple[str, IO[bytes]]] = ()
    unread: list[str] = field(default_factory=list)

    def of(self, reference: str) -> list[LogLine]:
        """The lines with this reference, by time; of a file that cannot be read through, those before it breaks off."""
        found: list[LogLine] = []
        for path in self.files:
            try:
                with gzip.open(path) if path.suffix == _SUFFIX else path.open("rb") as lines:
                    found.extend(_lines(str(path), lines, reference))
            except (OSError, EOFError, zlib.error) as error:
                self.unread.append(f"{path}: {error}")
        for name, stream in self.streams:
            found.extend(_lines(name, stream, reference))
        return sorted(found, key=lambda line: line.moment)


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
