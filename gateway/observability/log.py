"""JSON lines, one an event, with nothing of a person in them."""

import logging
import os
import re
import sys
import traceback
from collections.abc import MutableMapping
from logging.handlers import WatchedFileHandler
from pathlib import Path
from typing import Any

import structlog

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
    }
)
"""Keys that may be logged. Any other is dropped, and its name, never its value, is kept under `dropped`."""

_MASKS = (
    (re.compile(r"https://ketenid\.nl/\S*"), "<eck-id>"),
    (re.compile(r"[^\s@<>\"']+@[^\s@<>\"']+"), "<address>"),
    (re.compile(r"(?<![0-9A-Za-z])[0-9](?:[ .-]?[0-9]){7,8}(?![0-9A-Za-z])"), "<number>"),
)
_MAX_LENGTH = 500

Event = MutableMapping[str, Any]


def configure(*, file: Path | None, level: str) -> None:
    """Send events, and what libraries log from WARNING on, to the file, or to standard error when there is none.

    The file is opened to append, so that all workers share it, and opened anew when it was rotated away.
    """
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
    handler = WatchedFileHandler(file, encoding="utf-8") if file else logging.StreamHandler(sys.stderr)
    chain = [_place, _cause, _redact]
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_log_level, _foreign],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *chain, _render()],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("sluis").setLevel(level.upper())
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.add_log_level,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def _render() -> Any:
    return structlog.processors.JSONRenderer(ensure_ascii=False, sort_keys=False)


def _foreign(_logger: Any, _method: str, event: Event) -> Event:
    """A library's message may quote anything: only where it came from is kept."""
    record = event.get("_record")
    return {
        "event": "library_message",
        "level": event.get("level", "warning"),
        "logger": getattr(record, "name", ""),
        "where": f"{getattr(record, 'module', '')}:{getattr(record, 'lineno', '')}",
        "_record": record,
        "_from_structlog": False,
    }


def _place(_logger: Any, _method: str, event: Event) -> Event:
    stamp = structlog.processors.TimeStamper(fmt="iso", utc=True)
    placed = {"timestamp": "", "level": event.get("level"), "event": event.get("event")}
    if reference.current():
        placed["reference"] = reference.current()
    return stamp(None, "", {**placed, **event, "worker": os.getpid()})


def _cause(_logger: Any, _method: str, event: Event) -> Event:
    """An exception becomes its type and the places it went through: its text and variables may hold anything."""
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()[1]
    if isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        frames = traceback.extract_tb(error.__traceback__)[-6:]
        event["cause"] = type(error).__name__
        event["where"] = " > ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames)
    return event


def _redact(_logger: Any, _method: str, event: Event) -> Event:
    kept = {key: masked(value) for key, value in event.items() if key in ALLOWED and value not in (None, "")}
    dropped = sorted(key for key in event if key not in ALLOWED)
    return {**kept, "dropped": dropped} if dropped else kept


def masked(value: Any) -> Any:
    """The value as it may be logged: texts shortened, and what looks like a person's identifier masked."""
    if isinstance(value, bool | int | float):
        return value
    text = str(value)
    for pattern, mask in _MASKS:
        text = pattern.sub(mask, text)
    return text[:_MAX_LENGTH]
