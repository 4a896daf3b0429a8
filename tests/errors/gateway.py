"""The whole gateway in this process, and a browser in front of it that also plays the service and the school."""

import json
import zlib
from base64 import b64decode, b64encode, urlsafe_b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from flask import Flask
from lxml import etree, html
from werkzeug.test import TestResponse

from gateway.app import create_app
from gateway.demo.federation import DemoFederation, address
from gateway.demo.people import CLIENTS, EDUID, MBO, MBO_WITH_API, SERVICES, DemoSchool, Person
from gateway.domain.clock import SystemClock
from gateway.domain.http import HttpAnswer
from gateway.domain.language import Language
from gateway.federation.build import build
from gateway.parts import Parts, parts_of
from gateway.saml.addresses import Addresses
from gateway.saml.instants import write_instant
from gateway.settings.keys import load_keys
from gateway.settings.loader import load
from gateway.xml.signatures import sign
from tests.errors.federation import BOOKLET, CALLBACK, HUB, PORT, PROVIDER, SECRET, STRICT, write_everything
from tests.support.authn_requests import authn_request, by_redirect
from tests.support.held import HeldClock
from tests.support.held_provider import HeldProvider
from tests.support.responses import Message, encoded, signed

VERIFIER = "v" * 43
ASKED = {
    "response_type": "code",
    "client_id": "schrijfmaatje",
    "scope": "openid profile eck",
    "state": "the state",
    "nonce": "the nonce",
    "code_challenge": urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode(),
    "code_challenge_method": "S256",
}
HOSTS = {one.id: one.host for one in (*SERVICES, *CLIENTS, STRICT, BOOKLET)}
SCHOOL_HOSTS = {"regenboog": "127.0.0.2", "petteflat": "127.0.0.3"} | {
    one.id: one.host for one in (HUB, MBO, MBO_WITH_API, EDUID)
}


@dataclass
class Outside:
    """Fulfils Http: the OpenID provider of eduID, and the attribute API of mbo schools."""

    provider: HeldProvider
    api_status: int = 200
    api_says: dict[str, Any] = field(default_factory=dict)

    def get(self, url: str, *, headers: Mapping[str, str]) -> HttpAnswer:
        if url.startswith(PROVIDER):
            return self.provider.get(url, headers=headers)
        return HttpAnswer(self.api_status, json.dumps(self.api_says).encode())

    def post(self, url: str, *, headers: Mapping[str, str], form: Mapping[str, str]) -> HttpAnswer:
        return self.provider.post(url, headers=headers, form=form)


@dataclass
class Gateway:
    """The gateway as a whole, with its clock and everybody outside in the test's hand."""

    federation: DemoFederation
    clock: HeldClock
    app: Flask
    parts: Parts
    outside: Outside
    language: str = "nl"
    """What browsers ask for."""

    @classmethod
    def made(cls, directory: Path, languages: Sequence[Language] = (Language.NL, Language.EN)) -> "Gateway":
        return cls.started(write_everything(directory, languages), HeldClock(SystemClock().now()))

    @classmethod
    def started(cls, federation: DemoFederation, clock: HeldClock) -> "Gateway":
        settings = load(federation.directory)
        outside = Outside(HeldProvider(clock))
        parts = parts_of(settings, load_keys(settings), build(settings, clock=clock)[0], clock=clock, http=outside)
        return cls(federation, clock, create_app(parts), parts, outside)

    @contextmanager
    def again(self) -> Iterator["Gateway"]:
        """As after a reload: the same records, the configuration as it stands now."""
        other = Gateway.started(self.federation, self.clock)
        other.language = self.language
        yield other
        other.parts.engine.dispose()

    @property
    def addresses(self) -> Addresses:
        return self.parts.addresses

    def browser(self) -> "Browser":
        return Browser(self)


@dataclass
class Browser:
    """One person's browser, and whoever it brings messages for."""

    gateway: Gateway

    def __post_init__(self) -> None:
        self.client = self.gateway.app.test_client()
        self.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = self.gateway.language
        self.clock = self.gateway.clock
        self.at: list[TestResponse] = []

    def get(self, path: str, **more: Any) -> TestResponse:
        return self._kept(self.client.get(path, base_url=self.gateway.federation.base_url, **more))

    def post(self, path: str, site: str = "same-origin", **form: str) -> TestResponse:
        headers = {"Sec-Fetch-Site": site}
        return self._kept(self.client.post(path, data=form, headers=headers, base_url=self.gateway.federation.base_url))

    def _kept(self, answer: TestResponse) -> TestResponse:
        self.at.append(answer)
        return answer

    def through(self, gateway: Gateway) -> "Browser":
        """The same browser, in front of a gateway that was reloaded."""
        other = Browser(gateway)
        for cookie in self.client._cookies.values():  # type: ignore[union-attr]
            other.client.set_cookie(cookie.key, cookie.value, domain=cookie.domain, path=cookie.path)
        other.at = list(self.at)
        return other

    # The service.

    def request(self, service: str = "rekentuin", *, inside: str = "", **changes: str | None) -> bytes:
        """An AuthnRequest of a service."""
        at = address(HOSTS[service], PORT)
        said = {
            "IssueInstant": write_instant(self.clock.now()),
            "Destination": self.gateway.addresses.single_sign_on,
            "AssertionConsumerServiceURL": f"{at}/acs",
        }
        issuer = f"<saml:Issuer>{at}/metadata</saml:Issuer>"
        return authn_request(issuer=changes.pop("issuer", None) or issuer, inside=inside, **{**said, **changes})

    def ask(self, service: str = "rekentuin", *, relay_state: str | None = None, **changes: Any) -> TestResponse:
        """The service sends the browser with a request; Leesplein signs it."""
        key = self.gateway.federation.keys["leesplein"] if service == "leesplein" else None
        sent = by_redirect(self.request(service, **changes), relay_state, key=key)
        return self.get(f"/saml/idp/sso?{sent.query.decode()}")

    def authorize(self, client: str = "schrijfmaatje", **changes: str | None) -> TestResponse:
        """A client of OpenID Connect sends it."""
        back = CALLBACK if client not in HOSTS else f"{address(HOSTS[client], PORT)}/callback"
        asked = {**ASKED, "client_id": client, "redirect_uri": back, **changes}
        return self.get(f"/oidc/authorize?{urlencode({name: one for name, one in asked.items() if one is not None})}")

    def form(
        self,
        path: str,
        client: str = "klas",
        *,
        headers: dict[str, str] | None = None,
        more: dict[str, str] | None = None,
        **form: str,
    ) -> TestResponse:
        """A client calls, without the browser; `headers` in the place of its secret, `more` beside it."""
        secret = b64encode(f"{client}:{SECRET}".encode()).decode()
        known = {"Authorization": f"Basic {secret}"} if headers is None else headers
        base = self.gateway.federation.base_url
        return self._kept(self.client.post(path, data=form, headers={**known, **(more or {})}, base_url=base))

    # The person.

    def choose(self, brin: str, *, held: bool = False) -> TestResponse:
        """On the page of schools, or wherever the last answer led."""
        return self.post(self.location, **{"held" if held else "school": brin})

    def to_school(self, service: str = "rekentuin", brin: str = "99XA", **changes: Any) -> TestResponse:
        self.ask(service, **changes)
        return self.choose(brin)

    @property
    def location(self) -> str:
        """Where the last answer sends the browser."""
        assert self.at[-1].status_code == 303, (self.at[-1].status_code, self.at[-1].text[:2000])
        return self.at[-1].headers["Location"]

    # The school.

    def asked(self) -> tuple[str, dict[str, str]]:
        """The message that the browser takes to a school, and the parameters beside it."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(self.location).query).items()}
        raw = zlib.decompress(b64decode(query["SAMLRequest"]), wbits=-15)
        return etree.fromstring(raw).get("ID", ""), query

    def message(self, school: str, said: Mapping[str, tuple[str, ...]], **changes: Any) -> Message:
        """What a school answers to the last request."""
        request, _ = self.asked()
        at = f"{address(SCHOOL_HOSTS[school], PORT)}/metadata"
        now, addresses = self.clock.now(), self.gateway.addresses
        number = sha256(request.encode()).hexdigest()[:16]
        honest = {
            "issuer": at,
            "assertion_issuer": at,
            "response_id": f"_r{number}",
            "assertion_id": f"_a{number}",
            "destination": addresses.assertion_consumer,
            "in_response_to": request,
            "confirmed_request": request,
            "recipient": addresses.assertion_consumer,
            "audiences": (addresses.sp_entity_id,),
            "authenticated": now,
            "issued": now,
            **_moments(now),
            "attributes": said,
        }
        return Message(**{**honest, **changes})

    def bring(self, response: etree._Element | bytes, relay_state: str | None = None) -> TestResponse:
        """The browser brings an answer."""
        state = self.asked()[1]["RelayState"] if relay_state is None else relay_state
        fields = {"SAMLResponse": encoded(response), "RelayState": state}
        return self.post("/saml/sp/acs", "cross-site", **fields)

    def answer(self, school: str, said: Mapping[str, tuple[str, ...]], **changes: Any) -> TestResponse:
        """A school answers the last request, honestly but for the changes."""
        return self.bring(signed(self.message(school, said, **changes), key=self.gateway.federation.keys[school]))

    def by_person(self, school: DemoSchool, person: Person, **changes: Any) -> TestResponse:
        """A school of the demo says what it says of a person; None leaves an attribute out."""
        said = {name: (value,) for name, value in school.attributes(person) if value}
        given = {**said, **changes}
        return self.answer(school.id, {name: values for name, values in given.items() if values is not None})

    def logout(self, party: str, message: bytes) -> TestResponse:
        """A logout message of a service, signed."""
        sent = by_redirect(message, key=self.gateway.federation.keys[party])
        return self.get(f"/saml/idp/slo?{sent.query.decode()}")

    def posted(self, path: str, parameter: str, message: bytes, party: str) -> TestResponse:
        root = etree.fromstring(message)
        sign(root, self.gateway.federation.keys[party])
        return self.post(path, "cross-site", **{parameter: b64encode(etree.tostring(root)).decode()})


def _moments(now: datetime) -> dict[str, datetime]:
    return {
        "confirmed_until": now + timedelta(minutes=5),
        "not_before": now - timedelta(minutes=1),
        "not_on_or_after": now + timedelta(minutes=5),
    }


def page_of(answer: TestResponse) -> html.HtmlElement:
    return html.fromstring(answer.text)
