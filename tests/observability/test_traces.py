"""From legs to traces: who is sampled, what belongs together, and a collector that does not take them."""

import json
import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from urllib.parse import urlsplit

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from gateway.observability import tracing
from gateway.observability.legs import THE_LEG, Leg, Timed
from gateway.observability.reference import new, trace_of
from gateway.observability.tracing import MOST_WAITING, ToCollector, Traces
from tests.observability.conftest import Lines
from tests.support.child_process import Address
from tests.support.collector import HOST, collector
from tests.support.held import SeededRandomness
from tests.support.server_process import eventually
from tests.support.tls_front import authority, tls_front

MOMENT = datetime(2026, 9, 1, 8, 30, tzinfo=UTC)
REFERENCE = "7KQ2M9X4TB"


@pytest.fixture(autouse=True)
def _library_as_it_was() -> Iterator[None]:
    logger = logging.getLogger("opentelemetry")
    before = logger.level
    yield
    logger.setLevel(before)


def leg(reference: str = REFERENCE, *, first: str | None = None, steps: Sequence[Timed] = ()) -> Leg:
    """One that took two seconds, from 100 to 102 on the clock that goes forward."""
    made = Leg(MOMENT, lambda: 0.0, reference if first is None else first, 100.0, 102.0, reference)
    made.told = {"service": "leesplein"}
    made.steps = list(steps)
    return made


def traces(exporter: SpanExporter, count: Callable[[str, int], None] = lambda *_: None, share: float = 1.0) -> Traces:
    return Traces(exporter, share=share, about={"process.pid": 1}, count=count)


def spans_of(*added: tuple[Leg, str, int]) -> list[ReadableSpan]:
    kept = InMemorySpanExporter()
    with closing(traces(kept)) as made:
        for one, endpoint, status in added:
            made.add(one, endpoint=endpoint, status=status)
    return list(kept.get_finished_spans())


def test_legs_of_one_login_are_one_trace_with_the_first_at_its_root_whoever_answers_them():
    [root] = spans_of((leg(), "saml_idp.single_sign_on", 303))
    [later] = spans_of((leg(first="4TBM9X7KQ2"), "saml_sp.acs", 200))
    ids = trace_of(REFERENCE)
    assert root.context.trace_id == later.context.trace_id == ids.trace
    assert (root.parent, root.context.span_id) == (None, ids.root)
    assert later.parent is not None
    assert later.parent.span_id == ids.root
    assert later.context.span_id != ids.root
    assert ids.written == "dbcd9111e5a0633588f05190ec713e86", "as the guide has it: of `sha256sum`, the first 32 digits"


def test_steps_stand_where_they_were_and_when():
    steps = [
        Timed("release decision", THE_LEG, 100.5, 101.5, "leesplein", "zon"),
        Timed("ledger append", 0, 100.75, 101.25),
        Timed("answer to service", THE_LEG, 101.5, 102.0, code="internal", failed=True),
    ]
    found = {one.name: one for one in spans_of((leg(steps=steps), "saml_sp.acs", 500))}
    root, decision = found["saml_sp.acs"], found["release decision"]
    begun = int(MOMENT.timestamp()) * 1_000_000_000
    times = {name: ((one.start_time - begun) / 1e9, (one.end_time - begun) / 1e9) for name, one in found.items()}
    assert times == {
        "saml_sp.acs": (0.0, 2.0),
        "release decision": (0.5, 1.5),
        "ledger append": (0.75, 1.25),
        "answer to service": (1.5, 2.0),
    }
    assert found["ledger append"].parent.span_id == decision.context.span_id
    assert decision.parent.span_id == found["answer to service"].parent.span_id == root.context.span_id
    assert {one.context.trace_id for one in found.values()} == {root.context.trace_id}
    assert dict(root.attributes) == {
        "sluis.reference": REFERENCE,
        "http.response.status_code": 500,
        "sluis.service": "leesplein",
    }
    assert dict(decision.attributes) == {"sluis.service": "leesplein", "sluis.idp": "zon"}
    assert dict(found["answer to service"].attributes) == {"sluis.code": "internal"}
    failed = {name for name, one in found.items() if not one.status.is_ok}
    assert failed == {"saml_sp.acs", "answer to service"}


def test_a_login_is_sampled_whole_or_not_at_all_and_as_many_as_were_asked_for():
    randomness = SeededRandomness()
    references = [new(randomness) for _ in range(2000)]
    kept = InMemorySpanExporter(), InMemorySpanExporter()
    for exporter in kept:
        with closing(traces(exporter, share=0.1)) as replica:
            for reference in references:
                replica.add(leg(reference, first="" if exporter is kept[1] else None), endpoint="a", status=200)
    begun, gone_on = ({one.context.trace_id for one in exporter.get_finished_spans()} for exporter in kept)
    assert begun == gone_on
    assert 150 < len(begun) < 250


class Stuck(SpanExporter):
    """A collector that does not answer until it is let."""

    def __init__(self) -> None:
        self.asked = Event()
        self.goes_on = Event()
        self.got = 0

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.asked.set()
        self.goes_on.wait()
        self.got += len(spans)
        return SpanExportResult.SUCCESS

    def shutdown(self) -> None:
        """Nothing is open."""


def test_nobody_waits_for_a_collector_that_is_stuck_and_what_it_does_not_get_is_counted():
    counted: Counter[str] = Counter()
    stuck = Stuck()
    made = traces(stuck, lambda outcome, spans: counted.update({outcome: spans}))
    steps = [Timed("ledger append", THE_LEG, 100.0, 101.0)] * 9
    for _ in range(MOST_WAITING // 10 + 50):
        made.add(leg(steps=steps), endpoint="a", status=200)
    assert stuck.asked.wait(120)
    left_out = MOST_WAITING // 10 + 50 - MOST_WAITING // 10
    assert counted == {"left_out": left_out * 10}, "legs are left out whole"
    stuck.goes_on.set()
    made.close()
    assert counted["delivered"] == stuck.got == MOST_WAITING // 10 * 10


def test_a_worker_ends_although_the_collector_is_stuck(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tracing, "_ENDED_WITHIN", 0.1)
    stuck = Stuck()
    counted: Counter[str] = Counter()
    made = traces(stuck, lambda outcome, spans: counted.update({outcome: spans}))
    made.add(leg(steps=[Timed("ledger append", THE_LEG, 100.0, 101.0)]), endpoint="a", status=200)
    made.close()
    assert stuck.asked.is_set()
    assert stuck.got == 0
    assert counted == {"lost": 2}
    [ending] = [one for one in threading.enumerate() if one.name == "end of traces"]
    stuck.goes_on.set()
    ending.join(120)
    assert stuck.got == 2, "the collector has them after all"
    assert counted == {"lost": 2}, "each is counted once"


class Breaks(SpanExporter):
    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        raise RuntimeError("Fenna")


def test_an_exporter_that_breaks_has_lost_them():
    counted: Counter[str] = Counter()
    with closing(traces(Breaks(), lambda outcome, spans: counted.update({outcome: spans}))) as made:
        made.add(leg(), endpoint="a", status=200)
    assert counted == {"lost": 1}


def test_a_collector_gets_the_headers_and_one_that_refuses_is_told_of_once(
    lines: Lines, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    counted: Counter[str] = Counter()
    with collector() as there:
        exporter = ToCollector(there.endpoint, headers={"X-Key": "geheim-4711"}, authorities=None)
        with closing(traces(exporter, lambda outcome, spans: counted.update({outcome: spans}))) as made:
            for status, outcome in ((401, "lost"), (401, "lost"), (200, "delivered"), (200, "delivered")):
                before, there.status = counted[outcome], status
                made.add(leg(), endpoint="a", status=200)
                eventually(lambda: counted[outcome] > before, f"it is {outcome}")  # noqa: B023 - asked at once
        assert len(there.spans) == 2
        assert there.headers[0]["x-key"] == "geheim-4711"
    told = [(line["event"], line.get("cause")) for line in lines()]
    assert told == [("traces_not_delivered", "401"), ("traces_delivered_again", None)]
    assert "geheim" not in json.dumps(lines())


def test_a_collector_that_is_not_there_is_told_of_without_its_address(lines: Lines, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tracing, "_DELIVERED_WITHIN", 0.5)  # no second try, which comes after a second
    with collector() as there:
        gone = there.endpoint
    with closing(traces(ToCollector(gone, headers={}, authorities=None))) as made:
        made.add(leg(), endpoint="a", status=200)
    [line] = lines()
    assert (line["event"], line["cause"]) == ("traces_not_delivered", "ConnectionError")


TLS = {
    "as it should be": ("known", "127.0.0.1", SpanExportResult.SUCCESS, "200"),
    "another authority": (
        "other",
        "127.0.0.1",
        SpanExportResult.FAILURE,
        "SSLError: unable to get local issuer certificate",
    ),
    "another address": ("known", "127.0.0.2", SpanExportResult.FAILURE, "SSLError: IP address mismatch"),
    "no such file": ("missing", "127.0.0.1", SpanExportResult.FAILURE, "OSError"),
}


@pytest.mark.parametrize(("believed", "host", "result", "said"), TLS.values(), ids=TLS)
def test_a_collector_over_tls_is_believed_by_its_authority(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, believed: str, host: str, result: SpanExportResult, said: str
):
    monkeypatch.setattr(tracing, "_DELIVERED_WITHIN", 0.9)  # no second try, which comes after a second
    known, other = authority(tmp_path, "known"), authority(tmp_path, "other")
    assert known.ca != other.ca
    with collector() as there:
        behind = Address(HOST, urlsplit(there.endpoint).port or 0)
        with tls_front(behind, *known.issue("collector", host)) as address:
            endpoint = f"https://{address.host}:{address.port}/v1/traces"
            exporter = ToCollector(endpoint, headers={}, authorities=tmp_path / f"{believed}.pem")
            assert exporter.export(spans_of((leg(), "a", 200))) is result
            exporter.shutdown()
        assert len(there.spans) == (1 if result is SpanExportResult.SUCCESS else 0)
    assert exporter.said == said
