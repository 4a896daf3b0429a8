"""POST /saml/sp/acs: what reaches the dispatcher, and what does not."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask, Response

from gateway.domain.errors import ErrorCode, SluisError
from gateway.federation.models import IdpId
from gateway.federation.openid_provider import OpenIdProvider
from gateway.federation.snapshot import Federation
from gateway.login.messages import Authentication, Expectation
from gateway.login.steps import Redirect
from gateway.saml.sp import endpoint
from gateway.saml.sp.endpoint import AssertionConsumer
from gateway.saml.sp.request import request_id
from gateway.storage.sqlite_store import SqliteStore
from tests.support.held import HeldClock, SeededRandomness
from tests.support.responses import (
    ADDRESSES,
    NOW,
    OTHER_IDP,
    OTHER_KEY,
    REQUEST,
    SKEW,
    Marks,
    Message,
    encoded,
    identity_provider,
    judge,
    signed,
)
from tests.support.small_federation import REGENBOOG

ATTEMPT = "a" * 60


@dataclass
class Dispatcher:
    """Knows one attempt and one service, and remembers what it was told."""

    told: list[tuple[str, object]] = field(default_factory=list)

    def knows(self, service: str) -> bool:
        return service == "rekentuin"

    def expect(self, attempt: str, browser: str) -> Expectation:
        if attempt != ATTEMPT:
            raise SluisError(ErrorCode.LOGIN_UNKNOWN)
        return Expectation(IdpId("po"), attempt, (), None)

    def finish(self, expectation: Expectation, authentication: Authentication) -> Redirect:
        self.told.append(("finish", authentication))
        return Redirect("done")

    def fail(self, expectation: Expectation, error: SluisError) -> Redirect:
        self.told.append(("fail", error.code))
        return Redirect("failed")

    def finish_unsolicited(self, service: str, authentication: Authentication, browser: str) -> Redirect:
        self.told.append((service, authentication))
        return Redirect("done")


@dataclass
class Endpoint:
    dispatcher: Dispatcher
    clock: HeldClock
    app: Flask

    def post(self, **fields: str | list[str]) -> ErrorCode | str:
        """Where the browser is sent, or the error's code."""
        answer = self.app.test_client().post("/saml/sp/acs", data=fields)
        return answer.get_data(as_text=True)

    def answer(self, message: Message | None = None, *, relay_state: str = ATTEMPT, **how: object) -> str:
        asked = replace(message or Message(), in_response_to=request_id(ATTEMPT), confirmed_request=request_id(ATTEMPT))
        return self.post(SAMLResponse=encoded(signed(asked, **how)), RelayState=relay_state)


def made(tmp_path: Path, *, allow_unsolicited: bool = False) -> Endpoint:
    idp = replace(identity_provider(), allow_unsolicited=allow_unsolicited)
    clock, dispatcher, app = HeldClock(NOW), Dispatcher(), Flask("test")
    consumer = AssertionConsumer(
        federation=Federation.of(schools=(REGENBOOG,), identity_providers=(idp,), services=(), agreements=()),
        addresses=ADDRESSES,
        replay_marks=SqliteStore(tmp_path / "marks.sqlite", clock=clock),
        lasting_marks=SqliteStore(tmp_path / "lasting-marks.sqlite", clock=clock, durable=True),
        clock=clock,
        skew=SKEW,
        decryption_keys=(),
        randomness=SeededRandomness(),
    )
    app.register_blueprint(
        endpoint.blueprint(
            consumer=consumer,
            dispatcher=dispatcher,  # type: ignore[arg-type]
            respond=lambda step: Response(step.url),  # type: ignore[union-attr]
            browser=lambda: "browser",
        )
    )
    app.register_error_handler(SluisError, lambda error: (error.code, 400))
    return Endpoint(dispatcher, clock, app)


@pytest.fixture
def acs(tmp_path: Path) -> Endpoint:
    return made(tmp_path)


def test_a_good_answer_finishes_the_login(acs: Endpoint):
    assert acs.answer() == "done"
    [(what, authentication)] = acs.dispatcher.told
    assert what == "finish"
    assert isinstance(authentication, Authentication)
    assert authentication.idp == "po"
    assert authentication.attributes.values == (("uid", ("fenna@regenboog.example",)),)


def test_a_bad_answer_is_told_with_its_code(acs: Endpoint):
    assert acs.answer(key=OTHER_KEY) == "failed"
    assert acs.dispatcher.told == [("fail", ErrorCode.RESPONSE_SIGNATURE_INVALID)]


def test_replay_of_an_assertion_in_another_login(acs: Endpoint):
    assert acs.answer() == "done"
    assert acs.answer(Message(response_id="_another")) == "failed"
    assert acs.dispatcher.told[-1] == ("fail", ErrorCode.RESPONSE_REPLAYED)


def test_the_replay_mark_outlives_the_assertion(acs: Endpoint):
    acs.answer()
    acs.clock.forward(minutes=5, seconds=59)
    assert acs.answer() == "failed"
    assert acs.dispatcher.told[-1] == ("fail", ErrorCode.RESPONSE_REPLAYED)
    acs.clock.forward(seconds=2)
    assert acs.answer() == "failed"
    assert acs.dispatcher.told[-1] == ("fail", ErrorCode.RESPONSE_EXPIRED)


def test_a_refused_answer_leaves_the_way_free_for_the_true_one(acs: Endpoint):
    """Same assertion, same ID: only one that holds is marked as used."""
    assert acs.answer(key=OTHER_KEY) == "failed"
    assert acs.answer(Message(audiences=("https://other.example",))) == "failed"
    assert acs.answer() == "done"


def test_the_same_assertion_many_times_at_once(tmp_path: Path):
    allowing = made(tmp_path, allow_unsolicited=True)
    answer = unsolicited()
    with ThreadPoolExecutor(8) as threads:
        outcomes = list(threads.map(lambda _: allowing.post(SAMLResponse=answer, RelayState="rekentuin"), range(8)))
    assert sorted(outcomes) == ["done"] + [ErrorCode.RESPONSE_REPLAYED] * 7


def test_the_same_id_of_another_identity_provider_is_another_assertion():
    marks = Marks()
    judge(signed(), replay_marks=marks)
    other = identity_provider(OTHER_KEY.certificate, entity_id=OTHER_IDP)
    message = Message(issuer=OTHER_IDP, assertion_issuer=OTHER_IDP)
    assert judge(signed(message, key=OTHER_KEY), idp=other, replay_marks=marks).issuer == OTHER_IDP


@pytest.mark.parametrize("request_of_another", [REQUEST, None], ids=["of another attempt", "of nobody"])
def test_an_answer_to_the_request_of_another_attempt(acs: Endpoint, request_of_another: str | None):
    message = Message(in_response_to=request_of_another, confirmed_request=request_of_another)
    assert acs.post(SAMLResponse=encoded(signed(message)), RelayState=ATTEMPT) == "failed"
    assert acs.dispatcher.told == [("fail", ErrorCode.RESPONSE_REQUEST)]


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ("A" * 360_000, ErrorCode.RESPONSE_TOO_LARGE),
        ("%%%", ErrorCode.RESPONSE_MALFORMED),
        ("PGE+", ErrorCode.RESPONSE_MALFORMED),
        ("PGEvPg==", ErrorCode.RESPONSE_SCHEMA),
    ],
    ids=["oversized", "no base64", "no XML", "no Response"],
)
def test_an_answer_that_cannot_be_read_ends_nothing_but_itself(acs: Endpoint, answer: str, code: ErrorCode):
    assert acs.post(SAMLResponse=answer, RelayState=ATTEMPT) == "failed"
    assert acs.dispatcher.told == [("fail", code)]
    assert acs.answer() == "done"


def test_a_body_that_is_too_large_is_not_read(acs: Endpoint):
    answer = acs.app.test_client().post("/saml/sp/acs", data={"SAMLResponse": "A" * 1_100_000, "RelayState": ATTEMPT})
    assert answer.status_code == 413
    assert not acs.dispatcher.told


def test_whoever_goes_back_to_it_is_told_that_the_login_is_done(acs: Endpoint):
    assert acs.app.test_client().get("/saml/sp/acs").get_data(as_text=True) == ErrorCode.LOGIN_FINISHED
    assert not acs.dispatcher.told


def test_only_by_post(acs: Endpoint):
    query = {"SAMLResponse": encoded(signed()), "RelayState": ATTEMPT}
    assert acs.app.test_client().get("/saml/sp/acs", query_string=query).get_data(as_text=True) == (
        ErrorCode.METHOD_NOT_ALLOWED
    )
    assert acs.app.test_client().post("/saml/sp/acs", query_string=query).get_data(as_text=True) == (
        ErrorCode.RESPONSE_MISSING
    )
    assert not acs.dispatcher.told


def test_an_unknown_attempt(acs: Endpoint):
    assert acs.answer(relay_state="b" * 60) == ErrorCode.LOGIN_UNKNOWN
    assert not acs.dispatcher.told


def test_nothing_in_the_form(acs: Endpoint):
    assert acs.post() == ErrorCode.RESPONSE_MISSING
    assert acs.post(SAMLResponse="", RelayState=ATTEMPT) == ErrorCode.RESPONSE_MISSING


def test_a_saml_answer_for_an_identity_provider_that_speaks_openid_connect():
    provider = replace(identity_provider(), party=OpenIdProvider("https://po.example/idp", "sluis"))
    federation = Federation.of(schools=(REGENBOOG,), identity_providers=(provider,), services=(), agreements=())
    consumer = AssertionConsumer(
        federation=federation,
        addresses=ADDRESSES,
        replay_marks=Marks(),
        lasting_marks=Marks(),
        clock=HeldClock(NOW),
        skew=SKEW,
        decryption_keys=(),
        randomness=SeededRandomness(),
    )

    with pytest.raises(SluisError) as refused:
        consumer.solicited(encoded(signed(Message())), Expectation(IdpId("po"), ATTEMPT, (), None))

    assert refused.value.code is ErrorCode.RESPONSE_ISSUER


@pytest.mark.parametrize("doubled", ["SAMLResponse", "RelayState"])
def test_a_field_that_stands_twice(acs: Endpoint, doubled: str):
    fields: dict[str, str | list[str]] = {"SAMLResponse": encoded(signed()), "RelayState": ATTEMPT}
    fields[doubled] = [str(fields[doubled])] * 2
    assert acs.post(**fields) == ErrorCode.RESPONSE_MALFORMED


def unsolicited(**changes: object) -> str:
    message = replace(Message(in_response_to=None, confirmed_request=None), **changes)
    return encoded(signed(message))


def test_unsolicited_without_relay_state(acs: Endpoint):
    assert acs.post(SAMLResponse=unsolicited()) == ErrorCode.RESPONSE_UNSOLICITED


def test_unsolicited_is_refused_unless_the_entry_allows_it(acs: Endpoint, tmp_path: Path):
    assert acs.post(SAMLResponse=unsolicited(), RelayState="rekentuin") == ErrorCode.RESPONSE_UNSOLICITED
    allowing = made(tmp_path, allow_unsolicited=True)
    assert allowing.post(SAMLResponse=unsolicited(), RelayState="rekentuin") == "done"
    assert allowing.dispatcher.told[0][0] == "rekentuin"


def test_unsolicited_is_taken_once(tmp_path: Path):
    allowing = made(tmp_path, allow_unsolicited=True)
    answer = unsolicited()
    assert allowing.post(SAMLResponse=answer, RelayState="rekentuin") == "done"
    assert allowing.post(SAMLResponse=answer, RelayState="rekentuin") == ErrorCode.RESPONSE_REPLAYED


def test_unsolicited_is_taken_once_even_where_the_logins_under_way_were_lost(tmp_path: Path):
    answer = unsolicited()
    assert made(tmp_path, allow_unsolicited=True).post(SAMLResponse=answer, RelayState="rekentuin") == "done"
    for lost in tmp_path.glob("marks.sqlite*"):
        lost.unlink()
    again = made(tmp_path, allow_unsolicited=True)
    assert again.post(SAMLResponse=answer, RelayState="rekentuin") == ErrorCode.RESPONSE_REPLAYED


@pytest.mark.parametrize(
    "changes",
    [
        {"in_response_to": "_request", "confirmed_request": "_request"},
        {"issuer": "https://unknown.example/idp", "assertion_issuer": "https://unknown.example/idp"},
        {"issuer": "https://vo.example/idp"},
    ],
)
def test_an_answer_to_something_or_of_somebody_else_is_not_unsolicited(tmp_path: Path, changes: dict[str, str]):
    allowing = made(tmp_path, allow_unsolicited=True)
    assert allowing.post(SAMLResponse=unsolicited(**changes), RelayState="rekentuin") == ErrorCode.RESPONSE_UNSOLICITED


def test_unsolicited_is_verified_as_any_other(tmp_path: Path):
    allowing = made(tmp_path, allow_unsolicited=True)
    late = unsolicited(confirmed_until=NOW - timedelta(hours=1))
    assert allowing.post(SAMLResponse=late, RelayState="rekentuin") == ErrorCode.RESPONSE_EXPIRED
