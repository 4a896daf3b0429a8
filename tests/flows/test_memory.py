"""Hundreds of complete logins leave nothing behind in the process: no message, no session, no subject."""

import gc
import sys
from pathlib import Path

import pytest

from gateway.app import create_app
from gateway.cli.init import write_configuration
from gateway.parts import assemble
from gateway.settings.loader import load
from gateway.storage import migrate
from tests.bench.parties import Driver, write_parties
from tests.support.native_heap import held_octets

pytestmark = [pytest.mark.untraced, pytest.mark.measures_memory]


class InProcess(Driver):
    """The bench's driver, without a wire."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._client = None

    def attach(self, app) -> None:
        self._client = app.test_client()

    def fresh_browser(self) -> None:
        if self._client is not None:
            self._client = self._client.application.test_client()

    def _ask(self, method: str, path: str, body: str | None = None) -> tuple[int, str, str]:
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if body is not None else {}
        answer = self._client.open(path, method=method, data=body, headers=headers, base_url=self.addresses.base_url)
        return answer.status_code, answer.headers.get("Location", ""), answer.get_data(as_text=True)


LOGINS = 600
CACHES = 3 * 1024 * 1024
"""Octets: SQLite keeps up to two million of pages for each connection, and has them only after some hundred logins."""


def test_hundreds_of_logins_leave_nothing_behind(tmp_path: Path):
    directory = tmp_path / "gateway"
    write_configuration(directory, base_url="http://127.0.0.1:8971", rsa_bits=2048, environment="test")
    write_parties(directory)
    parts = assemble(load(directory))
    migrate.upgrade(parts.engine)
    driver = InProcess("127.0.0.1", 8971)
    driver.attach(create_app(parts))

    def held_after(logins: int) -> tuple[int, int]:
        for _ in range(logins):
            driver.login()
        gc.collect()
        return sys.getallocatedblocks(), held_octets() or 0

    blocks, octets = held_after(200)
    blocks_later, octets_later = held_after(LOGINS)
    parts.engine.dispose()
    assert blocks_later - blocks < LOGINS, "an object stayed for every login"
    assert octets_later - octets < CACHES + 1024 * LOGINS, "a few kilobytes stayed for every login"
