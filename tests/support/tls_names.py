"""Requests by https to a name that only the test knows, at an address of the test."""

import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPMessage, HTTPSConnection
from pathlib import Path

from tests.support.child_process import Address
from tests.support.tls_front import Authority


@dataclass(frozen=True)
class Answer:
    status: int
    headers: HTTPMessage
    body: str


def get(
    at: Address,
    host: str,
    path: str,
    *,
    authority: Authority,
    who: tuple[Path, Path] | None = None,
    method: str = "GET",
    body: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """One request over a connection of its own; `who` are certificate and key of the caller."""
    context = ssl.create_default_context(cafile=authority.ca)
    if who is not None:
        context.load_cert_chain(*who)
    connection = HTTPSConnection(host, timeout=120)
    opened = socket.create_connection((at.host, at.port), timeout=120)
    connection.sock = context.wrap_socket(opened, server_hostname=host)
    try:
        connection.request(method, path, body, dict(headers or {}))
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read().decode())
    finally:
        connection.close()
