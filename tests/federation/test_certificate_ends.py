"""Certificates that end, as health and metrics tell of them."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.federation.build import build
from gateway.federation.certificate_ends import CertificateEnds
from gateway.settings.keys import load_keys
from gateway.settings.loader import load
from tests.support.configuration import FILES, write_configuration
from tests.support.held import HeldClock

ENDS = datetime(2036, 1, 1, tzinfo=UTC)
"""Of every certificate in a test."""


def at(directory: Path, moment: datetime) -> CertificateEnds:
    settings = load(write_configuration(directory))
    clock = HeldClock(moment)
    federation, _ = build(settings, clock=clock)
    return CertificateEnds(load_keys(settings).certificates, federation, clock)


@pytest.mark.parametrize(
    ("moment", "when", "own", "parties"),
    [
        (datetime(2035, 10, 2, tzinfo=UTC), None, None, False),
        (datetime(2035, 10, 4, tzinfo=UTC), "90", "ends on 2036-01-01, within 90 days", False),
        (datetime(2035, 12, 15, tzinfo=UTC), "30", "ends on 2036-01-01, within 30 days", True),
        (datetime(2035, 12, 28, tzinfo=UTC), "7", "ends on 2036-01-01, within 7 days", True),
        (datetime(2036, 1, 2, tzinfo=UTC), "ended", "ended on 2036-01-01", False),
    ],
)
def test_metrics_count_and_health_names_the_gateways_own(tmp_path, moment, when, own, parties):
    ends = at(tmp_path, moment)

    counts = ends.counts()
    assert counts.keys() == {(whose, one) for whose in ("own", "peers") for one in ("ended", "7", "30", "90")}
    found = {labels: number for labels, number in counts.items() if number}
    assert found == ({("own", when): 1, ("peers", when): 2} if when else {})
    warnings = ends.warnings()
    assert warnings.get("certificates") == (f"that of saml_signing saml1 {own}" if own else None)
    assert ("certificates of parties" in warnings) is parties
    if parties:
        assert warnings["certificates of parties"].startswith("2 end within 30 days")


def test_a_certificate_on_its_way_out_needs_no_warning(tmp_path):
    entry = next(line for line in FILES["keys.yaml"].splitlines() if "id: saml1" in line).removeprefix("  - ")
    both = f"{entry}\n  - {entry.replace('saml1', 'saml0').replace('active', 'previous')}"
    settings = load(write_configuration(tmp_path, {"keys.yaml": FILES["keys.yaml"].replace(entry, both)}))
    clock = HeldClock(ENDS)
    federation, _ = build(settings, clock=clock)

    assert CertificateEnds(load_keys(settings).certificates, federation, clock).counts()["own", "ended"] == 1
