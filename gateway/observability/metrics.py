"""Counters for Prometheus. No label holds anything of a person, and none can grow without bound."""

import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from gateway.observability.durations import Durations
from gateway.observability.stood_on import StoodOn
from gateway.observability.worker_counters import reading

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
LoginTold = Callable[..., None]
"""Called with `service`, `idp`, `outcome` and `code`, as `Metrics.login` is."""
_MAX_NAMES = 200
_NAME = re.compile(r"[A-Za-z0-9:._/-]{1,100}", re.ASCII)


class Described(NamedTuple):
    """What there is to know of one metric."""

    name: str
    type: str
    says: str
    labels: tuple[str, ...]


class _Registry(CollectorRegistry):
    """One that knows what was registered."""

    def __init__(self) -> None:
        super().__init__()
        self.collectors: list[Any] = []

    def register(self, collector: Collector) -> None:
        self.collectors.append(collector)
        super().register(collector)


class Metrics:
    """The gateway's counters. In workers of one gateway they add up through PROMETHEUS_MULTIPROC_DIR."""

    def __init__(self) -> None:
        self._registry = _Registry()
        self.logins_told: list[LoginTold] = []
        """Who hears of each login beside."""
        self._logins = Counter(
            "sluis_logins_total",
            "Logins that ended, by service, identity provider, outcome and error code",
            ["service", "idp", "outcome", "code"],
            registry=self._registry,
        )
        self._unknown = Counter(
            "sluis_unknown_attributes_total",
            "Attributes dropped because the dialect does not have their name",
            ["idp", "name"],
            registry=self._registry,
        )
        self._citizen_numbers = Counter(
            "sluis_citizen_numbers_dropped_total",
            "Values dropped at the door because they are named or shaped as a citizen number",
            ["idp"],
            registry=self._registry,
        )
        self._foreign_scopes = Counter(
            "sluis_foreign_scopes_total",
            "Values dropped because they are of a domain that is not the identity provider's",
            ["idp", "name"],
            registry=self._registry,
        )
        self._ledger_failures = Counter(
            "sluis_ledger_failures_total",
            "Rows that could not be written to the ledger: each is a login that was stopped. Alarm on any",
            registry=self._registry,
        )
        self._loops = Counter(
            "sluis_login_loops_total",
            "Logins that were stopped because a service sent the browser back again and again. Alarm on any",
            ["service", "idp"],
            registry=self._registry,
        )
        self._turned_away = Counter(
            "sluis_turned_away_total",
            "Requests that had waited too long and were asked to come back: login starts, and others",
            ["request"],
            registry=self._registry,
        )
        self._limited = Counter(
            "sluis_limited_total",
            "Requests that were one too many in a minute and were asked to come back, by limit and by whose it is",
            ["limit", "party"],
            registry=self._registry,
        )
        self._limits_alone = Counter(
            "sluis_limits_alone_total",
            "Counts for limits that a worker could not share because the store did not answer",
            registry=self._registry,
        )
        self._trace_spans = Counter(
            "sluis_trace_spans_total",
            "Spans of traces: delivered, lost on the way, or left out because too many waited. Alarm on what lasts",
            ["outcome"],
            registry=self._registry,
        )
        self._logouts = Counter(
            "sluis_logouts_total",
            "Logouts, by who asked for them and whether all that was given ended",
            ["by", "outcome"],
            registry=self._registry,
        )
        self._successions = Counter(
            "sluis_successions_total",
            "Changes of learners' identifiers: seen at a login, notices delivered or given up",
            ["service", "outcome"],
            registry=self._registry,
        )
        self._nummervoorziening = Counter(
            "sluis_nummervoorziening_total",
            "ECK iDs that were asked for in a login, by what came of it",
            ["outcome"],
            registry=self._registry,
        )
        self._anomalies = Counter(
            "sluis_anomalies_total",
            "Logins at which something was wrong with an identifier, by kind and by whether they went on",
            ["kind", "outcome"],
            registry=self._registry,
        )
        self._learners = Counter(
            "sluis_learner_logins_total",
            "Releases of learners by school and kind of identifier; all but `eck_id` are fallback identifiers",
            ["school", "identifier"],
            registry=self._registry,
        )
        self._logout_tokens = Counter(
            "sluis_logout_tokens_total",
            "Logout tokens that a client took at a later try, or never",
            ["service", "outcome"],
            registry=self._registry,
        )
        self._from_session = Counter(
            "sluis_session_logins_total",
            "Logins that were answered from a session, without the school",
            ["service"],
            registry=self._registry,
        )
        self._agreements = Gauge(
            "sluis_agreements",
            "Agreements that end within 30 days, have ended, or are suspended",
            ["matter"],
            registry=self._registry,
            multiprocess_mode="mostrecent",
        )
        self.stood_on = StoodOn(self._registry)
        self.durations = Durations(self._registry)
        self._count_agreements: Callable[[], Mapping[str, int]] = dict
        self._certificates = Gauge(
            "sluis_certificates",
            "Certificates, own and of parties in files, that have ended or end within 7, 30 or 90 days",
            ["whose", "ends"],
            registry=self._registry,
            multiprocess_mode="mostrecent",
        )
        self._count_certificates: Callable[[], Mapping[tuple[str, str], int]] = dict
        self._names: set[str] = set()

    def login(self, *, service: str, idp: str, outcome: str, code: str) -> None:
        """Count a login that ended."""
        self._logins.labels(service, idp, outcome, code).inc()
        for told in self.logins_told:
            told(service=service, idp=idp, outcome=outcome, code=code)

    def unknown_attribute(self, idp: str, name: str) -> None:
        """Count a dropped attribute by its wire name; beyond 200 names, and for odd ones, as `other`."""
        if name not in self._names:
            if len(self._names) >= _MAX_NAMES or not _NAME.fullmatch(name):
                name = "other"
            self._names.add(name)
        self._unknown.labels(idp, name).inc()

    def citizen_numbers(self, idp: str, count: int) -> None:
        """Count values that were dropped at the door."""
        self._citizen_numbers.labels(idp).inc(count)

    def foreign_scope(self, idp: str, name: str) -> None:
        """Count an attribute, by its wire name in the dialect, that spoke of somebody else's domain."""
        self._foreign_scopes.labels(idp, name).inc()

    def ledger_failed(self) -> None:
        """Count a row that could not be written."""
        self._ledger_failures.inc()

    def login_loop(self, *, service: str, idp: str) -> None:
        """Count a login that was one too many."""
        self._loops.labels(service, idp).inc()

    def turned_away(self, *, start: bool) -> None:
        """Count a request that came when the gateway was too busy for it."""
        self._turned_away.labels("start" if start else "other").inc()

    def limited(self, limit: str, party: str) -> None:
        """Count a request that was one too many: `party` is the service or identity provider; no address is named."""
        self._limited.labels(limit, party).inc()

    def limits_alone(self) -> None:
        """Count what was counted for limits and could not be shared."""
        self._limits_alone.inc()

    def trace_spans(self, outcome: str, count: int) -> None:
        """Count spans of traces: `delivered`, `lost` or `left_out`."""
        self._trace_spans.labels(outcome).inc(count)

    def logout(self, *, by: str, outcome: str) -> None:
        """Count a logout."""
        self._logouts.labels(by, outcome).inc()

    def logout_token(self, *, service: str, outcome: str) -> None:
        """Count a logout token that was not taken at once: delivered later, or given up."""
        self._logout_tokens.labels(service, outcome).inc()

    def succession(self, *, service: str, outcome: str) -> None:
        """Count a change of a learner's identifier: seen at a login, its notice delivered, or given up."""
        self._successions.labels(service, outcome).inc()

    def nummervoorziening(self, outcome: str) -> None:
        """Count an ECK iD that was asked for in a login: found, late, or why not."""
        self._nummervoorziening.labels(outcome).inc()

    def anomaly(self, kind: str, outcome: str) -> None:
        """Count a login at which something was wrong with an identifier: `released` or `refused`."""
        self._anomalies.labels(kind, outcome).inc()

    def learner(self, *, school: str, identifier: str) -> None:
        """Count a release of a learner."""
        self._learners.labels(school, identifier).inc()

    def session_login(self, service: str) -> None:
        """Count a login without the school."""
        self._from_session.labels(service).inc()

    def watch_agreements(self, count: Callable[[], Mapping[str, int]]) -> None:
        """Count agreements by what is the matter with them, whenever the metrics are asked for."""
        self._count_agreements = count

    def watch_certificates(self, count: Callable[[], Mapping[tuple[str, str], int]]) -> None:
        """Count certificates by whose they are and how soon they end, whenever the metrics are asked for."""
        self._count_certificates = count

    def described(self) -> Sequence["Described"]:
        """Every metric that there is."""
        return tuple(
            Described(
                f"{metric.name}_total" if metric.type == "counter" else metric.name,
                metric.type,
                metric.documentation,
                tuple(collector._labelnames),  # noqa: SLF001 - told nowhere else
            )
            for collector in self._registry.collectors
            for metric in collector.describe()
        )

    def render(self) -> bytes:
        """All counters of all workers in the text format of Prometheus."""
        for matter, number in self._count_agreements().items():
            self._agreements.labels(matter).set(number)
        for labels, number in self._count_certificates().items():
            self._certificates.labels(*labels).set(number)
        self.stood_on.update()
        directory = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
        if directory is None:
            return generate_latest(self._registry)
        everyone = CollectorRegistry()
        MultiProcessCollector(everyone)  # type: ignore[no-untyped-call]
        with reading(Path(directory)):
            return generate_latest(everyone)
