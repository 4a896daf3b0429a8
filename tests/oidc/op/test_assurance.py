"""How surely somebody must have logged in: by the service's wish, by its entry, by their role; and what is missing."""

import json
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.language import Language
from gateway.domain.role import Role
from gateway.federation.assurance import Level, Needed, Saying
from tests.support.op import Op, op
from tests.support.op_client import PASSWORD, back

BASIC = Level("basic", 0, "https://sluis.example/basic", {Language.NL: "inloggen met een wachtwoord"})
CODE = Level("code", 1, "https://refeds.org/profile/mfa", {Language.NL: "een code van je telefoon"})
CARD = Level("card", 2, "https://sluis.example/card", {Language.NL: "een pas"})
MFA, CARD_THERE, CODE_THERE = "https://school.example/mfa", "https://school.example/card", "https://school.example/code"
SAYING = Saying({PASSWORD: BASIC, MFA: CODE, CODE_THERE: CODE, CARD_THERE: CARD})
TEACHER = {"eduPersonAffiliation": ("employee",)}


def provider_of(directory, needs: Needed | None = None, saying: Saying = SAYING, **more) -> Op:
    made = op(directory, levels=(BASIC, CODE, CARD), **more)
    made.world.idp = replace(made.world.idp, assurance=saying)
    if needs is not None:
        made.world.service = replace(made.world.service, needs=needs)
    made.load()
    return made


def asked(provider: Op) -> tuple[str, ...]:
    return provider.schools.asked[-1][1].contexts


def acr(provider: Op, code: str) -> str:
    return provider.id_token(provider.exchange(code).json)["acr"]


def essential(*contexts: str) -> str:
    return json.dumps({"id_token": {"acr": {"essential": True, "values": contexts}}})


def to_the_school(answer) -> bool:
    return answer.status_code == 303 and urlsplit(answer.headers["Location"]).hostname == "po.example"


def test_a_level_is_asked_in_the_words_of_the_school_and_told_in_those_of_the_service(tmp_path):
    provider = provider_of(tmp_path)
    provider.authorize(claims=essential(CODE.context))
    assert asked(provider) == (MFA, CODE_THERE, CARD_THERE), "a stronger one will do as well"
    assert acr(provider, back(provider.finish(context=CARD_THERE))["code"]) == CODE.context


def test_what_the_school_says_is_checked_and_never_assumed(tmp_path):
    provider = provider_of(tmp_path)
    for said in (PASSWORD, "urn:made-up", CODE.context):
        provider.cookie.drop()
        provider.authorize(claims=essential(CODE.context))
        page = provider.finish(context=said)
        text = page.get_data(as_text=True)
        assert page.status_code == 403
        assert "Wat ontbreekt: een code van je telefoon." in text
        assert "assurance_unmet" in text
        assert "error=unmet_authentication_requirements" in text, "the way back tells the service"


def test_a_wish_that_is_not_met_ends_nothing_and_is_not_claimed(tmp_path):
    provider = provider_of(tmp_path)
    provider.authorize(acr_values=CODE.context)
    assert asked(provider) == (MFA, CODE_THERE, CARD_THERE)
    assert acr(provider, back(provider.finish())["code"]) == PASSWORD


def test_words_that_are_no_level_go_as_they_are(tmp_path):
    provider = provider_of(tmp_path)
    provider.authorize(claims=essential("urn:other"))
    assert asked(provider) == ("urn:other",)
    assert provider.finish(context="urn:another").status_code == 403
    provider.authorize(claims=essential("urn:other"))
    assert acr(provider, back(provider.finish(context="urn:other"))["code"]) == "urn:other"


class TestMinimum:
    def test_every_login_is_asked_for_it(self, tmp_path):
        provider = provider_of(tmp_path, Needed(CODE))
        provider.authorize()
        assert asked(provider) == (MFA, CODE_THERE, CARD_THERE)
        assert acr(provider, back(provider.finish(context=MFA))["code"]) == MFA

    def test_a_login_below_it_gets_nothing_whatever_the_service_asks(self, tmp_path):
        provider = provider_of(tmp_path, Needed(CODE))
        for wish in ({}, {"acr_values": BASIC.context}, {"claims": essential(PASSWORD)}):
            provider.authorize(**wish)
            assert PASSWORD not in asked(provider)
            rows = len(provider.world.records.ledger)
            assert provider.finish(context=PASSWORD).status_code == 403
            assert len(provider.world.records.ledger) == rows, "nothing was released"

    def test_a_school_that_cannot_say_it_is_not_even_asked(self, tmp_path):
        provider = provider_of(tmp_path, Needed(CODE), Saying({PASSWORD: BASIC}))
        page = provider.authorize().get_data(as_text=True)
        assert "Wat ontbreekt: een code van je telefoon." in page
        assert not provider.schools.asked

    def test_a_school_of_which_nothing_is_known_reaches_nothing(self, tmp_path):
        provider = provider_of(tmp_path, Needed(BASIC), Saying())
        assert provider.authorize().status_code == 403

    def test_unless_its_entry_says_what_else_counts_as(self, tmp_path):
        provider = provider_of(tmp_path, Needed(BASIC), Saying({MFA: CODE}, otherwise=BASIC))
        provider.authorize()
        assert "code" in back(provider.finish(context="whatever"))

    def test_methods_cannot_be_asked_for_but_count(self, tmp_path):
        provider = provider_of(tmp_path, Needed(CODE), Saying({"amr:otp": CODE}))
        provider.authorize()
        assert asked(provider) == ()
        assert acr(provider, back(provider.finish(context="amr:otp"))["code"]) == CODE.context


class TestOfARole:
    NEEDS = Needed(None, {Role.EMPLOYEE: CODE})

    def test_a_pupil_is_not_troubled(self, tmp_path):
        provider = provider_of(tmp_path, self.NEEDS)
        provider.authorize()
        assert asked(provider) == ()
        assert "code" in back(provider.finish())

    def test_a_teacher_is_asked_for_the_missing_level_once_it_is_known_who_it_is(self, tmp_path):
        provider = provider_of(tmp_path, self.NEEDS)
        provider.sent |= TEACHER
        provider.authorize()
        assert asked(provider) == ()
        assert to_the_school(provider.finish())
        assert asked(provider) == (MFA, CODE_THERE, CARD_THERE)
        assert "code" in back(provider.finish(context=MFA))

    def test_and_not_in_a_circle(self, tmp_path):
        provider = provider_of(tmp_path, self.NEEDS)
        provider.sent |= TEACHER
        provider.authorize()
        provider.finish()
        page = provider.finish()
        assert page.status_code == 403
        assert "Wat ontbreekt: een code van je telefoon." in page.get_data(as_text=True)
        assert len(provider.schools.asked) == 2

    def test_where_it_cannot_be_asked_for_the_page_comes_at_once(self, tmp_path):
        provider = provider_of(tmp_path, self.NEEDS, Saying({PASSWORD: BASIC, "amr:otp": CODE}))
        provider.sent |= TEACHER
        provider.authorize()
        assert provider.finish().status_code == 403
        assert len(provider.schools.asked) == 1


class TestInASession:
    def logged_in(self, tmp_path, needs=None) -> tuple[Op, str | None]:
        provider = provider_of(tmp_path, needs)
        provider.authorize()
        back(provider.finish())
        return provider, provider.cookie.value

    def test_what_is_enough_asks_nothing(self, tmp_path):
        provider, _ = self.logged_in(tmp_path)
        assert acr(provider, back(provider.authorize(claims=essential(BASIC.context)))["code"]) == BASIC.context
        assert len(provider.schools.asked) == 1

    @pytest.mark.parametrize("wish", [{"claims": essential(CODE.context)}, {"acr_values": CODE.context}])
    def test_a_step_up_asks_the_school_for_the_missing_level_alone_and_the_session_is_a_new_one(self, tmp_path, wish):
        provider, before = self.logged_in(tmp_path)
        assert to_the_school(provider.authorize(**wish))
        idp, request = provider.schools.asked[-1]
        assert (idp, request.contexts, request.force) == (provider.world.idp.id, (MFA, CODE_THERE, CARD_THERE), False)
        assert acr(provider, back(provider.finish(context=MFA))["code"]) == CODE.context
        after = provider.cookie.value
        assert after not in (None, before)
        assert acr(provider, back(provider.authorize(**wish))["code"]) == CODE.context
        assert len(provider.schools.asked) == 2, "the level that was reached serves the next login"
        provider.cookie.value = before
        assert to_the_school(provider.authorize(**wish)), "what was known before the step-up opens nothing more"

    def test_by_role_too(self, tmp_path):
        provider, _ = self.logged_in(tmp_path)
        provider.sent |= TEACHER
        provider.log_in()
        provider.world.service = replace(provider.world.service, needs=TestOfARole.NEEDS)
        provider.load()
        assert to_the_school(provider.authorize())
        assert asked(provider) == (MFA, CODE_THERE, CARD_THERE)
        assert provider.finish().status_code == 403, "asked for, and not met"

    def test_silently_a_wish_is_let_go_and_a_need_goes_to_the_school(self, tmp_path):
        provider, _ = self.logged_in(tmp_path)
        assert "code" in back(provider.authorize(prompt="none", acr_values=CODE.context))
        assert to_the_school(provider.authorize(prompt="none", claims=essential(CODE.context)))
        assert provider.schools.asked[-1][1].passive

    def test_a_wish_that_cannot_be_asked_for_is_let_go(self, tmp_path):
        provider, _ = self.logged_in(tmp_path)
        provider.world.idp = replace(provider.world.idp, assurance=Saying({PASSWORD: BASIC}))
        provider.load()
        assert "code" in back(provider.authorize(acr_values=CODE.context))


def test_a_school_that_says_it_cannot_is_explained_where_we_asked_and_told_where_the_service_did(tmp_path):

    cannot = SluisError(ErrorCode.IDP_NO_AUTHENTICATION_CONTEXT)
    ours = provider_of(tmp_path, Needed(CODE))
    ours.authorize()
    _, request = ours.schools.asked[-1]
    step = ours.dispatcher.fail(ours.dispatcher.expect(request.attempt, ours.browser), cannot)
    assert step.missing == CODE.names
    ours.world.service = replace(ours.world.service, needs=Needed())
    ours.load()
    ours.authorize(claims=essential(CODE.context))
    _, request = ours.schools.asked[-1]
    step = ours.dispatcher.fail(ours.dispatcher.expect(request.attempt, ours.browser), cannot)
    assert "unmet_authentication_requirements" in step.url


def test_the_levels_are_in_the_discovery_document(tmp_path):
    found = provider_of(tmp_path).provider.configuration()["acr_values_supported"]
    assert found == [BASIC.context, CODE.context, CARD.context]
    assert "acr_values_supported" not in op(tmp_path / "other").provider.configuration()
