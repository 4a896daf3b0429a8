"""A collector of OpenTelemetry that speaks OTLP over HTTP and keeps what it gets, as far as tests look at it."""

import gzip
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Received:
    """A span, as it came over the wire."""

    name: str
    trace: str
    id: str
    parent: str
    begun: int
    ended: int
    failed: bool
    told: dict[str, Any]
    process: dict[str, Any]


@dataclass
class Collector:
    """Everything that came. `status` is what it answers; until `open` is set it answers nobody."""

    endpoint: str = ""
    status: int = 200
    open: Event = field(default_factory=Event)
    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    @property
    def spans(self) -> list[Received]:
        return [span for body in list(self.bodies) for span in spans_of(body)]

    def of(self, trace: str) -> list[Received]:
        return [span for span in self.spans if span.trace == trace]


def spans_of(body: bytes) -> Iterator[Received]:
    """The spans of one request."""
    for of_resource in ExportTraceServiceRequest.FromString(body).resource_spans:
        process = _values(of_resource.resource.attributes)
        for of_scope in of_resource.scope_spans:
            for span in of_scope.spans:
                yield Received(
                    span.name,
                    span.trace_id.hex(),
                    span.span_id.hex(),
                    span.parent_span_id.hex(),
                    span.start_time_unix_nano,
                    span.end_time_unix_nano,
                    span.status.code == span.status.STATUS_CODE_ERROR,
                    _values(span.attributes),
                    process,
                )


def _values(attributes: Sequence[Any]) -> dict[str, Any]:
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in attributes}


@contextmanager
def collector() -> Iterator[Collector]:
    """One on a free port of its own, that answers at once."""
    made = Collector()
    made.open.set()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            made.open.wait()
            if made.status == 200 and self.path == "/v1/traces":
                made.headers.append(dict(self.headers.items()))
                made.bodies.append(body)
            answer = ExportTraceServiceResponse().SerializeToString()
            # Whoever was kept waiting may have gone.
            with suppress(OSError):
                self.send_response(made.status if self.path == "/v1/traces" else 404)
                self.send_header("Content-Type", "application/x-protobuf")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Tests read elsewhere what came."""

    server = ThreadingHTTPServer((HOST, 0), Handler)
    server.daemon_threads = True
    made.endpoint = f"http://{HOST}:{server.server_port}/v1/traces"
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield made
    finally:
        made.open.set()
        server.shutdown()
        server.server_close()
