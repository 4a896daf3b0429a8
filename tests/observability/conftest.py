"""A log of the test's own, and structlog as it was afterwards."""

import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog

from gateway.observability import log, reference

Lines = Callable[[], list[dict[str, object]]]
"""The events in the log so far. JSON lines end at a line feed alone."""


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    before, handlers = structlog.get_config(), list(logging.getLogger().handlers)
    level = logging.getLogger().level
    yield tmp_path / "var" / "sluis.log"
    log.close()
    structlog.configure(**before)
    logging.getLogger().handlers = handlers
    logging.getLogger().setLevel(level)
    reference.bind("")


@pytest.fixture
def lines(file: Path) -> Lines:
    log.configure(file=file, level="info")
    return lambda: [json.loads(line) for line in file.read_text().split("\n") if line]
