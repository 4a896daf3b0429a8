"""Health and metrics say how many agreements end, before they do."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.federation.ending import agreement_counts, agreement_warnings
from gateway.federation.snapshot import Federation
from gateway.observability.metrics import Metrics
from tests.support.held import HeldClock
from tests.support.releasing import TODAY, world


def federation(*until, suspended=None):
    [agreement] = world().agreements
    agreements = [replace(agreement, valid_until=one, suspended=suspended) for one in until]
    return Federation.of(schools=(), identity_providers=(), services=(), agreements=agreements)


@pytest.mark.parametrize(("days", "matter"), [(-1, "ended"), (0, "ending"), (29, "ending"), (30, None), (None, None)])
def test_what_is_the_matter_with_an_agreement(days, matter):
    until = None if days is None else TODAY + timedelta(days=days)
    counts = agreement_counts(federation(until), TODAY)
    assert counts == {"ending": 0, "ended": 0, "suspended": 0} | ({matter: 1} if matter else {})
    assert agreement_counts(federation(until, suspended="a breach"), TODAY)["suspended"] == 1


def test_health_warns_and_metrics_count():
    clock = HeldClock()
    soon = federation(TODAY + timedelta(days=40), None)
    warnings, metrics = agreement_warnings(soon, clock), Metrics()
    metrics.watch_agreements(lambda: agreement_counts(soon, clock.now().date()))
    assert warnings() == {}
    assert b'sluis_agreements{matter="ending"} 0.0' in metrics.render()
    clock.forward(days=11)
    assert warnings() == {"agreements": "1 end within 30 days; `sluis check` says which"}
    assert b'sluis_agreements{matter="ending"} 1.0' in metrics.render()
