"""A login in a frame, in a browser that keeps back the cookies of other sites: nobody gets in, and is told so there."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree

from gateway.app import create_app
from gateway.cli.init import write_configuration
from gateway.domain.clock import SystemClock
from gateway.parts import assemble
from gateway.settings.loader import load
from gateway.storage import migrate
from tests.bench.parties import write_parties
from tests.support.outages import Person

PORTAL = "https://portal.example"


class Forgetful(Person):
    """Somebody whose browser keeps nothing of the gateway; `policies` are those of the pages that they got."""

    policies: list[str]

    def _ask(self, method: str, path: str, body: str | None = None) -> tuple[int, str, str]:
        self.fresh_browser()
        headers = {"Accept-Language": "en", "Sec-Fetch-Site": "same-origin" if body is None else "cross-site"}
        form = {"content_type": "application/x-www-form-urlencoded"} if body else {}
        answer = self._client.open(
            path, method=method, data=body, headers=headers, base_url=self.addresses.base_url, **form
        )
        self.policies.append(answer.headers["Content-Security-Policy"])
        return answer.status_code, answer.headers.get("Location", ""), answer.get_data(as_text=True)


@pytest.fixture
def person(tmp_path: Path) -> Iterator[Forgetful]:
    write_configuration(tmp_path, base_url="http://127.0.0.1:8971", rsa_bits=2048, environment="test")
    write_parties(tmp_path)
    service = tmp_path / "services/bench.yaml"
    service.write_text(f"{service.read_text()}embedded_by: ['{PORTAL}']\n")
    parts = assemble(load(tmp_path))
    migrate.upgrade(parts.engine)
    made = Forgetful("127.0.0.1", 8971)
    made.policies = []
    made.attach(create_app(parts), SystemClock())
    yield made
    parts.ledger.close()
    parts.engine.dispose()


def test_whoever_comes_back_from_school_reads_why_in_the_frame(person: Forgetful) -> None:
    attempt, request = person.begin()
    status, page = person.answer(attempt, etree.tostring(person.response(request)))
    assert (status, "Allow cookies for this site" in page) == (400, True)
    assert f"frame-ancestors {PORTAL}" in person.policies[-1]
    person.answer("0" * len(attempt), etree.tostring(person.response(request)))
    assert "frame-ancestors 'none'" in person.policies[-1], "a login of nobody is in nobody's frame"
