"""The stand-in for Nummervoorziening over HTTP with mutual TLS."""

import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from gateway.demo.nummervoorziening import StandIn
from gateway.demo.nummervoorziening_wsdl import wsdl


def serve(
    service: StandIn, *, certificate: Path, key: Path, authorities: Path, host: str = "127.0.0.1", port: int = 0
) -> ThreadingHTTPServer:
    """Run it, on a free port unless one is given, for clients with a certificate of these authorities alone.

    `shutdown` and `server_close` end it. Its description is at `?wsdl`.
    """

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if self.path.endswith("?wsdl"):
                host, port = self.request.getsockname()[:2]
                self._tell(200, wsdl(f"https://{host}:{port}{self.path.removesuffix('?wsdl')}"))
            else:
                self._tell(405, b"<only>POST</only>")

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            self._tell(*service.answer(body, self.headers.get("SOAPAction", "")))

        def _tell(self, status: int, told: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "text/xml; charset=utf-8")
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        def log_message(self, *_: Any) -> None:
            """Say nothing: what is asked here is nobody else's business."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.load_verify_locations(authorities)
    context.verify_mode = ssl.CERT_REQUIRED
    server = _Quiet((host, port), Handler)
    server.daemon_threads = True
    server.context = context
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    return server


class _Quiet(ThreadingHTTPServer):
    """Makes TLS in the thread of each connection: one that shows no certificate is not everybody's trouble."""

    context: ssl.SSLContext

    def finish_request(self, request: Any, client_address: Any) -> None:
        try:
            with self.context.wrap_socket(request, server_side=True) as secured:
                super().finish_request(secured, client_address)
        except (ssl.SSLError, OSError):
            return
