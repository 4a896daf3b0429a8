"""Counters: bounded, of nobody, and one sum over all workers."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.observability.metrics import Metrics


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PROMETHEUS_MULTIPROC_DIR", raising=False)


def _samples(metrics: Metrics, name: str) -> list[str]:
    return [line for line in metrics.render().decode().splitlines() if line.startswith(f"{name}{{")]


def test_logins_are_counted_by_how_they_ended():
    metrics = Metrics()
    for _ in range(2):
        metrics.login(service="leesplein", idp="po", outcome="released", code="")
    metrics.login(service="leesplein", idp="po", outcome="refused", code="eck_id_required")

    assert _samples(metrics, "sluis_logins_total") == [
        'sluis_logins_total{code="",idp="po",outcome="released",service="leesplein"} 2.0',
        'sluis_logins_total{code="eck_id_required",idp="po",outcome="refused",service="leesplein"} 1.0',
    ]


def test_dropped_citizen_numbers_are_counted():
    metrics = Metrics()
    metrics.citizen_numbers("po", 3)

    assert _samples(metrics, "sluis_citizen_numbers_dropped_total") == [
        'sluis_citizen_numbers_dropped_total{idp="po"} 3.0'
    ]


def test_two_gateways_in_one_process_count_for_themselves():
    one, other = Metrics(), Metrics()
    one.citizen_numbers("po", 1)

    assert _samples(other, "sluis_citizen_numbers_dropped_total") == []


@pytest.mark.parametrize("name", ["urn:mace:dir:attribute-def:cn", "urn:oid:2.5.4.3", "nlEduPersonRealId"])
def test_an_unknown_attribute_is_counted_by_its_name(name: str):
    metrics = Metrics()
    metrics.unknown_attribute("po", name)
    metrics.unknown_attribute("po", name)

    assert _samples(metrics, "sluis_unknown_attributes_total") == [
        f'sluis_unknown_attributes_total{{idp="po",name="{name}"}} 2.0'
    ]


@pytest.mark.parametrize("name", ["", "x" * 101, "a name", 'a"b', "line\nbreak", "ünï", "fenna@school.example"])
def test_an_odd_name_is_counted_as_other(name: str):
    metrics = Metrics()
    metrics.unknown_attribute("po", name)

    assert _samples(metrics, "sluis_unknown_attributes_total") == [
        'sluis_unknown_attributes_total{idp="po",name="other"} 1.0'
    ]


def test_beyond_200_names_all_are_other():
    metrics = Metrics()
    for number in range(300):
        metrics.unknown_attribute("po", f"name-{number}")
    metrics.unknown_attribute("po", "name-7")

    samples = _samples(metrics, "sluis_unknown_attributes_total")
    assert len(samples) == 201
    assert 'sluis_unknown_attributes_total{idp="po",name="other"} 100.0' in samples
    assert 'sluis_unknown_attributes_total{idp="po",name="name-7"} 2.0' in samples


_COUNTS = """
import sys
from gateway.observability.metrics import Metrics
metrics = Metrics()
metrics.login(service="leesplein", idp="po", outcome="released", code="")
sys.stdout.write(metrics.render().decode())
"""


def test_workers_add_up(tmp_path: Path):
    environment = {
        **os.environ,
        "PROMETHEUS_MULTIPROC_DIR": str(tmp_path),
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    seen = [
        subprocess.run([sys.executable, "-c", _COUNTS], env=environment, capture_output=True, text=True, check=True)
        for _ in range(3)
    ]

    sample = 'sluis_logins_total{code="",idp="po",outcome="released",service="leesplein"}'
    assert [f"{sample} {count}.0" in one.stdout for count, one in enumerate(seen, 1)] == [True] * 3
