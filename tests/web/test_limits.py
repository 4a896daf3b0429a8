"""Whoever comes too often is asked to come back, and whole schools are not."""

import base64
import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import structlog
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from gateway.app import create_app
from gateway.domain.errors import ErrorCode, SluisError
from gateway.login.limits import Busy
from gateway.parts import Parts, assemble
from gateway.saml.addresses import Addresses
from gateway.settings.loader import load
from gateway.storage import migrate
from tests.support.authn_requests import authn_request, by_redirect
from tests.support.configuration import FILES, SP_ENTITY, idp_document, write_configuration
from tests.support.held import HeldClock, SeededRandomness
from tests.support.op import Op, op

HTML = {"Accept": "text/html,application/xhtml+xml"}
SCHOOL, OTHER = "145.100.1.7", "145.100.1.8"
TWO_SCHOOLS: dict[str, str | bytes] = {
    "identity-providers/hub.yaml": FILES["identity-providers/petteflat.yaml"]
    .replace("id: petteflat", "id: hub")
    .replace("petteflat.xml", "hub.xml")
    .replace("99XB", "99XC"),
    "identity-providers/hub.xml": idp_document("https://hub.example"),
    "schools/more.yaml": "- {brin: 99XC, names: {nl: Zonnebloem}, sector: vo, board: stichting}\n",
    "agreements/more.yaml": FILES["agreements/agreements.yaml"].replace("99XB", "99XC"),
}


@dataclass
class Gateway:
    parts: Parts
    clients: list[FlaskClient] = field(default_factory=list)

    def ask(self, path: str, *, address: str = SCHOOL, replica: int = 0, **more: Any) -> TestResponse:
        while len(self.clients) <= replica:
            self.clients.append(create_app(self.parts).test_client())
        own: dict[str, Any] = {"method": "GET", "headers": HTML, **more}
        return self.clients[replica].open(path, environ_overrides={"REMOTE_ADDR": address}, **own)

    def begin(self, **changes: str) -> TestResponse:
        """Leesplein asks for a login."""
        asked = {
            "AssertionConsumerServiceURL": "https://leesplein.example/acs",
            "Destination": Addresses("https://login.example.nl").single_sign_on,
            **changes,
        }
        message = authn_request(issuer=f"<saml:Issuer>{SP_ENTITY}</saml:Issuer>", **asked)
        return self.ask(f"/saml/idp/sso?{by_redirect(message).query.decode()}")

    def counted(self, limit: str, party: str) -> float:
        labels = f'limit="{limit}",party="{party}"'
        found = re.search(rf"sluis_limited_total{{{labels}}} (\S+)", self.parts.metrics.render().decode())
        return float(found[1]) if found else 0.0


Made = Callable[..., Gateway]


@pytest.fixture
def gateway(tmp_path: Path, clock: HeldClock) -> Iterator[Made]:
    made: list[Parts] = []

    def make(limits: str = "", changed: dict[str, str | bytes] | None = None) -> Gateway:
        own = f"limits: {limits}\n" if limits else ""
        files = {**(changed or {}), "gateway.yaml": FILES["gateway.yaml"] + own}
        settings = load(write_configuration(tmp_path, files))
        made.append(assemble(settings, clock=clock, randomness=SeededRandomness()))
        migrate.upgrade(made[-1].engine)
        return Gateway(made[-1])

    yield make
    for parts in made:
        parts.engine.dispose()


def test_a_school_whose_pupils_all_come_in_one_minute_is_let_in(gateway: Made) -> None:
    """1,500 behind one address: the request, the page of schools, the choice, the answer."""
    own = gateway()
    limits = own.parts.settings.gateway.limits
    assert limits.client is not None
    assert limits.client >= 1500 * 4 * 1.5


def test_one_address_that_asks_too_much_is_put_off_and_no_other(gateway: Made, clock: HeldClock) -> None:
    own = gateway("{client: 3}")
    clock.forward(seconds=20)
    assert [own.ask("/").status_code for _ in range(5)] == [200, 200, 200, 429, 429]
    answer = own.ask("/")
    assert "Het is druk" in answer.text
    assert 40 <= int(answer.headers["Retry-After"]) <= 55, "at the next minute, and not all at once"
    assert answer.headers["Refresh"] == answer.headers["Retry-After"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert own.ask("/", address=OTHER).status_code == 200
    assert own.counted("client", "") == 3
    clock.forward(seconds=40)
    assert own.ask("/").status_code == 200


def test_an_address_has_one_limit_at_all_replicas(gateway: Made) -> None:
    own = gateway("{client: 4}")
    got = [own.ask("/", replica=number % 2).status_code for number in range(6)]
    assert got == [200, 200, 200, 200, 429, 429]


def test_what_a_browser_had_sent_is_sent_again(gateway: Made) -> None:
    own = gateway("{client: 1}")
    own.ask("/")
    answer = own.ask("/saml/sp/acs", method="POST", data={"SAMLResponse": "PHg+", "RelayState": "r"})
    assert answer.status_code == 429
    assert 'name="SAMLResponse" value="PHg+"' in answer.text
    assert "Refresh" not in answer.headers


def test_what_helps_pages_and_operators_is_not_counted(gateway: Made) -> None:
    own = gateway("{client: 1}")
    assert own.ask("/").status_code == 200
    for path in ("/health/live", "/health/ready", "/static/x/site.css", "/favicon.ico", "/metrics"):
        assert own.ask(path).status_code != 429
    assert own.ask("/").status_code == 429


def test_neighbours_of_one_ipv6_customer_count_together(gateway: Made) -> None:
    own = gateway("{client: 2}")
    addresses = ["2001:67c:1::1", "2001:67c:1:0:ffff::2", "2001:67c:1::3", "2001:67c:1:1::1"]
    assert [own.ask("/", address=one).status_code for one in addresses] == [200, 200, 429, 200]


@pytest.mark.parametrize("address", ["127.0.0.1", "10.9.8.7", "192.168.1.1", "::1", "fd00::1", "a socket", ""])
def test_addresses_inside_have_no_limit(gateway: Made, address: str) -> None:
    own = gateway("{client: 1}")
    assert [own.ask("/", address=address).status_code for _ in range(3)] == [200, 200, 200]


def test_the_operator_says_which_have_none(gateway: Made) -> None:
    own = gateway("{client: 1, unlimited: [145.100.1.7]}")
    assert [own.ask("/").status_code for _ in range(3)] == [200, 200, 200]
    assert [own.ask("/", address="10.0.0.1").status_code for _ in range(2)] == [200, 429]


def test_a_supplier_asks_for_a_whole_country_and_one_that_guesses_does_not(gateway: Made) -> None:
    own = gateway("{client: 2}")
    for _ in range(5):
        assert own.ask("/saml/metadata/idp").status_code == 200
    assert own.ask("/saml/metadata/wrong").status_code == 404
    assert own.ask("/saml/metadata/wrong").status_code == 404
    answer = own.ask("/saml/metadata/idp", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json["error"]) == (429, "temporarily_unavailable")
    assert int(answer.headers["Retry-After"]) > 0


def test_a_service_to_which_too_many_log_in_is_put_off(gateway: Made, clock: HeldClock) -> None:
    own = gateway("{service: 2}")
    assert [own.begin().status_code for _ in range(3)] == [303, 303, 503]
    answer = own.begin()
    assert answer.headers["Refresh"] == answer.headers["Retry-After"]
    assert own.counted("service", "leesplein") == 2
    clock.forward(seconds=60)
    assert own.begin(IssueInstant="2026-09-07T08:31:00Z").status_code == 303


def test_a_single_service_has_a_limit_of_its_own(gateway: Made) -> None:
    own = gateway("{service: null, services: {leesplein: 1}}")
    assert [own.begin().status_code for _ in range(2)] == [303, 503]


def test_requests_that_nobody_believes_take_no_room_of_a_service(gateway: Made) -> None:
    own = gateway("{service: 1}")
    assert own.begin(AssertionConsumerServiceURL="https://elsewhere.example/").status_code == 400
    assert own.begin().status_code == 303


def test_people_are_not_sent_to_a_school_that_too_many_go_to(gateway: Made) -> None:
    own = gateway("{identity_provider: 1}")
    assert own.begin().headers["Location"].startswith("https://idp.petteflat.example/sso")
    answer = own.begin()
    assert answer.status_code == 503
    seconds, _, to = answer.headers["Refresh"].partition("; url=")
    assert seconds == answer.headers["Retry-After"]
    assert f'href="{to}"' in answer.text
    own.parts.clock.forward(seconds=60)  # type: ignore[attr-defined]
    assert "Petteflat College" in own.ask(to).text, "the login was kept, and can go on"
    chosen = own.ask(to, method="POST", data={"school": "99XB"})
    assert chosen.headers["Location"].startswith("https://idp.petteflat.example/sso")
    assert own.counted("identity_provider", "petteflat") == 1


def test_who_chose_a_school_chooses_it_again(gateway: Made) -> None:
    own = gateway("{identity_providers: {petteflat: 1}}", TWO_SCHOOLS)
    to = own.begin().headers["Location"]
    assert own.ask(to, method="POST", data={"school": "99XB"}).status_code in (200, 303)
    answer = own.ask(own.begin().headers["Location"], method="POST", data={"school": "99XB"})
    assert answer.status_code == 503
    assert 'name="school" value="99XB"' in answer.text


def test_a_silent_login_is_told_that_it_cannot_be(gateway: Made) -> None:
    own = gateway("{identity_provider: 1}")
    own.begin()
    assert "NoPassive" in _decoded(own.begin(IsPassive="true"))


def test_who_reached_a_limit_is_logged_once_without_an_address(gateway: Made) -> None:
    own = gateway("{client: 3, service: 1}")
    with structlog.testing.capture_logs() as lines:
        for _ in range(5):
            own.begin()
    said = [line for line in lines if line["event"] == "limit_reached"]
    assert [(line["limit"], line.get("service")) for line in said] == [("service", "leesplein"), ("client", None)]
    assert SCHOOL not in str(lines)


def test_without_the_store_a_worker_counts_for_itself(gateway: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    own = gateway("{client: 2}")
    own.ask("/")

    def broken(*_: object, **__: object) -> int:
        raise SluisError(ErrorCode.STORE_UNAVAILABLE)

    monkeypatch.setattr(own.parts.store, "count", broken)
    assert [own.ask("/").status_code for _ in range(3)] == [200, 429, 429]
    assert "sluis_limits_alone_total 1.0" in own.parts.metrics.render().decode()


def test_a_pushed_request_is_not_spent_on_a_page_that_says_come_back(tmp_path: Path) -> None:
    own: Op = op(tmp_path)
    full = iter([True, False])

    def admit(service: str) -> None:
        if next(full):
            raise Busy("service", service, 30)

    own.admit = admit
    own.load()
    own.app.register_error_handler(Busy, lambda _: ("", 503))
    request_uri = own.push().json["request_uri"]
    assert own.bring(request_uri).status_code == 503
    assert own.bring(request_uri).status_code == 303


def _decoded(answer: TestResponse) -> str:
    [encoded] = re.findall(r'name="SAMLResponse" value="([^"]+)"', answer.text)
    return base64.b64decode(html.unescape(encoded)).decode()
