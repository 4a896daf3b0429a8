"""`python -m gateway.observability.metrics_reference`: docs/reference/metrics.md, made from the metrics themselves."""

import sys

from gateway.observability.metrics import Described, Metrics

_HEAD = """# Metrics

Made from the code by `python -m gateway.observability.metrics_reference`. They stand at `/metrics`, for the addresses
in `metrics: {allow_from: [...]}`, in the text format of Prometheus; workers of one gateway add up. No label holds
anything of a person, and each has few values: ids of the configuration, codes, outcomes. Counters count since the
gateway was started, through reloads. A dashboard for Grafana and rules for alerts lie in `deploy/observability/`.

| metric | type | labels | what |
|---|---|---|---|
"""


def reference() -> str:
    """The page."""
    return _HEAD + "".join(_row(one) for one in sorted(Metrics().described(), key=lambda one: one.name))


def _row(one: Described) -> str:
    labels = ", ".join(f"`{label}`" for label in one.labels)
    return f"| `{one.name}` | {one.type} | {labels} | {one.says} |\n"


if __name__ == "__main__":
    sys.stdout.write(reference())
