"""Nothing of a person leaves by a side door: looked for in everything that the tests log, answer and link to.

On with `SLUIS_LEAKS=1` (`make leaks`).

What people are called, known by and prove themselves with is noted where it passes, in every test that runs the gateway
in this process. So is every line of the log, every span of a trace, every address that the gateway makes and every page
of an error. When a test ends, none of the former may stand in the latter. What gateways in processes of their own
logged is read when the file of tests ends.

Words are compared, in four sizes: so it costs a look in a set, however many values there are. Words of the gateway's
own texts and code are nobody's.
"""

import re
from collections.abc import Callable, Generator, Iterable, Iterator
from functools import cache, wraps
from html import unescape
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

import pytest
import structlog
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from gateway.attributes.values import RawAttributes
from gateway.demo.people import PROVIDERS
from gateway.observability import log
from gateway.pseudonyms.subject import Subject
from gateway.storage.sealing import SecretKey
from gateway.web.application import Application

SHORTEST = 5
"""Characters of a value; a shorter one is a part of too many words."""
_PUBLIC = re.compile(
    r"affiliation|organi[sz]ation|unit|^ou$|entitlement|scope|brin|digi|isAdult|group|assurance|acr|amr|^iss$|^aud$|role",
    re.IGNORECASE,
)
"""Names of attributes that say something of a school, or of many of its people."""
_SECRET_FIELDS = frozenset({"client_secret", "client_assertion", "code_verifier", "refresh_token", "token", "password"})
_TOKENS = re.compile(rb'"(?:access_token|refresh_token|id_token)": ?"([^"]+)"')
_SESSION = re.compile(r"sluis-session=([^;]+)")
_LINK = re.compile(r'(?:href|action|src)="([^"]*)"')
_LARGE = re.compile(r"""[^\s"'<>()\[\]{}]+""")
_VALUE = re.compile(r"""[^\s"'<>()\[\]{}?&=;,|#]+""")
_MIDDLE = re.compile(r"""[^\s"'<>()\[\]{}/?&=;,:|#]+""")
_SMALL = re.compile(r"[^\W_]+")
_MOST_BODY = 100_000


def words(text: str) -> Iterator[str]:
    """The words of a text: to the next space, of a value or a step in an address, of letters and digits alone."""
    for size in (_LARGE, _VALUE, _MIDDLE, _SMALL):
        for found in size.finditer(text):
            if len(found[0]) >= SHORTEST:
                yield found[0].strip(".")


@cache
def of_nobody() -> frozenset[str]:
    """Words of the gateway's own, and of its example."""
    found: set[str] = set()
    root = Path(__file__).parents[2]
    for directory, kinds in (("gateway", ("py", "po", "html")), ("config", ("yaml",))):
        for kind in kinds:
            for file in (root / directory).rglob(f"*.{kind}"):
                if file.name != "people.py":
                    found.update(word.casefold() for word in words(file.read_text()))
    return frozenset(found)


class Watch:
    """What must not be seen, and what was seen since somebody looked."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self._kept: dict[str, str] = {}
        self._seen: dict[str, str] = {}

    def note(self, kind: str, value: str) -> None:
        """Somebody's value: as a whole, and its words when it is a name."""
        self._note(kind, value)
        if " " in value:
            for word in value.split():
                self._note(kind, word)

    def see(self, where: str, *texts: str) -> None:
        """Texts that everybody may read. Escaped ones are read as they are and as they are meant."""
        for text in texts:
            for form in {text, unquote_plus(text), unescape(text)}:
                for word in words(form):
                    self._seen.setdefault(word, f"{where}: {text[:300]}")

    def found(self) -> list[str]:
        """What was seen of somebody, in which text; afterwards nothing is seen."""
        seen, self._seen = self._seen, {}
        return [f"{self.values[word]} {word!r} in {seen[word]}" for word in sorted(seen.keys() & self.values.keys())]

    def keep(self) -> None:
        """What is noted by now is never forgotten."""
        self._kept = dict(self.values)

    def forget(self) -> None:
        """Forget all others: what one file of tests calls a secret may be a plain word in the next."""
        self.values = dict(self._kept)

    def _note(self, kind: str, value: str) -> None:
        if len(value) >= SHORTEST and value not in self.values and value.casefold() not in of_nobody():
            self.values[value] = kind


class Leaks:
    """The plug-in: a test that leaks fails. `@pytest.mark.leaks(reason)` is for those that do so on purpose."""

    def __init__(self, directories: Callable[[], Iterable[Path]]) -> None:
        self.watch = Watch()
        self._directories = directories
        self._read: set[Path] = set()
        for provider in PROVIDERS:
            for person in provider.people:
                for name, value in provider.attributes(person):
                    if not _PUBLIC.search(name):
                        self.watch.note(name, value)
        _listen(self.watch)

    def pytest_collection_finish(self) -> None:
        """What tests make when they are read is there for all of them, whichever of them a worker gets."""
        self.watch.keep()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_teardown(
        self, item: pytest.Item, nextitem: pytest.Item | None
    ) -> Generator[None, object, object]:
        """After a test, and after the last one of a file."""
        result = yield
        last = nextitem is None or nextitem.path != item.path
        if last:
            self._read_files()
        found = self.watch.found()
        if last:
            self.watch.forget()
        if found and item.get_closest_marker("leaks") is None:
            pytest.fail("what nobody may read was seen\n" + "\n".join(found[:10]), pytrace=False)
        return result

    def _read_files(self) -> None:
        for directory in self._directories():
            if directory in self._read or not directory.is_dir():
                continue
            self._read.add(directory)
            for file in directory.glob("**/sluis.log*"):
                if file.is_file() and file.suffix != ".gz":
                    self.watch.see(str(file), *file.read_text(errors="replace").splitlines())


def _listen(watch: Watch) -> None:
    """Have everything that passes noted."""
    _after_init(RawAttributes, lambda raw: _note_attributes(watch, raw))
    _after_init(Subject, lambda one: [watch.note("a subject", value) for value in (one.identifier, one.pairwise)])
    _after_init(SecretKey, lambda key: watch.note("a secret", key.secret.decode("latin-1")))
    written = log._line

    def line(*of_event: Any) -> str:
        text = written(*of_event)
        watch.see("the log", text)
        return text

    log._line = line

    def told(logger: Any, method: str, event: Any) -> Any:
        line(logger, method, log._redact(logger, method, log._cause(logger, method, dict(event))))
        return event

    ended = BatchSpanProcessor.on_end

    def on_end(processor: BatchSpanProcessor, span: ReadableSpan) -> None:
        watch.see("a span", span.to_json())
        ended(processor, span)

    BatchSpanProcessor.on_end = on_end  # type: ignore[method-assign]

    # For tests that do not say where the log goes.
    structlog.configure(processors=[told, *structlog.get_config()["processors"]])
    asked = Application.__call__

    @wraps(asked)
    def answer(app: Application, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        _note_request(watch, environ)
        said: list[tuple[int, dict[str, str]]] = []

        def start(status: str, headers: list[tuple[str, str]], *failure: Any) -> Any:
            for name, value in headers:
                if name in ("Location", "Refresh"):
                    watch.see(f"{name} of {environ['PATH_INFO']}", value)
                elif name == "Set-Cookie" and (session := _SESSION.match(value)):
                    watch.note("a session", session[1])
            said.append((int(status[:3]), dict(headers)))
            return start_response(status, headers, *failure)

        answered = asked(app, environ, start)
        return _Looked(answered, lambda body: _see_answer(watch, environ["PATH_INFO"], *said[-1], body))

    Application.__call__ = answer  # type: ignore[method-assign]


class _Looked:
    """An answer that was looked at, whole; who is told when it has left is told as before."""

    def __init__(self, answered: Iterable[bytes], look: Callable[[bytes], None]) -> None:
        self._answered = answered
        self._parts = list(answered)
        body = b"".join(self._parts)
        if len(body) <= _MOST_BODY:
            look(body)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._parts)

    def close(self) -> None:
        getattr(self._answered, "close", lambda: None)()


def _after_init(noted: type, note: Callable[[Any], object]) -> None:
    made = noted.__init__  # type: ignore[misc]

    @wraps(made)
    def init(one: Any, *values: Any, **named: Any) -> None:
        made(one, *values, **named)
        note(one)

    noted.__init__ = init  # type: ignore[misc]


def _note_attributes(watch: Watch, raw: RawAttributes) -> None:
    if isinstance(raw.name_id, str):
        watch.note("a NameID", raw.name_id)
    for name, values in raw.values:
        if not _PUBLIC.search(name):
            for value in values:
                watch.note(name, value)


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


def _see_answer(watch: Watch, path: str, status: int, headers: dict[str, str], body: bytes) -> None:
    for token in _TOKENS.findall(body):
        watch.note("a token", token.decode())
    text = body.decode("utf-8", "replace")
    if status >= 400:
        watch.see(f"the page of {status} at {path}", text)
    elif headers.get("Content-Type", "").startswith("text/html"):
        watch.see(f"a link at {path}", *_LINK.findall(text))
