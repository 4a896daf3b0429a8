"""The collector of traces: what is wrong with its entry, before anything is sent there."""

import ssl
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from urllib.parse import urlsplit

from gateway.settings.fields import is_loopback
from gateway.settings.loader import Settings
from gateway.settings.models.tracing import Tracing
from gateway.settings.problems import Problem
from gateway.settings.secrets import SecretReference

_NEEDS = "gateway.observability.tracing"


def headers_of(entry: Tracing, directory: Path) -> Mapping[str, str]:
    """The headers with their values. Raises ValueError, which says nothing of the values themselves."""
    return {name: _value(reference, directory) for name, reference in entry.headers.items()}


def check_tracing(settings: Settings) -> Iterator[Problem]:
    """What keeps traces from being made, or from being sent to whom they are meant for."""
    entry = settings.gateway.tracing
    if entry is None:
        return

    def problem(*path: str, what: str, instead: str = "") -> Problem:
        return Problem(settings.gateway_document.place(("tracing", *path)), what, instead)

    try:
        import_module(_NEEDS)
    except ImportError:
        instead = "pip install 'sluis[opentelemetry]', or leave `tracing` out"
        yield problem(what="the packages that make traces are not installed", instead=instead)
    address = urlsplit(entry.endpoint)
    if address.query or address.fragment:
        yield problem("endpoint", what="an address without ? and #", instead="a key belongs in `headers`")
    if entry.headers and address.scheme == "http" and not is_loopback(address.hostname):
        yield problem("headers", what="they would be sent over http for others to read", instead="an https endpoint")
    for name, reference in entry.headers.items():
        try:
            _value(reference, settings.directory)
        except ValueError as cause:
            yield problem("headers", name, what=str(cause))
    if entry.authorities is not None:
        try:
            ssl.create_default_context(cafile=settings.directory / entry.authorities)
        except OSError as cause:
            why = cause.strerror if cause.filename or not isinstance(cause, ssl.SSLError) else "no certificates in PEM"
            yield problem("authorities", what=f"{entry.authorities} cannot be used: {why}")


def _value(reference: SecretReference, directory: Path) -> str:
    value = reference.read(directory).decode("latin-1")
    if not (value.isascii() and value.isprintable()):
        raise ValueError(f"{reference.file or reference.env} holds more than one line of ASCII")
    return value
