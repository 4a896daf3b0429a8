"""What is asked of an identity provider, and of people whose role is for another to say."""

from dataclasses import replace

from gateway.attributes.canonical import Reading
from gateway.attributes.values import Attributes
from gateway.domain.role import Role
from gateway.federation.assurance import Level, Needed, Saying, stronger
from gateway.federation.models import IdpId
from gateway.federation.snapshot import Federation
from gateway.login.assurance import Assurance
from gateway.login.messages import LoginRequest
from tests.support.op_client import relying_party
from tests.support.small_federation import REGENBOOG, identity_provider

LOW, HIGH = Level("low", 0, "urn:low", {}), Level("high", 1, "urn:high", {})
IDP = replace(identity_provider(IdpId("po"), REGENBOOG), assurance=Saying({"there:low": LOW, "there:high": HIGH}))
SERVICE = replace(relying_party(), needs=Needed(None, {Role.EMPLOYEE: HIGH}))


def assurance() -> Assurance:
    return Assurance(Federation.of(schools=(), identity_providers=(), services=(), agreements=(), levels=(LOW, HIGH)))


def reading(*roles: Role) -> Reading:
    return Reading(Attributes({}), "fenna", frozenset(roles), (), 0)


def test_with_an_identity_of_their_own_people_need_what_any_role_needs():
    held = replace(IDP, dialect="eduid")
    assert assurance().least(SERVICE, reading(), held) is HIGH
    assert assurance().least(SERVICE, reading(Role.STUDENT), IDP) is None
    assert assurance().least(SERVICE, reading(Role.EMPLOYEE), IDP) is HIGH
    assert assurance().least(SERVICE, reading(Role.EMPLOYEE, Role.STUDENT), IDP) is None, "refused for that by itself"


def test_what_is_asked_is_never_less_than_what_is_needed():
    asked = LoginRequest(SERVICE.id, "", contexts=("urn:low", "there:low", "there:high", "urn:strange"))
    assert assurance().words(IDP, asked, None) == ("there:low", "there:high", "urn:strange")
    assert assurance().words(IDP, asked, HIGH) == ("there:high",)
    assert assurance().words(IDP, LoginRequest(SERVICE.id, ""), None) == ()


def test_the_stronger_of_two():
    assert stronger(None, None) is None
    assert stronger(LOW, None) is stronger(None, LOW) is LOW
    assert stronger(LOW, HIGH) is stronger(HIGH, LOW) is HIGH
