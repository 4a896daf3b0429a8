"""Each worker on one core, where that leaves none idle or an operator wants it."""

import os
import signal
from pathlib import Path

import pytest

from gateway.cli import cores
from gateway.cli.cores import core_of_its_own, stay_on
from tests.support.reloaded import Running, running

CORES = os.sched_getaffinity(0)


@pytest.fixture
def four(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cores.os, "sched_getaffinity", lambda _process: {2, 3, 6, 7}, raising=False)


@pytest.mark.usefixtures("four")
@pytest.mark.parametrize(
    ("others", "core"),
    [((), 2), ((2,), 3), ((2, 3, 6), 7), ((2, 3, 6, 7), 2), ((2, 6, 7, 2), 3), ((None, 3, None), 2)],
)
def test_a_worker_gets_the_core_that_fewest_have(others: tuple[int | None, ...], core: int) -> None:
    assert core_of_its_own(others, workers=4, wanted=None) == core


@pytest.mark.usefixtures("four")
@pytest.mark.parametrize(
    ("workers", "wanted", "has_one"),
    [(3, None, False), (4, None, True), (5, None, True), (1, True, True), (8, False, False)],
)
def test_the_kernel_chooses_where_cores_would_be_idle_or_as_the_operator_wants(
    workers: int, wanted: bool | None, has_one: bool
) -> None:
    assert (core_of_its_own((), workers=workers, wanted=wanted) is not None) is has_one


def test_where_the_system_tells_of_no_cores_none_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(cores.os, "sched_getaffinity")
    assert core_of_its_own((), workers=64, wanted=True) is None
    stay_on(None)


def _on(workers: set[int]) -> list[set[int]]:
    return sorted((os.sched_getaffinity(one) for one in workers), key=sorted)


def _as_many_workers_as_cores(directory: Path) -> None:
    path = directory / "gateway.yaml"
    path.write_text(path.read_text().replace("workers: 2", f"workers: {len(CORES)}"))


def _others_come(gateway: Running, than: set[int]) -> bool:
    return gateway.becomes(lambda: len(gateway.workers()) == len(CORES) and not gateway.workers() & than)


def test_workers_that_come_for_others_take_their_cores(tmp_path: Path) -> None:
    each_its_own = [{core} for core in sorted(CORES)]
    with running(tmp_path / "gateway", _as_many_workers_as_cores) as gateway:
        first = gateway.workers()
        assert _on(first) == each_its_own
        os.kill(min(first), signal.SIGKILL)
        assert _others_come(gateway, {min(first)})
        second = gateway.workers()
        assert _on(second) == each_its_own
        gateway.reload()
        assert _others_come(gateway, second)
        third = gateway.workers()
        assert _on(third) == each_its_own
        with (gateway.directory / "gateway.yaml").open("a") as file:
            file.write("cpu_affinity: false\n")
        gateway.reload()
        assert _others_come(gateway, third)
        assert _on(gateway.workers()) == [CORES] * len(CORES)
