"""A worker that is killed around the ledger: a row without answer may be, an answer without row never."""

import os
import signal
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gateway.app import create_app
from gateway.cli.init import write_configuration
from gateway.parts import Parts, assemble
from gateway.settings.loader import load
from gateway.storage import ledger_reading, migrate
from gateway.storage.ledger_answers import Place
from gateway.storage.ledger_verification import verify
from gateway.web.answers import AnswersLeft
from tests.bench.parties import write_parties
from tests.flows.test_memory import InProcess

LONG_AGO, FAR_AHEAD = datetime(2020, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def dies(*_arguments: Any) -> Any:
    os.kill(os.getpid(), signal.SIGKILL)
    signal.pause()


def before_the_row(parts: Parts) -> None:
    parts.ledger._writer.write = dies


def before_the_commit(parts: Parts) -> None:
    parts.ledger._writer._keep_head = dies


def after_the_row(parts: Parts) -> None:
    append: Callable[..., None] = parts.ledger.append

    def once_more(row: Any, **seen: Any) -> None:
        append(row, **seen)
        dies()

    parts.ledger.append = once_more


def while_the_answer_leaves(_parts: Parts) -> None:
    AnswersLeft._sent = dies


def after_the_answer(parts: Parts) -> None:
    parts.ledger.answers.have_left = dies


def nowhere(_parts: Parts) -> None:
    pass


@pytest.mark.parametrize(
    ("step", "rows"),
    [
        (before_the_row, 0),
        (before_the_commit, 0),
        (after_the_row, 1),
        (while_the_answer_leaves, 1),
        (after_the_answer, 1),
        (nowhere, 1),
    ],
    ids=lambda one: getattr(one, "__name__", ""),
)
def test_a_worker_killed(step: Callable[[Parts], None], rows: int, tmp_path: Path):
    directory = tmp_path / "gateway"
    write_configuration(directory, base_url="http://127.0.0.1:8971", rsa_bits=2048, environment="test")
    write_parties(directory)
    settings = load(directory)
    parts = assemble(settings)
    migrate.upgrade(parts.engine)

    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _login(settings, step, writing)
    os.close(writing)
    with os.fdopen(reading) as told:
        answered = told.read() == "answered"
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), "it was killed, it did not fail"

    found = verify(parts.engine, parts.keys.ledger.all)
    written = list(ledger_reading.rows_between(parts.engine, since=LONG_AGO, until=FAR_AHEAD))
    left = ledger_reading.answered(parts.engine, since=LONG_AGO)
    parts.engine.dispose()
    assert found.flaws == ()
    assert len(written) == rows
    assert not answered or written
    assert answered is (step is nowhere)
    assert [Place(one.chained.writer, one.chained.number) in left for one in written] == [step is nowhere] * rows


def _login(settings: Any, step: Callable[[Parts], None], writing: int) -> None:
    """In the child: a login that dies at the step, or tells that it was answered and dies then."""
    try:
        parts = assemble(settings)
        step(parts)
        driver = InProcess("127.0.0.1", 8971)
        driver.attach(create_app(parts))
        driver.login()
        parts.ledger.flush()
        os.write(writing, b"answered")
        os.kill(os.getpid(), signal.SIGKILL)
    finally:
        os._exit(1)
