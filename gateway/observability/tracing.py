"""Traces of logins, to a collector that speaks OTLP over HTTP. Loaded where the configuration says so: it is an extra.

A login is one trace, whose id, and with it whether the login is traced at all, follows from its reference: all replicas
agree, and nobody keeps anything for it. What a browser sends of traces is not read, and nobody else is told of them.
"""

import logging
import ssl
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import requests
import structlog
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import Decision, TraceIdRatioBased
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags

from gateway.observability.legs import THE_LEG, Leg
from gateway.observability.reference import TraceIds, trace_of

log = structlog.get_logger("sluis")

MOST_WAITING = 4096
"""Spans of one worker that the collector has not taken yet; legs that would make them more are left out, whole."""
_AT_ONCE = 512
_EVERY = 2000
"""Milliseconds between two deliveries, unless there is much to deliver."""
_DELIVERED_WITHIN = 5.0
_ENDED_WITHIN = 2.0
"""Seconds that a worker that ends waits for its last spans to be taken."""
_SAMPLED = TraceFlags(TraceFlags.SAMPLED)
_OF_EVERYBODY = {"service.name": "sluis"}
_SCOPE = InstrumentationScope("sluis")
_NOTHING_SAID, _FAILED = Status(StatusCode.UNSET), Status(StatusCode.ERROR)

About = Mapping[str, str | int]
"""Which process it is that traces, as OpenTelemetry names that."""
Counted = Callable[[str, int], None]
"""Hears of an outcome, `delivered`, `lost` or `left_out`, and of how many spans it is."""


class ToCollector(OTLPSpanExporter):
    """Delivers spans to this address. `authorities` may vouch for it; None: those that the system trusts."""

    def __init__(self, endpoint: str, *, headers: Mapping[str, str], authorities: Path | None) -> None:
        of_system = ssl.get_default_verify_paths()
        self._session = _Session()
        super().__init__(
            endpoint,
            certificate_file=str(authorities) if authorities else of_system.cafile or of_system.capath,
            headers=dict(headers),
            timeout=_DELIVERED_WITHIN,
            compression=Compression.Gzip,
            session=self._session,
        )

    @property
    def said(self) -> str:
        """What came of the last request: an HTTP status, or the kind of what went wrong; of a certificate also what."""
        return self._session.said


class _Session(requests.Session):
    """Uses neither proxies nor passwords of the environment, and remembers how the last request ended."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False
        self.said = ""

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        try:
            response = super().send(request, **options)
        except Exception as error:
            self.said = _kind(error)
            raise
        self.said = str(response.status_code)
        return response


def _kind(error: BaseException) -> str:
    """The kind of an error. Of a certificate that is not believed also why, without the addresses that follow."""
    below: BaseException | None = error
    while below is not None and not isinstance(below, ssl.SSLCertVerificationError):
        below = below.__cause__ or below.__context__
    return (
        type(error).__name__ if below is None else f"{type(error).__name__}: {below.verify_message.partition(',')[0]}"
    )


class Traces:
    """Makes a trace of each login that is sampled, and delivers it from a thread that no login waits for.

    To be made in the process that answers requests.
    """

    def __init__(self, exporter: SpanExporter, *, share: float, about: About, count: Counted) -> None:
        # What it says quotes addresses, again and again; what matters of it says `_Delivery`.
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
        self._sampler = TraceIdRatioBased(share)
        self._delivery = _Delivery(exporter, count)
        self._process = Resource({**_OF_EVERYBODY, **about})
        self._new_id = RandomIdGenerator().generate_span_id
        self._processor = BatchSpanProcessor(
            self._delivery,
            max_queue_size=MOST_WAITING,
            schedule_delay_millis=_EVERY,
            max_export_batch_size=_AT_ONCE,
        )

    def add(self, leg: Leg, *, endpoint: str, status: int) -> None:
        """A request that was answered with this HTTP status."""
        ids = trace_of(leg.reference)
        if self._sampler.should_sample(None, ids.trace, endpoint).decision is Decision.DROP:
            return
        if self._delivery.takes(1 + len(leg.steps)):
            self._record(leg, ids, endpoint, status)

    def close(self) -> None:
        """Deliver what there is, for two seconds at most; nothing may be added afterwards."""
        ending = threading.Thread(target=self._processor.shutdown, name="end of traces", daemon=True)
        ending.start()
        ending.join(_ENDED_WITHIN)
        self._delivery.give_up()

    def _record(self, leg: Leg, ids: TraceIds, endpoint: str, status: int) -> None:
        """The first leg is the root, and all later ones stand below it: its id follows from the reference as well."""
        begun = int(leg.moment.timestamp() * 1e6) * 1000

        def at(tick: float) -> int:
            return begun + int((tick - leg.since) * 1e9)

        own = _context(ids.trace, ids.root if leg.begins_login else self._new_id())
        contexts = [_context(ids.trace, self._new_id()) for _ in leg.steps]
        for step, context in zip(leg.steps, contexts, strict=True):
            facts = {
                "sluis.service": step.service,
                "sluis.idp": step.idp,
                "sluis.code": step.code,
                "error.type": step.error,
            }
            self._end(
                step.name,
                context,
                own if step.within == THE_LEG else contexts[step.within],
                attributes={name: value for name, value in facts.items() if value},
                status=_FAILED if step.failed else _NOTHING_SAID,
                start_time=at(step.since),
                end_time=at(step.until),
            )
        told = {f"sluis.{name}": value for name, value in leg.told.items()}
        self._end(
            endpoint,
            own,
            None if leg.begins_login else _context(ids.trace, ids.root, elsewhere=True),
            attributes={"sluis.reference": leg.reference, "http.response.status_code": status, **told},
            kind=SpanKind.SERVER,
            status=_FAILED if status >= 500 else _NOTHING_SAID,
            start_time=begun,
            end_time=at(leg.until),
        )

    def _end(self, name: str, context: SpanContext, parent: SpanContext | None, **facts: Any) -> None:
        """A span that is over already: a tracer, which begins and ends it, costs four times as much."""
        self._processor.on_end(
            ReadableSpan(name, context, parent, self._process, instrumentation_scope=_SCOPE, **facts)
        )


def _context(trace: int, span: int, *, elsewhere: bool = False) -> SpanContext:
    return SpanContext(trace, span, is_remote=elsewhere, trace_flags=_SAMPLED)


class _Delivery(SpanExporter):
    """Knows how many spans wait, and counts what becomes of them."""

    def __init__(self, exporter: SpanExporter, count: Counted) -> None:
        self._exporter = exporter
        self._count = count
        self._turn = threading.Lock()
        self._waiting = 0
        self._given_up = False
        self._works = True

    def takes(self, spans: int) -> bool:
        """Whether there is room for so many more, which then is theirs."""
        with self._turn:
            room = self._waiting + spans <= MOST_WAITING
            self._waiting += spans if room else 0
        if not room:
            self._count("left_out", spans)
        return room

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = SpanExportResult.FAILURE
        try:
            result = self._exporter.export(spans)
        finally:
            delivered = result is SpanExportResult.SUCCESS
            with self._turn:
                self._waiting -= len(spans)
                counts = not self._given_up
            if counts:
                self._count("delivered" if delivered else "lost", len(spans))
                self._tell(works=delivered)
        return result

    def give_up(self) -> None:
        """What waits still is lost: nobody looks any more at what becomes of it."""
        with self._turn:
            lost, self._given_up = self._waiting, True
        if lost:
            self._count("lost", lost)

    def shutdown(self) -> None:
        self._exporter.shutdown()

    def _tell(self, *, works: bool) -> None:
        """Once for each time that it changes: the metrics say how much."""
        if works is not self._works:
            self._works = works
            if works:
                log.info("traces_delivered_again")
            else:
                log.warning("traces_not_delivered", cause=getattr(self._exporter, "said", ""))
