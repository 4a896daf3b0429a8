"""Has a watch told of all that passes in this process: whom the gateway is dealing with, and what it shows of them.

What people are called, known by and prove themselves with is noted where it passes. So is every line of the log, every
span of a trace, every address that the gateway makes, every page of an error and every page of figures. Of gateways in
processes of their own, the browser of the tests tells what it was shown and where it was sent.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import wraps
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import structlog
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from gateway.attributes.values import RawAttributes
from gateway.cli import init
from gateway.demo.people import PROVIDERS
from gateway.observability import log
from gateway.pseudonyms.subject import Subject
from gateway.storage.sealing import SecretKey
from gateway.web.application import Application
from tests.support.browser_like import Tab
from tests.support.leak_watch import Watch

_PUBLIC = re.compile(
    r"affiliation|organi[sz]ation|unit|^ou$|entitlement|scope|brin|digi|isAdult|group|assurance|acr|amr|^iss$|^aud$|role",
    re.IGNORECASE,
)
"""Names of attributes that say something of a school, or of many of its people."""
_SECRET_FIELDS = frozenset({"client_secret", "client_assertion", "code_verifier", "refresh_token", "token", "password"})
_TOKENS = re.compile(rb'"(?:access_token|refresh_token|id_token)": ?"([^"]+)"')
_SESSION = re.compile(r"sluis-session=([^;]+)")
_LINK = re.compile(r'(?:href|action|src)="([^"]*)"')
_LEADING = frozenset({"location", "refresh"})
_MOST_BODY = 100_000


def note_people(watch: Watch) -> None:
    """Everybody of the demo, who is known in gateways of other processes too."""
    for provider in PROVIDERS:
        for person in provider.people:
            _note_values(watch, ((name, (value,)) for name, value in provider.attributes(person)))


def listen(watch: Watch) -> None:
    """From now on, until this process ends."""
    note_people(watch)
    _after_init(RawAttributes, lambda raw: _note_attributes(watch, raw))
    _after_init(Subject, lambda one: [watch.note("a subject", value) for value in (one.identifier, one.pairwise)])
    _after_init(SecretKey, lambda key: watch.note("a secret", key.secret.decode("latin-1")))
    _listen_to_log(watch)
    _listen_to_traces(watch)
    _listen_to_applications(watch)
    _listen_to_processes(watch)


def _after_init(noted: type, note: Callable[[Any], object]) -> None:
    made = noted.__init__  # type: ignore[misc]

    @wraps(made)
    def init(one: Any, *values: Any, **named: Any) -> None:
        made(one, *values, **named)
        note(one)

    noted.__init__ = init  # type: ignore[misc]


def _note_values(watch: Watch, attributes: Iterable[tuple[str, Iterable[str]]]) -> None:
    for name, values in attributes:
        if not _PUBLIC.search(name):
            for value in values:
                watch.note(name, value)


def _note_attributes(watch: Watch, raw: RawAttributes) -> None:
    if isinstance(raw.name_id, str):
        watch.note("a NameID", raw.name_id)
    _note_values(watch, raw.values)


def _listen_to_log(watch: Watch) -> None:
    written = log._line

    def line(*of_event: Any) -> str:
        text = written(*of_event)
        watch.see("the log", text)
        return text

    log._line = line

    def told(logger: Any, method: str, event: Any) -> Any:
        line(logger, method, log._redact(logger, method, log._cause(logger, method, dict(event))))
        return event

    # For tests that do not say where the log goes.
    structlog.configure(processors=[told, *structlog.get_config()["processors"]])


def _listen_to_traces(watch: Watch) -> None:
    ended = BatchSpanProcessor.on_end

    @wraps(ended)
    def on_end(processor: BatchSpanProcessor, span: ReadableSpan) -> None:
        watch.see("a span", span.to_json())
        ended(processor, span)

    BatchSpanProcessor.on_end = on_end  # type: ignore[method-assign]


def _listen_to_applications(watch: Watch) -> None:
    asked = Application.__call__

    @wraps(asked)
    def answer(app: Application, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if watch.away:
            return asked(app, environ, start_response)
        _note_request(watch, environ)
        said: list[tuple[int, list[tuple[str, str]]]] = []

        def start(status: str, headers: list[tuple[str, str]], *failure: Any) -> Any:
            said.append((int(status[:3]), headers))
            return start_response(status, headers, *failure)

        answered = asked(app, environ, start)
        return _Looked(answered, lambda body: _see_answer(watch, environ["PATH_INFO"], *said[-1], body))

    Application.__call__ = answer  # type: ignore[method-assign]


class _Looked:
    """An answer that was looked at, whole; who is told when it has left is told as before."""

    def __init__(self, answered: Iterable[bytes], look: Callable[[bytes], None]) -> None:
        self._answered = answered
        self._parts = list(answered)
        look(b"".join(self._parts))

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._parts)

    def close(self) -> None:
        getattr(self._answered, "close", lambda: None)()


def _note_request(watch: Watch, environ: dict[str, Any]) -> None:
    scheme, _, credentials = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    if scheme:
        watch.note(f"credentials ({scheme})", credentials)
    length = environ.get("CONTENT_LENGTH") or "0"
    if environ["PATH_INFO"].startswith("/oidc/") and length.isdecimal() and 0 < int(length) <= _MOST_BODY:
        body = environ["wsgi.input"].read(int(length))
        environ["wsgi.input"] = BytesIO(body)
        for name, value in parse_qsl(body.decode("latin-1")):
            if name in _SECRET_FIELDS:
                watch.note(name, value)


def _see_answer(watch: Watch, path: str, status: int, headers: Iterable[tuple[str, str]], body: bytes) -> None:
    kind = ""
    for name, value in headers:
        if name.lower() in _LEADING:
            watch.see(f"the {name.lower()} of {path}", value)
        elif name.lower() == "set-cookie" and (session := _SESSION.match(value)):
            watch.note("a session", session[1])
        elif name.lower() == "content-type":
            kind = value
    if len(body) > _MOST_BODY:
        return
    for token in _TOKENS.findall(body):
        watch.note("a token", token.decode())
    if status >= 400:
        watch.see(f"the page of {status} at {path}", body.decode("utf-8", "replace"))
    elif path == "/metrics":
        watch.see("the metrics", body.decode("utf-8", "replace"))
    elif kind.startswith("text/html"):
        watch.see(f"a link at {path}", *_LINK.findall(body.decode("utf-8", "replace")))


def _listen_to_processes(watch: Watch) -> None:
    """What a configuration is written for is the address of a gateway, in whichever process that is served."""
    written, asked = init.write_configuration, Tab._ask
    gateways: set[str] = set()

    @wraps(written)
    def write(directory: Any, *, base_url: str, **otherwise: Any) -> Any:
        gateways.add(urlsplit(base_url).netloc)
        return written(directory, base_url=base_url, **otherwise)

    @wraps(asked)
    def ask(tab: Tab, method: str, url: str, *more: Any) -> str | None:
        location = asked(tab, method, url, *more)
        parts = urlsplit(url)
        if parts.netloc in gateways:
            _see_answer(watch, parts.path, tab.status, tab.headers.items(), tab.body.encode())
        return location

    init.write_configuration = write
    Tab._ask = ask  # type: ignore[method-assign]
