"""Traces of logins, where the configuration asks for them. Only wiring."""

import os
import socket
from collections.abc import Callable
from importlib.metadata import version
from typing import TYPE_CHECKING

from flask import Flask

from gateway.observability import legs
from gateway.parts import Parts
from gateway.settings.tracing import headers_of
from gateway.web import traced

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter


def trace(app: Flask, parts: Parts, exporter: "SpanExporter | None" = None) -> Callable[[], None]:
    """Trace the logins of this app, in the process that answers them; what is returned is to be called at its end.

    `exporter` is where traces go, instead of to the collector.
    """
    entry = parts.settings.gateway.tracing
    if entry is None:
        return lambda: None
    # What it imports is there where somebody installed it for this.
    from gateway.observability.tracing import ToCollector, Traces  # noqa: PLC0415

    directory = parts.settings.directory
    traces = Traces(
        exporter
        or ToCollector(
            entry.endpoint,
            headers=headers_of(entry, directory),
            authorities=directory / entry.authorities if entry.authorities else None,
        ),
        share=entry.share,
        about={"service.version": version("sluis"), "host.name": socket.gethostname(), "process.pid": os.getpid()},
        count=parts.metrics.trace_spans,
    )
    parts.metrics.logins_told.append(legs.told)
    traced.install(app, traces, clock=parts.clock, durations=parts.metrics.durations)
    return traces.close
