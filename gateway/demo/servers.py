"""The demo's servers: each party in a thread with a real HTTP server of its own."""

import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager

from cryptography import x509
from flask import Flask, Response
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from gateway.demo import attribute_api
from gateway.demo.federation import OPENID_CLIENT, DemoFederation, address
from gateway.demo.idp import School
from gateway.demo.nummervoorziening import StandIn
from gateway.demo.nummervoorziening_server import serve
from gateway.demo.openid_eduid import OpenIdEduid
from gateway.demo.pages import page
from gateway.demo.people import (
    CLIENTS,
    GATEWAY_HOST,
    GUIDE_HOST,
    NUMMERVOORZIENING_HOST,
    OPENID_EDUID,
    PROVIDERS,
    SCHOOLS,
    SERVICES,
    DemoSchool,
)
from gateway.demo.relying_party import RelyingParty
from gateway.demo.service import Service
from gateway.domain.clock import Clock
from gateway.domain.randomness import Randomness
from gateway.saml.addresses import Addresses
from gateway.web.outgoing import OutgoingHttp

HOSTS = (
    GATEWAY_HOST,
    *(party.host for party in (*PROVIDERS, *SERVICES, *CLIENTS)),
    GUIDE_HOST,
    NUMMERVOORZIENING_HOST,
)

_GUIDE = """
<p>Choose a service. There you choose log in, then a school, then a person.</p>
<ul>{% for service in services %}<li><a href="{{ address(service.host, port) }}/">{{ service.name }}</a></li>{% endfor %}</ul>
<table><tr><th scope="col">school</th><th scope="col">person</th><th scope="col">what to expect</th></tr>
{% for school in schools %}{% for person in school.people %}
<tr><td>{{ school.name }}</td><td>{{ person.given_name }}, {{ person.role }}</td><td>{{ person.expect }}</td></tr>
{% endfor %}{% endfor %}</table>"""

_LOOKS = 0.05
"""Seconds between two looks whether it is time to stop: a dozen servers stop one after another."""


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Keep the terminal for what people must read."""


@contextmanager
def parties(federation: DemoFederation, *, clock: Clock, randomness: Randomness) -> Iterator[None]:
    """Schools, services and the guide, served until the context ends."""
    gateway = [
        x509.load_pem_x509_certificate((federation.directory / "keys" / f"saml-{number}.crt").read_bytes())
        for number in (1, 2)
    ]
    addresses = Addresses(federation.base_url)
    with ExitStack() as stack:
        for school in SCHOOLS:
            idp = School(
                school=school,
                entity_id=_entity_id(school, federation.port),
                key=federation.keys[school.id],
                addresses=addresses,
                gateway=gateway,
                clock=clock,
                randomness=randomness,
            )
            app = idp.app()
            if school.eduid:
                attribute_api.install(app, school, federation.secrets[school.id])
            stack.enter_context(serving(app, school.host, federation.port))
        openid = OpenIdEduid(
            school=OPENID_EDUID,
            issuer=address(OPENID_EDUID.host, federation.port),
            key=federation.keys[OPENID_EDUID.id],
            client_id=OPENID_CLIENT,
            secret=federation.secrets[OPENID_EDUID.id],
            callback=f"{federation.base_url}/oidc/callback/{OPENID_EDUID.id}",
            clock=clock,
            randomness=randomness,
        )
        stack.enter_context(serving(openid.app(), OPENID_EDUID.host, federation.port))
        for service in SERVICES:
            sp = Service(
                service=service,
                origin=address(service.host, federation.port),
                key=federation.keys[service.id],
                addresses=addresses,
                gateway=gateway,
                schools=tuple((one.name, _entity_id(one, federation.port)) for one in SCHOOLS),
                clock=clock,
                randomness=randomness,
            )
            stack.enter_context(serving(sp.app(), service.host, federation.port))
        for client in CLIENTS:
            rp = RelyingParty(
                service=client,
                origin=address(client.host, federation.port),
                key=federation.keys[client.id],
                issuer=federation.base_url,
                http=OutgoingHttp(),
                clock=clock,
                randomness=randomness,
            )
            stack.enter_context(serving(rp.app(), client.host, federation.port))
        stack.enter_context(serving(_guide(federation.port), GUIDE_HOST, federation.port))
        stack.enter_context(_nummervoorziening(federation))
        yield


@contextmanager
def _nummervoorziening(federation: DemoFederation) -> Iterator[None]:
    """Its batches are finished at once: nobody in front of a demo waits for a minute."""
    keys = federation.directory / "keys"
    server = serve(
        StandIn(rounds=0),
        certificate=keys / "nummervoorziening-server.pem",
        key=keys / "nummervoorziening-server.key",
        authorities=keys / "nummervoorziening-ca.pem",
        host=NUMMERVOORZIENING_HOST,
        port=federation.port,
    )
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def serving(app: Flask, host: str, port: int) -> Iterator[None]:
    """Serve an app in a thread. Raises OSError when the port is taken."""
    server: BaseWSGIServer = make_server(host, port, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(_LOOKS,), name=f"demo {host}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def is_free(port: int, hosts: Iterable[str] = HOSTS) -> bool:
    """Whether everybody at these hosts, which are all of the demo's if none are named, can listen at this port."""
    for host in hosts:
        with socket.socket() as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                tried.bind((host, port))
            except OSError:
                return False
    return True


def _entity_id(school: DemoSchool, port: int) -> str:
    return f"{address(school.host, port)}/metadata"


def _guide(port: int) -> Flask:
    app = Flask("demo_guide", static_folder=None)

    @app.get("/")
    def guide() -> Response:
        return page(
            "Sluis demo",
            "#0b4f6c",
            _GUIDE,
            schools=PROVIDERS,
            services=(*SERVICES, *CLIENTS),
            address=address,
            port=port,
        )

    return app
