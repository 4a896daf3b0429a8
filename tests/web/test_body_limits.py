"""No address reads more of a body than it needs, whatever is sent there."""

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask

from gateway.app import create_app
from gateway.cli.coming import MOST_BODY
from gateway.oidc.op.parameters import MAX_ENCODED as OPENID
from gateway.oidc.vault_api.endpoint import MAX_BYTES as VAULT
from gateway.parts import assemble
from gateway.saml.idp.endpoint import MAX_BODY as SIGN_ON
from gateway.saml.logout.endpoint import MAX_BODY as LOGOUT
from gateway.saml.sp.endpoint import MAX_BODY as ANSWER
from gateway.settings.loader import load
from gateway.storage import migrate
from tests.support.configuration import write_configuration
from tests.support.held import HeldClock, SeededRandomness

PLAIN = 16 * 1024
LONGER = {
    "/saml/idp/sso": SIGN_ON,
    "/saml/sp/acs": ANSWER,
    "/saml/idp/slo": LOGOUT,
    "/saml/sp/slo": LOGOUT,
    "/saml/idp/slo/soap": 96 * 1024 + 1,
    "/oidc/backchannel_logout": 64 * 1024,
}
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data; boundary=b", "application/json", "text/xml")


class Endless(BytesIO):
    """As much as anybody wants, and counted."""

    def __init__(self) -> None:
        super().__init__()
        self.read_of_it = 0

    def read(self, size: int | None = -1, /) -> bytes:
        size = 10_000_000 if size is None or size < 0 else size
        self.read_of_it += size
        return b"a" * size

    def readline(self, size: int | None = -1, /) -> bytes:
        return self.read(size)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    directory: Path = write_configuration(tmp_path_factory.mktemp("bodies"))
    parts = assemble(load(directory), clock=HeldClock(), randomness=SeededRandomness())
    migrate.upgrade(parts.engine)
    yield create_app(parts)
    parts.engine.dispose()


def test_no_address_reads_more_than_it_needs(app: Flask) -> None:
    client, asked = app.test_client(), 0
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) & {"POST", "PUT", "PATCH", "DELETE"}):
            path = re.sub(r"<[^>]+>", "0", rule.rule)
            for kind in FORMS:
                sent = Endless()
                answer = client.open(
                    path, method=method, input_stream=sent, content_type=kind, content_length=10_000_000
                )
                where = f"{method} {path} {kind}"
                assert answer.status_code < 500, where
                assert sent.read_of_it <= LONGER.get(path, PLAIN), where
                asked += 1
    assert asked > 20


@pytest.mark.parametrize(("path", "limit"), [("/logout", PLAIN), *LONGER.items()])
def test_of_a_body_without_a_length_no_more_is_read_either(app: Flask, path: str, limit: int) -> None:
    sent = Endless()
    answer = app.test_client().post(
        path,
        input_stream=sent,
        content_type=FORMS[0],
        environ_overrides={"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"},
    )
    assert answer.status_code in (400, 403, 404, 413)
    assert sent.read_of_it <= limit + 2 * 64 * 1024, "a piece more tells that there is more"


def test_the_worker_waits_for_all_that_a_route_reads() -> None:
    assert max(PLAIN, OPENID, VAULT, *LONGER.values()) <= MOST_BODY
