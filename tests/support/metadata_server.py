"""A web server on loopback that serves metadata, well or badly, one answer for each path."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

METADATA = "application/samlmetadata+xml"


@dataclass
class MetadataServer:
    """What it answers, and what it was asked."""

    url: str = ""
    body: bytes = b""
    content_type: str = METADATA
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)
    instead: Callable[[BaseHTTPRequestHandler], None] | None = None
    answers: dict[str, bytes] | None = None
    """Bodies by path: another path is answered with 404. None: `body`, whatever the path."""
    over: Event = field(default_factory=Event)


@contextmanager
def metadata_server(host: str = "127.0.0.1") -> Iterator[MetadataServer]:
    served = MetadataServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            served.asked.append({name.lower(): value for name, value in self.headers.items()} | {"path": self.path})
            if served.instead is not None:
                served.instead(self)
                return
            body = served.body if served.answers is None else served.answers.get(self.path)
            if body is None:
                self.send_error(404)
                return
            if served.headers.get("ETag", "-") == self.headers.get("If-None-Match"):
                self.send_response(304)
                self.end_headers()
                return
            self.send_response(served.status)
            self.send_header("Content-Type", served.content_type)
            self.send_header("Content-Length", str(len(body)))
            for name, value in served.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer((host, 0), Handler) as server:
        server.daemon_threads = True
        served.url = f"http://{host}:{server.server_port}/metadata"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield served
        finally:
            served.over.set()
            server.shutdown()
            thread.join()
