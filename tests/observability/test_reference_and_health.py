"""The reference that a person reads out, and the checks that say whether logins can be taken."""

import os
import signal
from contextvars import copy_context

import pytest

from gateway.domain.errors import ErrorCode, SluisError
from gateway.observability import reference
from gateway.observability.health import Health
from gateway.observability.standing import Standing
from tests.observability.conftest import Lines
from tests.support.held import SeededRandomness


def test_a_reference_is_ten_characters_that_nobody_mixes_up(randomness: SeededRandomness):
    made = {reference.new(randomness) for _ in range(200)}

    assert len(made) == 200
    assert {len(one) for one in made} == {10}
    assert not set("ILOU") & set("".join(made))


@pytest.mark.parametrize(
    "typed", ["7K3M91X20D", "7k3m91x20d", "7K3M9 1X20D", " 7k3m9-1x20d ", "7K3M9IX2OD", "7k3m9lx2od"]
)
def test_a_reference_as_people_type_it(typed: str):
    assert reference.tidy(typed) == "7K3M91X20D"


def test_what_was_made_is_tidy(randomness: SeededRandomness):
    made = reference.new(randomness)

    assert reference.tidy(made) == made
    assert reference.tidy(made.lower()) == made


def test_a_reference_belongs_to_its_request():
    before = reference.current()
    copy_context().run(reference.bind, "7K3M91X20D")

    assert reference.current() == before != "7K3M91X20D"


def _fails() -> None:
    raise SluisError(ErrorCode.STORE_UNAVAILABLE, cause="ConnectionError")


def test_a_gateway_is_ready_when_all_its_checks_pass():
    assert Health({"short_lived": lambda: None, "lasting": lambda: None}).problems() == {}


def test_each_failing_check_is_named_with_its_code(lines: Lines):
    problems = Health({"short_lived": _fails, "lasting": lambda: None}).problems()

    assert problems == {"short_lived": "store_unavailable"}
    (line,) = lines()
    assert (line["event"], line["problem"], line["cause"]) == ("not_ready", "short_lived", "ConnectionError")


def test_what_a_worker_says_of_the_ledger_its_siblings_and_its_parent_hear():
    standing = Standing()
    for fails in (True, False):
        worker = os.fork()
        if worker == 0:
            standing.ledger_fails = fails
            os.kill(os.getpid(), signal.SIGKILL)
        os.waitpid(worker, 0)
        assert standing.ledger_fails is fails
    assert standing.warnings() == {}


def test_checks_are_carried_out_anew_each_time(lines: Lines):
    down = [True]
    health = Health({"short_lived": lambda: _fails() if down else None})
    assert health.problems()

    down.clear()
    assert health.problems() == {}
