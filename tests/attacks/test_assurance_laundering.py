"""A school that says a level of assurance which its entry does not grant it, to have the gateway vouch for it."""

from dataclasses import replace
from pathlib import Path

import pytest

from gateway.federation.assurance import UNSPECIFIED, Level, Saying
from gateway.federation.snapshot import Federation
from gateway.login.assurance import Assurance
from gateway.login.messages import LoginRequest
from tests.support.op import Op, op
from tests.support.op_client import PASSWORD, back
from tests.support.small_federation import LEESPLEIN, PO_IDP, REGENBOOG, identity_provider

LOW, HIGH = Level("low", 0, "https://sluis.example/low", {}), Level("high", 1, "https://sluis.example/high", {})
ODD = "urn:school:odd"


def provider_of(directory: Path, saying: Saying) -> Op:
    made = op(directory, levels=(LOW, HIGH))
    made.world.idp = replace(made.world.idp, assurance=saying)
    made.load()
    return made


def acr_of(provider: Op, said: str, **asked: str) -> str:
    provider.cookie.drop()
    provider.authorize(**asked)
    tokens = provider.exchange(back(provider.finish(context=said))["code"]).json
    return str(provider.id_token(tokens)["acr"])


@pytest.mark.parametrize("asked", [{}, {"acr_values": HIGH.context}])
def test_a_level_that_was_not_granted_is_told_to_nobody(tmp_path: Path, asked: dict[str, str]) -> None:
    """A service that reads `acr` without having asked for one would take the school's word for the gateway's."""
    assert acr_of(provider_of(tmp_path, Saying({PASSWORD: LOW})), HIGH.context, **asked) == UNSPECIFIED


def test_whoever_reaches_less_is_told_of_by_what_they_reach(tmp_path: Path) -> None:
    for name, saying in {"by name": Saying({HIGH.context: LOW}), "otherwise": Saying({}, otherwise=LOW)}.items():
        (tmp_path / name).mkdir()
        assert acr_of(provider_of(tmp_path / name, saying), HIGH.context) == LOW.context


def test_a_level_that_was_granted_is_told(tmp_path: Path) -> None:
    provider = provider_of(tmp_path, Saying({HIGH.context: HIGH, ODD: HIGH, LOW.context: HIGH}))
    assert acr_of(provider, HIGH.context) == HIGH.context
    assert acr_of(provider, LOW.context) == LOW.context, "more than it says is no less"
    assert acr_of(provider, ODD) == ODD, "a word that is no level here goes on as it is"


def test_a_method_is_a_word_that_no_service_is_told() -> None:
    idp = replace(identity_provider(PO_IDP, REGENBOOG), assurance=Saying({"amr:otp": HIGH}))
    judge = Assurance(Federation.of(schools=(), identity_providers=(), services=(), agreements=(), levels=(LOW, HIGH)))
    assert judge.told(idp, "amr:otp", LoginRequest(LEESPLEIN, "")) == HIGH.context
    assert judge.told(idp, "amr:pwd", LoginRequest(LEESPLEIN, "")) == UNSPECIFIED
