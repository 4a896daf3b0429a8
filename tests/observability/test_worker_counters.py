"""Workers come and go with every reload; what they counted stays, and their files do not."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway.observability.worker_counters import fold, reading

_WORKER = """
import sys
from gateway.observability.metrics import Metrics
metrics = Metrics()
metrics.login(service=sys.argv[1], idp="po", outcome="released", code="")
metrics.durations.waited(0.02)
metrics.stood_on.watch_store("short_lived")(False)
metrics.watch_agreements(lambda: {sys.argv[1]: 1})
sys.stdout.write(metrics.render().decode())
sys.stdout.flush()
sys.stdin.read()
"""
LEFT = {"counter_gone.db", "histogram_gone.db"}
"""One file a kind of counter."""
SAMPLE = 'sluis_logins_total{code="",idp="po",outcome="released",service="leesplein"}'


@contextmanager
def _worker(directory: Path, service: str = "leesplein") -> Iterator["subprocess.Popen[str]"]:
    environment = {
        **os.environ,
        "PROMETHEUS_MULTIPROC_DIR": str(directory),
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    command = (sys.executable, "-c", _WORKER, service)
    with subprocess.Popen(command, env=environment, stdin=-1, stdout=-1, text=True) as process:
        yield process


def _rendered(directory: Path, service: str = "leesplein") -> str:
    """What a worker shows that has counted one login itself, and is gone then."""
    with _worker(directory, service) as process:
        shown, _ = process.communicate("")
    return shown


def _files(directory: Path) -> set[str]:
    return {path.name for path in directory.glob("*.db")}


def test_workers_that_are_gone_leave_a_file_a_kind_and_all_that_they_counted(tmp_path: Path):
    for _ in range(3):
        _rendered(tmp_path)
        fold(tmp_path)
    assert _files(tmp_path) == LEFT
    shown = _rendered(tmp_path)
    assert f"{SAMPLE} 4.0" in shown
    assert 'sluis_waited_seconds_bucket{le="0.01"} 0.0' in shown
    assert 'sluis_waited_seconds_bucket{le="0.025"} 4.0' in shown


def test_states_that_a_worker_told_end_with_it(tmp_path: Path):
    assert 'matter="ended"' in _rendered(tmp_path, "ended")
    fold(tmp_path)
    shown = _rendered(tmp_path, "suspended")
    assert 'matter="suspended"' in shown
    assert 'matter="ended"' not in shown


def test_a_worker_that_lives_keeps_its_files(tmp_path: Path):
    with _worker(tmp_path) as process:
        assert process.stdout is not None
        process.stdout.readline()
        fold(tmp_path)
        assert f"counter_{process.pid}.db" in _files(tmp_path)
        process.communicate("")
    fold(tmp_path)
    assert _files(tmp_path) == LEFT


def test_nothing_is_folded_while_somebody_reads(tmp_path: Path):
    _rendered(tmp_path)
    before = _files(tmp_path)
    with reading(tmp_path):
        fold(tmp_path)
        left = _files(tmp_path)
    assert {name.rpartition("_")[0] for name in before - left} == {"gauge_livemin"}, "no reader misses that"
    fold(tmp_path)
    assert _files(tmp_path) == LEFT


def test_what_a_worker_left_that_was_killed_while_it_wrote_keeps_nobody_from_the_metrics(tmp_path: Path):
    _rendered(tmp_path)
    (tmp_path / "counter_1999999998.db").write_bytes(b"")
    (tmp_path / "counter_1999999999.db").write_bytes((99).to_bytes(4, "little") + b"\0" * 4 + b"\x77" * 8)
    fold(tmp_path)
    assert _files(tmp_path) == LEFT
    assert f"{SAMPLE} 2.0" in _rendered(tmp_path)
