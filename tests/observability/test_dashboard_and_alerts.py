"""The dashboard, the alerts and the reference speak of the metrics that there are."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.observability.metrics import Described, Metrics
from gateway.observability.metrics_reference import reference

ROOT = Path(__file__).parents[2]
_PARTS_OF_HISTOGRAMS = ("_bucket", "_sum", "_count")
OF_PROMETHEUS = {"le", "job"}


def _metrics() -> dict[str, Described]:
    found = {one.name: one for one in Metrics().described()}
    for one in list(found.values()):
        if one.type == "histogram":
            found |= {one.name + part: one for part in _PARTS_OF_HISTOGRAMS}
    return found


def _panels() -> list[dict[str, Any]]:
    return list(json.loads((ROOT / "deploy/observability/dashboard.json").read_text())["panels"])


def _rules() -> list[dict[str, Any]]:
    [group] = yaml.safe_load((ROOT / "deploy/observability/alerts.yaml").read_text())["groups"]
    return list(group["rules"])


def _expressions() -> list[str]:
    return [target["expr"] for panel in _panels() for target in panel["targets"]] + [rule["expr"] for rule in _rules()]


@pytest.mark.parametrize("expression", _expressions())
def test_what_is_asked_for_is_counted(expression: str):
    metrics = _metrics()
    names = re.findall(r"\bsluis_\w+", expression)
    assert names or expression == 'up{job="sluis"} == 0'
    assert set(names) <= set(metrics)
    labels = OF_PROMETHEUS.union(*(metrics[name].labels for name in names))
    grouped = {label.strip() for group in re.findall(r"by \(([^)]*)\)", expression) for label in group.split(",")}
    matched = set(re.findall(r"[{,]\s*(\w+)\s*=~?", expression))
    assert grouped | matched <= labels


def test_the_dashboard_shows_all_that_is_counted():
    shown = {
        name for panel in _panels() for target in panel["targets"] for name in re.findall(r"sluis_\w+", target["expr"])
    }
    metrics = _metrics()
    assert {metrics[name].name for name in shown} >= {one.name for one in metrics.values()} - {
        "sluis_metadata_entities"
    }
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in _panels()]
    assert len(set(places)) == len(places), "no panel lies on another"


def test_what_the_metrics_call_alarming_has_an_alert():
    watched = " ".join(rule["expr"] for rule in _rules())
    alarming = {one.name for one in _metrics().values() if "Alarm on" in one.says}
    assert alarming
    assert {name for name in alarming if name not in watched} == set()


def test_every_alert_says_what_is_wrong_and_what_to_do():
    for rule in _rules():
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert set(rule["annotations"]) == {"summary", "action"}
        fields = re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"])
        assert all(re.search(rf"by \([^)]*\b{field}\b", rule["expr"]) for field in fields)


def test_the_reference_is_of_these_metrics():
    page = (ROOT / "docs/reference/metrics.md").read_text()
    assert page == reference(), "run: python -m gateway.observability.metrics_reference > docs/reference/metrics.md"
