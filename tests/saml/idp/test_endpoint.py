"""GET and POST /saml/idp/sso: from the octets that a browser sends to the step that it takes next."""

import json
from base64 import b64decode
from dataclasses import dataclass
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask, Response
from lxml import etree
from werkzeug.exceptions import RequestEntityTooLarge

from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.protocol import Protocol
from gateway.federation.snapshot import Federation
from gateway.login.dispatch import Dispatcher
from gateway.login.messages import LoginRequest
from gateway.login.steps import ChooseSchool, PostForm, Refused
from gateway.login.transactions import Transactions
from gateway.observability.metrics import Metrics
from gateway.saml.idp.endpoint import MAX_BODY, blueprint
from gateway.saml.idp.transport import SentByPost
from gateway.storage.sqlite_store import SqliteStore
from tests.support.answers import found, role
from tests.support.authn_requests import (
    ACS,
    ADDRESSES,
    authn_request,
    by_post,
    by_redirect,
    federation,
    lower_case_escapes,
)
from tests.support.held import HeldClock, SeededRandomness
from tests.support.signing_keys import signing_key
from tests.support.signing_on import HeldCookie, signing_on
from tests.support.small_federation import REKENTUIN

KEY = signing_key(REKENTUIN)
SSO = "/saml/idp/sso"
STATUS = "urn:oasis:names:tc:SAML:2.0:status:"


@dataclass
class Gateway:
    """The endpoint with a real dispatcher behind it; `step` is the last one that the browser was given."""

    app: Flask
    step: Any = None

    def get(self, sent, method: str = "GET") -> int:
        return self.app.test_client().open(f"{SSO}?{sent.query.decode()}", method=method).status_code

    def post(self, sent) -> int:
        form = {"SAMLRequest": sent.messages, "RelayState": sent.relay_states}
        return self.app.test_client().post(SSO, data=form).status_code


class BeginsOnly(Dispatcher):
    """Keeps what it was asked to begin."""

    begun: LoginRequest

    def begin(self, request, browser):
        self.begun = request
        return super().begin(request, browser)


@pytest.fixture
def known() -> Federation:
    return federation()


@pytest.fixture
def dispatcher(known, clock, randomness, tmp_path) -> BeginsOnly:
    store, metrics = SqliteStore(tmp_path / "store.sqlite", clock=clock), Metrics()
    return BeginsOnly(
        federation=known,
        transactions=Transactions(store=store, clock=clock, randomness=randomness, seconds=900),
        identity_providers={},
        services={Protocol.SAML: role(clock)},
        releases=SimpleNamespace(links=SimpleNamespace(told=lambda _: None)),
        kept=SimpleNamespace(),
        errands=SimpleNamespace(),
        consenting=SimpleNamespace(),
        clock=clock,
        randomness=randomness,
        metrics=metrics,
        **signing_on(
            store=store,
            federation=known,
            clock=clock,
            randomness=randomness,
            cookie=HeldCookie(),
            metrics=metrics,
        ),
    )


@pytest.fixture
def gateway(known, dispatcher, clock: HeldClock, randomness: SeededRandomness) -> Gateway:
    app = Flask(__name__)
    made = Gateway(app)

    def respond(step) -> Response:
        made.step = step
        return Response(status=step.error.kind.http_status if isinstance(step, Refused) else 200)

    app.register_blueprint(
        blueprint(
            addresses=ADDRESSES,
            federation=known,
            clock=clock,
            skew=timedelta(seconds=60),
            admit=lambda _service: None,
            dispatcher=dispatcher,
            respond=respond,
            browser=lambda: "browser",
        )
    )
    app.register_error_handler(SluisError, lambda error: respond(Refused(error)))
    app.register_error_handler(
        RequestEntityTooLarge, lambda _: respond(Refused(SluisError(ErrorCode.REQUEST_TOO_LARGE)))
    )
    return made


def statuses(form: PostForm) -> list[str]:
    response = etree.fromstring(b64decode(dict(form.fields)["SAMLResponse"]))
    return [code.removeprefix(STATUS) for code in found(response, "//samlp:StatusCode/@Value")]


def scoping(attributes="", inside=""):
    return f"<samlp:Scoping {attributes}>{inside}</samlp:Scoping>"


def test_a_request_by_redirect_begins_a_login(gateway, dispatcher):
    sent = by_redirect(authn_request(), "é & =", key=KEY, escape=lower_case_escapes)
    assert gateway.get(sent) == 200
    assert isinstance(gateway.step, ChooseSchool)
    assert json.loads(dispatcher.begun.reply)["relay_state"] == "é & ="


def test_a_request_by_post_begins_a_login(gateway, dispatcher):
    assert gateway.post(by_post(authn_request(), '"><script>', key=KEY)) == 200
    assert isinstance(gateway.step, ChooseSchool)
    assert json.loads(dispatcher.begun.reply)["relay_state"] == '"><script>'


@pytest.mark.parametrize("method", ["HEAD", "PUT", "OPTIONS", "DELETE"])
def test_other_methods_begin_nothing(gateway, method):
    assert gateway.get(by_redirect(authn_request()), method=method) == 405
    assert not isinstance(gateway.step, ChooseSchool)


def test_a_form_is_not_read_from_the_query_nor_a_query_from_the_form(gateway):
    assert gateway.get(by_redirect(authn_request()), method="POST") == 400
    assert gateway.step.error.code is ErrorCode.REQUEST_MISSING


def test_an_oversized_body_is_not_read(gateway):
    assert gateway.post(SentByPost(["A" * MAX_BODY], [])) == 413
    assert gateway.step.error.code is ErrorCode.REQUEST_TOO_LARGE


def test_a_sender_that_fails_gets_a_page_and_nothing_goes_back(gateway):
    assert gateway.get(by_redirect(authn_request(AssertionConsumerServiceURL="https://evil.example/"))) == 400
    assert gateway.step.back is None
    assert gateway.step.service is None


def test_a_known_service_that_asks_too_much_gets_a_page_that_leads_back_with_a_status(gateway):
    policy = '<samlp:NameIDPolicy Format="urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"/>'
    assert gateway.get(by_redirect(authn_request(inside=policy), "state")) == 400
    assert gateway.step.service.id == REKENTUIN
    assert gateway.step.back.url == ACS
    assert dict(gateway.step.back.fields)["RelayState"] == "state"
    assert statuses(gateway.step.back) == ["Requester", "InvalidNameIDPolicy"]


@pytest.mark.parametrize(
    ("request_parts", "told"),
    [
        ({"inside": scoping('ProxyCount="0"')}, ["Responder", "ProxyCountExceeded"]),
        (
            {
                "inside": scoping(
                    "", '<samlp:IDPList><samlp:IDPEntry ProviderID="https://no.example/"/></samlp:IDPList>'
                )
            },
            ["Responder", "NoAvailableIDP"],
        ),
        ({"IsPassive": "true"}, ["Responder", "NoPassive"]),
        ({"IsPassive": "true", "IssueInstant": "2026-09-07T08:00:00Z"}, ["Requester", "RequestUnsupported"]),
    ],
)
def test_what_the_service_explains_better_than_a_page_goes_back_at_once(gateway, request_parts, told):
    assert gateway.get(by_redirect(authn_request(**request_parts))) == 200
    assert isinstance(gateway.step, PostForm)
    assert statuses(gateway.step) == told
