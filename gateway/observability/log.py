"""JSON lines, one an event, with nothing of a person in them."""

import json
import logging
import os
import re
import sys
import threading
import traceback
from collections.abc import MutableMapping
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

import structlog

from gateway.domain.errors import SluisError
from gateway.observability import reference

ALLOWED = frozenset(
    {
        "event",
        "level",
        "timestamp",
        "reference",
        "worker",
        "service",
        "idp",
        "school",
        "subject_kind",
        "code",
        "hint",
        "cause",
        "force",
        "passive",
        "where",
        "path",
        "problem",
        "count",
        "version",
        "logger",
        "outcome",
        "by",
        "party",
        "complete",
        "told",
        "store",
        "endpoint",
    }
)
"""Keys that may be logged. Any other is dropped, and its name, never its value, is kept under `dropped`."""

_MASKS = (
    (re.compile(r"\S*ketenid(?:\.|%2e)nl\S*|[0-9a-f]{128}", re.IGNORECASE), "<eck-id>"),
    (re.compile(r"[^\s@<>\"']+(?:@|%40)[^\s@<>\"']+"), "<address>"),
    (re.compile(r"(?<![0-9A-Za-z])[0-9](?:[ .-]?[0-9]){7,8}(?![0-9A-Za-z])"), "<number>"),
)
_SUSPECT = re.compile(r"ketenid|@|%40|[0-9](?:[ .-]?[0-9]){7}|[0-9a-f]{128}", re.IGNORECASE)
"""One look that tells whether a mask could apply at all."""
_MAX_LENGTH = 500
_ENCODER = json.JSONEncoder(ensure_ascii=False)

Event = MutableMapping[str, Any]

_in_use: "list[_Lines]" = []


def configure(*, file: Path | None, level: str) -> None:
    """Send events to the file, or to standard error when there is none; and a trace of what libraries warn of.

    The file is opened to append, so that all workers share it, and opened anew when it was rotated away.
    """
    close()
    lines = _Lines(file)
    _in_use[:] = [lines]
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            _place,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _cause,
            _redact,
            _line,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=lambda *_: lines,
        cache_logger_on_first_use=False,
    )
    logging.getLogger().handlers = [_FromLibraries()]
    logging.getLogger().setLevel(logging.WARNING)


def close() -> None:
    """Close the file that events went to. Nothing is lost: each line was written when it came."""
    for lines in _in_use:
        lines.close()


class _Lines:
    """Writes a line at once; what structlog calls a logger. Threads take turns, processes append in one call each."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._turn = threading.Lock()
        self._opened: tuple[BinaryIO, tuple[int, int]] | None = None

    def msg(self, line: str) -> None:
        """Append the line to wherever the file's name leads now; to standard error while that cannot be written.

        A log that cannot be written ends no login.
        """
        if self._file is None:
            _to_standard_error(line)
            return
        try:
            with self._turn:
                self._follow(self._file).write(f"{line}\n".encode(errors="backslashreplace"))
        except OSError:
            _to_standard_error(line)

    debug = info = warning = error = critical = msg

    def close(self) -> None:
        """Let go of the file; a line that comes later opens it again."""
        with self._turn:
            self._let_go()

    def __del__(self) -> None:
        self._let_go()

    def _follow(self, file: Path) -> BinaryIO:
        if self._opened is not None:
            stream, identity = self._opened
            with suppress(FileNotFoundError):
                if _identity(os.stat(file)) == identity:  # noqa: PTH116 - on every line
                    return stream
            self._let_go()
        file.parent.mkdir(parents=True, exist_ok=True)
        stream = file.open("ab", buffering=0)
        self._opened = stream, _identity(os.fstat(stream.fileno()))
        return stream

    def _let_go(self) -> None:
        if self._opened is not None:
            self._opened[0].close()
            self._opened = None


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino


def _to_standard_error(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


class _FromLibraries(logging.Handler):
    """A library's message may quote anything: only where it came from is kept, and of an exception what is of ours."""

    def emit(self, record: logging.LogRecord) -> None:
        _, error, _ = record.exc_info or (None, None, None)
        structlog.get_logger("sluis").warning(
            "library_message", logger=record.name, where=f"{record.module}:{record.lineno}", exc_info=error
        )


def _place(_logger: Any, _method: str, event: Event) -> Event:
    """Which login, which process."""
    if reference.current():
        event["reference"] = reference.current()
    event["worker"] = os.getpid()
    return event


def _cause(_logger: Any, _method: str, event: Event) -> Event:
    """An exception becomes its type and the places it went through: its text and variables may hold anything."""
    error = event.pop("exc_info", None)
    if isinstance(error, BaseException):
        frames = traceback.extract_tb(error.__traceback__)[-6:]
        event["cause"] = type(error).__name__
        if isinstance(error, SluisError):
            # Our own say what they are, and what they came of as a sentence of ours or another exception.
            event["code"] = error.code.value
            event["cause"] = error.cause if isinstance(error.cause, str) and error.cause else type(error).__name__
        event["where"] = " > ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames)
    return event


def _redact(_logger: Any, _method: str, event: Event) -> Event:
    """Only allowed keys, each value masked; the time is the log's own and stays as it is."""
    kept: Event = {"timestamp": event.pop("timestamp", "")}
    dropped = []
    for key, value in event.items():
        if key not in ALLOWED:
            dropped.append(key)
        elif value not in (None, ""):
            kept[key] = masked(value)
    if dropped:
        kept["dropped"] = sorted(dropped)
    return kept


def _line(_logger: Any, _method: str, event: Event) -> str:
    return _ENCODER.encode(event)


def masked(value: Any) -> Any:
    """The value as it may be logged: texts shortened, and what looks like a person's identifier masked."""
    if isinstance(value, bool | int | float):
        return value
    text = str(value)
    if _SUSPECT.search(text):
        for pattern, mask in _MASKS:
            text = pattern.sub(mask, text)
    return text[:_MAX_LENGTH]
