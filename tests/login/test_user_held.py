"""Students who come with eduID: the school says who they are and that they are of age, or nothing goes."""

from base64 import b64decode
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.attributes.values import RawAttributes
from gateway.domain.attribute import IDENTIFIERS, Attribute
from gateway.domain.brin import Brin
from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.fallback import Fallback
from gateway.domain.user_held import UserHeld
from gateway.federation.at_eduid import SchoolAtEduid
from gateway.federation.models import ServiceId
from gateway.federation.snapshot import Federation
from gateway.login.steps import Redirect
from gateway.release.people import HeldLogin
from tests.support.jose import CLIENT
from tests.support.releasing import NOW
from tests.support.user_held import (
    AIMED,
    API,
    ECK_ID,
    EDUID,
    GLOBAL,
    NO_API,
    REQUESTER,
    ROC,
    ROC_IDP,
    SAID_BY_EDUID,
    SAID_BY_SCHOOL,
    mbo,
    parties,
    refused,
    released_with_consent,
)

OF_EDUID = (AIMED, GLOBAL, "Zelfgekozen", "Achternaam", "prive@mail.example", "elders.example")


def test_an_adult_gets_by_eduid_what_comes_through_the_school(tmp_path: Path) -> None:
    roc = mbo(tmp_path)
    by_eduid, by_school = roc.userinfo(roc.by_eduid()), roc.userinfo(roc.by_school(isAdult=("true",)))
    assert by_eduid["eckid"] == by_school["eckid"] == ECK_ID
    assert by_eduid["sub"] == by_school["sub"]
    assert by_eduid == by_school


def test_the_school_is_asked_with_the_eduid_that_is_aimed_at_it_and_once_a_login(tmp_path: Path) -> None:
    roc = mbo(tmp_path)
    roc.userinfo(roc.by_eduid())
    [(url, headers)] = roc.api.asked
    assert url == f"https://api.roc.example/api/attributes/{AIMED}"
    assert b64decode(headers["Authorization"].removeprefix("Basic ")) == b"sluis:pass:word"


def test_eduid_is_told_the_school_first(tmp_path: Path) -> None:
    """Or it would aim its identifier at the service, and the school would not know it."""
    roc = mbo(tmp_path)
    roc.by_eduid()
    idp, request = roc.op.schools.asked[-1]
    assert idp == EDUID
    assert request.requesters == (REQUESTER, CLIENT)
    roc.by_school()
    assert roc.op.schools.asked[-1][1].requesters == (CLIENT,)


@pytest.mark.parametrize("said", [[], ["urn:x:library"], ["urn:x:ADULT"], None], ids=str)
def test_who_is_not_said_to_be_of_age_is_sent_to_the_school_and_gets_in_there(said: object, tmp_path: Path) -> None:
    roc = mbo(tmp_path)
    roc.api.fields["eduperson_entitlement"] = said
    step = refused(roc.by_eduid())
    assert step.error.code is ErrorCode.USER_HELD_MINOR
    assert step.other_way is not None
    assert step.other_way.held is None
    page = roc.page(step)
    assert "vanaf 18 jaar" in page
    assert "Log in bij ROC Voorbeeld" in page
    assert f"/login/{step.other_way.login}/school" in page
    assert isinstance(roc.choose(step.other_way.login, held=False), Redirect)
    assert roc.op.schools.asked[-1][0] == ROC_IDP
    assert roc.userinfo(roc.answer({"uid": ("mo@roc.example",), **AT_SCHOOL}))["eckid"] == ECK_ID


AT_SCHOOL = {
    "eduPersonAffiliation": ("student",),
    "nlEduPersonHomeOrganizationId": ("99YA",),
    "eckId": (ECK_ID,),
}


def test_an_api_that_is_told_no_sign_of_age_leaves_everybody_a_minor(tmp_path: Path) -> None:
    roc = mbo(tmp_path, school=replace(ROC, at_eduid=SchoolAtEduid(REQUESTER, replace(API, adult=None))))
    assert refused(roc.by_eduid()).error.code is ErrorCode.USER_HELD_MINOR


def test_the_rule_is_tried_at_every_login(tmp_path: Path) -> None:
    roc = mbo(tmp_path)
    roc.userinfo(roc.by_eduid())
    roc.api.fields["eduperson_entitlement"] = []
    assert refused(roc.by_eduid()).error.code is ErrorCode.USER_HELD_MINOR


def test_a_login_with_eduid_leaves_no_session_that_would_skip_the_rule(tmp_path: Path) -> None:
    roc = mbo(tmp_path)
    roc.userinfo(roc.by_eduid())
    assert roc.begin(), "the next login asks again"


class TestAgreements:
    def test_forbidden_is_not_offered(self, tmp_path: Path) -> None:
        """There is nothing to choose then: the browser goes straight to the school."""
        roc = mbo(tmp_path, user_held=UserHeld.FORBIDDEN)
        assert roc.op.authorize().headers["Location"].startswith("https://roc.example/")
        hinted = roc.op.authorize(login_hint=str(EDUID)).headers["Location"]
        assert hinted.startswith("https://roc.example/"), "a hint of what is not offered says nothing"

    def test_forbidden_meanwhile_asks_nobody(self, tmp_path: Path) -> None:
        roc = mbo(tmp_path)
        roc.choose(roc.begin(), held=True)
        [agreement] = roc.op.world.agreements
        roc.op.world.agreements = (replace(agreement, user_held=UserHeld.FORBIDDEN),)
        roc.op.load()
        step = refused(roc.answer(SAID_BY_EDUID))
        assert step.error.code is ErrorCode.USER_HELD_FORBIDDEN
        assert step.other_way is not None
        assert roc.api.asked == []

    def test_required_sends_students_of_age_to_eduid(self, tmp_path: Path) -> None:
        roc = mbo(tmp_path, user_held=UserHeld.REQUIRED)
        step = refused(roc.by_school(isAdult=("true",)))
        assert step.error.code is ErrorCode.USER_HELD_REQUIRED
        assert step.other_way is not None
        assert "Log in met eduID voor ROC Voorbeeld" in roc.page(step)
        assert isinstance(roc.choose(step.other_way.login, held=True), Redirect)
        assert roc.userinfo(roc.answer(SAID_BY_EDUID))["eckid"] == ECK_ID

    @pytest.mark.parametrize("said", [("false",), ("?",), ("true", "false"), ()], ids=str)
    def test_required_is_for_nobody_who_may_be_a_minor(self, said: tuple[str, ...], tmp_path: Path) -> None:
        roc = mbo(tmp_path, user_held=UserHeld.REQUIRED)
        assert roc.userinfo(roc.by_school(isAdult=said))["eckid"] == ECK_ID

    def test_required_is_for_no_teacher(self, tmp_path: Path) -> None:
        roc = mbo(tmp_path, user_held=UserHeld.REQUIRED)
        assert isinstance(roc.by_school(isAdult=("true",), eduPersonAffiliation=("employee",)), Redirect)

    def test_what_a_service_may_be_told_ends_with_the_agreement(self, tmp_path: Path) -> None:
        roc = mbo(tmp_path)
        federation = roc.op.federation()
        assert set(federation.held_at(ServiceId(CLIENT), date(2026, 9, 7))) == {ROC.brin}
        assert federation.held_at(ServiceId(CLIENT), date(2026, 8, 1)) == {}


class TestTheSchoolDoesNotVouch:
    def test_it_does_not_know_this_eduid(self, tmp_path: Path) -> None:
        roc = mbo(tmp_path)
        roc.api.status = 404
        step = refused(roc.by_eduid())
        assert step.error.code is ErrorCode.LINK_NEEDED
        assert "Log in bij ROC Voorbeeld" in roc.page(step)

    def test_a_school_without_an_api_says_nothing_of_anybody(self, tmp_path: Path) -> None:
        roc = mbo(tmp_path, school=NO_API)
        assert refused(roc.by_eduid()).error.code is ErrorCode.LINK_NEEDED

    @pytest.mark.parametrize("status", [200, 204, 301, 400, 401, 403, 429, 500, 503])
    def test_every_other_answer_fails_closed(self, status: int, tmp_path: Path) -> None:
        roc = mbo(tmp_path)
        roc.api.status, roc.api.body = status, b"oops"
        step = refused(roc.by_eduid())
        assert step.error.code is ErrorCode.INSTITUTION_UNREACHABLE
        assert "Log in bij ROC Voorbeeld" in roc.page(step)

    def test_no_answer_fails_closed(self, tmp_path: Path) -> None:
        roc = mbo(tmp_path)
        roc.api.down = True
        assert refused(roc.by_eduid()).error.code is ErrorCode.INSTITUTION_UNREACHABLE

    @pytest.mark.parametrize(
        "fields",
        [[], "text", {"eckid": ECK_ID}, {"eckid": [7]}, {"given_name": ["x"] * 51}, {"x": {"y": []}}],
        ids=lambda one: str(one)[:30],
    )
    def test_an_answer_of_another_form_is_no_answer(self, fields: object, tmp_path: Path) -> None:
        roc = mbo(tmp_path)
        roc.api.fields = fields
        assert refused(roc.by_eduid()).error.code is ErrorCode.INSTITUTION_UNREACHABLE

    def test_an_answer_without_end_is_no_answer(self, tmp_path: Path) -> None:
        roc = mbo(tmp_path)
        roc.api.body = b"{" + b" " * 70_000 + b"}"
        assert refused(roc.by_eduid()).error.code is ErrorCode.INSTITUTION_UNREACHABLE

    def test_an_answer_about_another_school_is_not_believed(self, tmp_path: Path) -> None:
        roc = mbo(tmp_path)
        roc.api.fields["schac_home_organization"] = ["elders.example"]
        assert refused(roc.by_eduid()).error.code is ErrorCode.INSTITUTION_UNREACHABLE

    @pytest.mark.parametrize("aimed", [(), ("../../admin",), ("x?y",), (AIMED, GLOBAL)], ids=str)
    def test_without_one_true_eduid_nobody_is_asked(self, aimed: tuple[str, ...], tmp_path: Path) -> None:
        roc = mbo(tmp_path)
        step = refused(roc.by_eduid({**SAID_BY_EDUID, "urn:mace:eduid.nl:1.1": aimed}))
        assert step.error.code is ErrorCode.INSTITUTION_UNREACHABLE
        assert roc.api.asked == []

    def test_an_eck_id_that_is_none_stops_the_login(self, tmp_path: Path) -> None:
        roc = mbo(tmp_path)
        roc.api.fields["eckid"] = ["not one"]
        assert refused(roc.by_eduid()).error.code is ErrorCode.ECK_ID_MALFORMED

    def test_without_eck_id_another_identifier_goes_only_if_the_agreement_allows_it(self, tmp_path: Path) -> None:
        roc = mbo(tmp_path)
        roc.api.fields["eckid"] = []
        assert refused(roc.by_eduid()).error.code is ErrorCode.ECK_ID_REQUIRED
        (tmp_path / "other").mkdir()
        other = mbo(tmp_path / "other", fallback=Fallback.PROVISIONAL)
        other.api.fields["eckid"] = None
        got = other.userinfo(other.by_eduid())
        assert "eckid" not in got
        assert not any(value in str(got) for value in OF_EDUID)


def test_eduid_that_cannot_be_reached_leaves_the_school(tmp_path: Path) -> None:
    roc = mbo(tmp_path)
    roc.choose(roc.begin(), held=True)
    _, request = roc.op.schools.asked[-1]
    with roc.op.app.test_request_context():
        expectation = roc.op.dispatcher.expect(request.attempt, roc.op.browser)
        step = refused(roc.op.dispatcher.fail(expectation, SluisError(ErrorCode.IDP_UNREACHABLE)))
    assert step.other_way is not None
    assert "Log in bij ROC Voorbeeld" in roc.page(step)


def test_a_school_that_was_not_chosen_is_not_guessed(tmp_path: Path) -> None:
    """A hint to eduID alone, of a service: the only school there is, is chosen by that; another never is."""
    roc = mbo(tmp_path)
    asked = roc.op.authorize(login_hint=str(EDUID))
    assert asked.status_code == 303
    assert roc.op.schools.asked[-1][0] == EDUID
    assert roc.userinfo(roc.answer(SAID_BY_EDUID))["eckid"] == ECK_ID


def _refusal(held: HeldLogin | None, *, said: dict[str, tuple[str, ...]] = SAID_BY_EDUID) -> ErrorCode:
    world, federation, _ = parties()
    idp, pipeline = federation.identity_providers[EDUID], world.pipeline(federation)
    reading = pipeline.read(RawAttributes(tuple(said.items())), idp, now=NOW)
    with pytest.raises(SluisError) as caught:
        pipeline.release(service=world.service, idp=idp, reading=reading, now=NOW, reference="0", held=held)
    return caught.value.code


def test_eduid_without_a_school_of_its_own_lets_nothing_go() -> None:
    assert _refusal(None) is ErrorCode.USER_HELD_SCHOOL_MISSING
    assert _refusal(HeldLogin(Brin("99ZZ"))) is ErrorCode.USER_HELD_SCHOOL_MISSING


def test_eduid_that_names_nobody_lets_nothing_go() -> None:
    assert _refusal(HeldLogin(ROC.brin), said={}) is ErrorCode.ACCOUNT_MISSING


@pytest.mark.parametrize("newest", ["a", "b"])
def test_what_the_agreement_about_their_group_says_counts(newest: str) -> None:
    """Whatever an agreement about others at the school says."""
    world, federation, api = parties()
    wishes = {"a": UserHeld.ALLOWED, "b": UserHeld.FORBIDDEN}
    began = {group: NOW.date() - timedelta(days=1 if group == newest else 2) for group in wishes}
    federation = Federation.of(
        schools=federation.schools.values(),
        identity_providers=federation.identity_providers.values(),
        services=federation.services.values(),
        agreements=[
            replace(world.agreements[0], groups=frozenset({group}), user_held=wish, valid_from=began[group])
            for group, wish in wishes.items()
        ],
    )
    api.fields["ou"] = ["b"]
    idp, pipeline = federation.identity_providers[EDUID], world.pipeline(federation)
    reading = pipeline.read(RawAttributes(tuple(SAID_BY_EDUID.items())), idp, now=NOW)
    with pytest.raises(SluisError) as caught:
        pipeline.release(
            service=world.service, idp=idp, reading=reading, now=NOW, reference="0", held=HeldLogin(ROC.brin)
        )
    assert caught.value.code is ErrorCode.USER_HELD_FORBIDDEN


_values = st.sampled_from([None, [], ["x"], SAID_BY_SCHOOL["eckid"], ["student@roc.example"], ["urn:x:adult"]])


@settings(max_examples=150, deadline=None)
@given(
    status=st.sampled_from([200, 200, 200, 404, 500]),
    fields=st.dictionaries(st.sampled_from(sorted(SAID_BY_SCHOOL)), _values),
    dropped=st.sets(st.sampled_from(sorted(SAID_BY_EDUID)), max_size=2),
)
def test_no_value_of_eduid_leaves_and_no_minor_gets_in(
    status: int, fields: dict[str, object], dropped: set[str]
) -> None:
    world, federation, api = parties(fallback=Fallback.PROVISIONAL)
    api.status, api.fields = status, {**SAID_BY_SCHOOL, **fields}
    said = {name: values for name, values in SAID_BY_EDUID.items() if name not in dropped}
    idp, pipeline = federation.identity_providers[EDUID], world.pipeline(federation)
    reading = pipeline.read(RawAttributes(tuple(said.items())), idp, now=NOW)
    try:
        released = released_with_consent(world, pipeline, idp, reading, HeldLogin(ROC.brin)).released
    except SluisError as error:
        assert not any(value in f"{error.hint}{error.cause}{error}" for value in OF_EDUID)
        assert world.records.ledger[-1].outcome == "refused"
        return
    assert not any(value in f"{dict(released.values)}{released.subject.pairwise}" for value in OF_EDUID)
    assert status == 200
    assert "urn:x:adult" in (api.fields["eduperson_entitlement"] or [])
    assert len(released.values.keys() & IDENTIFIERS) == 1
    assert (Attribute.ECK_ID in released.values) == (api.fields["eckid"] == [ECK_ID])
