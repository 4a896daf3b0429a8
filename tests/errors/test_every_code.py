"""Every code of the catalogue, met by somebody: what they see, and what a helpdesk finds by the reference on it.

The gateway is whole and in this process; browsers, services and schools are played (`situations`).
"""

import json
import re
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from lxml import etree, html
from werkzeug.test import TestResponse

from gateway.cli.log_lines import Logs
from gateway.demo.people import PROVIDERS
from gateway.domain.errors import CATALOGUE, Audience, ErrorCode, SluisError
from gateway.domain.language import Language
from gateway.observability import log
from gateway.oidc.op.errors import oauth_error
from gateway.pages.error_texts import text_of
from gateway.pages.texts import say
from gateway.saml.status import STATUSES
from tests.errors.federation import SECRET
from tests.errors.gateway import Gateway
from tests.errors.registry import SITUATIONS, How
from tests.errors.situations import answers, clients, logins, requests, schools, user_held
from tests.support.held_provider import HeldProvider

PLAYED = (requests, clients, answers, logins, schools, user_held)
"""Importing them fills the table."""
REFERENCE = re.compile(r"\b[0-9A-HJKMNP-TV-Z]{10}\b")
PERSONAL = tuple(
    text
    for school in PROVIDERS
    for person in school.people
    for text in (f"{person.account}@", person.eck_id(), person.number, f"{person.given_name} {person.surname}")
    if text
)
"""What is said of people at schools, or by them; none of it may stand on a page of an error, nor in the log."""


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    made = Gateway.made(tmp_path_factory.mktemp("errors") / "gateway")
    yield made
    made.parts.engine.dispose()


@pytest.fixture
def log_file(once: Gateway, tmp_path: Path) -> Iterator[Path]:
    file = tmp_path / "log"
    log.configure(file=file, level="info")
    yield file
    log.close()


@pytest.fixture
def gateway(once: Gateway) -> Iterator[Gateway]:
    now, provider, api = once.clock.at, once.outside.provider, (once.outside.api_status, once.outside.api_says)
    once.outside.provider = HeldProvider(once.clock)
    yield once
    once.clock.at, once.outside.provider = now, provider
    once.outside.api_status, once.outside.api_says = api


def test_every_code_can_be_met() -> None:
    """A code that nobody can meet is dead: take it out, with its texts."""
    assert set(ErrorCode) == set(SITUATIONS)


@pytest.mark.parametrize("code", [code for code in ErrorCode if code in SITUATIONS])
def test_whoever_meets_it_is_told(gateway: Gateway, log_file: Path, code: ErrorCode) -> None:
    situation = SITUATIONS[code]
    answer = situation.play(gateway)
    check = {How.PAGE: on_a_page, How.SERVICE: by_the_service, How.CLIENT: as_json, How.PROBLEM: as_problem}
    reference = check[situation.how](answer, code)
    lines = log_file.read_text("utf-8")
    found = [line.said for line in Logs([log_file]).of(reference)] if reference else [json.loads(lines)]
    assert code in [line.get("code") for line in found], found
    for text in (answer.text, *answer.headers.values(), lines):
        assert not [value for value in (*PERSONAL, SECRET) if value in text]


def on_a_page(answer: TestResponse, code: ErrorCode) -> str:
    situation, kind, text = SITUATIONS[code], CATALOGUE[code], text_of(code)
    assert answer.status_code == kind.http_status, answer.text
    page = html.fromstring(answer.text)
    main = page.find(".//main")
    assert main.findtext("h1") == say(Language.NL, f"error.{text}.title"), main.text_content()
    said = " ".join(main.text_content().split())
    for part in ("what", "do"):
        assert say(Language.NL, f"error.{text}.{part}") in said
    assert say(Language.NL, f"error.who.{kind.audience}") in said
    details = main.find("details")
    assert details.get("open") is None
    assert code in details.text_content()
    ways = {" ".join(one.text_content().split()) for one in main.xpath(".//a[@href] | .//form//button")}
    assert ways, "a dead end"
    if situation.back_to:
        assert say(Language.NL, "error.back").format(service=situation.back_to) in ways
        assert situation.back_to in details.text_content()
    assert (say(Language.NL, "error.other_school") in ways) is situation.other_school
    [shown] = main.xpath(".//dl[@class='reference']//code/text()")
    assert REFERENCE.fullmatch(shown)
    return str(shown)


def by_the_service(answer: TestResponse, code: ErrorCode) -> str:
    """At the service's own address, as a status of its protocol, with the reference."""
    peer = CATALOGUE[code].peer
    if answer.status_code == 303:
        told = {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}
        assert told["error"] == oauth_error(SluisError(code))
        said = told["error_description"]
    else:
        [form] = html.fromstring(answer.text).forms
        root = etree.fromstring(b64decode(dict(form.form_values())["SAMLResponse"]))
        values = root.xpath("//*[local-name()='StatusCode']/@Value")
        assert values == [one for one in (STATUSES[peer].top, STATUSES[peer].second) if one]
        [said] = root.xpath("//*[local-name()='StatusMessage']/text()")
    if CATALOGUE[code].audience is not Audience.SERVICE:
        assert said.startswith("reference ")
    [shown] = REFERENCE.findall(said)
    return str(shown)


def as_json(answer: TestResponse, code: ErrorCode) -> str:
    situation = SITUATIONS[code]
    assert answer.status_code == (situation.status or CATALOGUE[code].http_status), answer.text
    told = answer.json or {}
    if not told:
        # RFC 6750 3.1: who sent no token is told no more than that one is needed
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        return ""
    assert told["error"] == oauth_error(SluisError(code))
    assert told["reference"] in told["error_description"]
    return str(told["reference"])


def as_problem(answer: TestResponse, code: ErrorCode) -> str:
    assert answer.status_code == CATALOGUE[code].http_status
    assert answer.content_type == "application/problem+json"
    told = answer.json or {}
    assert told["type"] == f"urn:sluis:error:{code}"
    return str(told["reference"])
