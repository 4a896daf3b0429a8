"""Tells the ledger which rows were followed by an answer: once the whole answer was handed to the network."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from werkzeug.wsgi import ClosingIterator

from gateway.storage.ledger_answers import Answers, Place

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class AnswersLeft:
    """WSGI middleware around the application. A server asks for more of an answer only when it has sent the rest."""

    def __init__(self, app: "WSGIApplication", answers: Answers) -> None:
        self._app = app
        self._answers = answers

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        places = self._answers.expect()
        body = self._app(environ, start_response)
        if not places:
            return body
        close = getattr(body, "close", None)
        return ClosingIterator(self._sent(body, places), [close] if close else None)

    def _sent(self, body: Iterable[bytes], places: Sequence[Place]) -> Iterator[bytes]:
        yield from body
        # Headers leave with the first piece of the body at the latest: also of one that is empty.
        yield b""
        self._answers.have_left(places)
