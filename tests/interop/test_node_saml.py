"""A service on @node-saml/node-saml, and learners of schools on SimpleSAMLphp."""

from typing import Any

import pytest

from gateway.saml.name_id import PERSISTENT
from tests.support.browser_like import Tab
from tests.support.node_saml import NodeSaml
from tests.support.real_gateway import RealGateway
from tests.support.school_login import choose_school, eck_id, forget_session, log_in, press_on
from tests.support.simplesamlphp import SimpleSamlPhp

pytestmark = pytest.mark.stranger

STATUS = "urn:oasis:names:tc:SAML:2.0:status:"
PASSWORD = "urn:oasis:names:tc:SAML:2.0:ac:classes:Password"
OVER_TLS = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"


def logged_in(service: NodeSaml, account: str, tab: Tab | None = None, **wishes: str) -> dict[str, Any]:
    """A whole login; what the service received."""
    answer = log_in((tab or Tab()).open(service.login(**wishes)), account)
    return dict(service.received(answer.press()))


def test_the_service_gets_the_eck_id_and_what_the_agreement_names(
    node_service: NodeSaml, gateway: RealGateway, two_schools: SimpleSamlPhp
) -> None:
    received = logged_in(node_service, "kim")

    assert received["attributes"] == {
        "eckId": eck_id("kim"),
        "givenName": "Kim",
        "eduPersonAffiliation": "student",
    }
    assert received["issuer"] == gateway.saml.idp_entity_id
    assert received["authenticatingAuthorities"] == [], "nothing that it gets says which school it is"
    assert received["sessionIndex"]


def test_nothing_of_the_learner_stands_in_the_log(node_service: NodeSaml, gateway: RealGateway) -> None:
    received = logged_in(node_service, "kim")

    log = gateway.log()
    assert "login_released" in log
    for secret in (eck_id("kim"), "kim@regenboog", "kim-real", "Kim", "Voorbeeld", received["nameID"]):
        assert secret not in log


def test_the_name_id_is_pairwise_and_lasts(node_service: NodeSaml) -> None:
    first, second = (logged_in(node_service, "kim") for _ in range(2))
    other = logged_in(node_service, "sam")

    assert first["nameIDFormat"] == PERSISTENT
    assert first["spNameQualifier"] == node_service.entity_id
    assert first["nameID"] == second["nameID"] != other["nameID"]
    assert first["nameID"] not in first["attributes"].values()
    assert first["sessionIndex"] != second["sessionIndex"]


def test_a_learner_without_eck_id_has_the_provisional_identifier(node_service: NodeSaml) -> None:
    first, second = (logged_in(node_service, "sam")["attributes"] for _ in range(2))

    assert first.keys() == {"uid", "givenName", "eduPersonAffiliation"}
    assert first["uid"] == second["uid"]
    assert "regenboog" not in first["uid"]


@pytest.mark.parametrize("binding", ["redirect", "post"])
@pytest.mark.parametrize("state", ["", "/les/7?van=é&naar=%2B"], ids=["none", "some"])
def test_signed_requests_by_either_binding(node_service: NodeSaml, binding: str, state: str) -> None:
    tab = Tab().open(node_service.login(binding=binding, state=state))
    if binding == "post":
        press_on(tab)
    received = node_service.received(log_in(tab, "kim").press())

    assert received["attributes"]["eckId"] == eck_id("kim")
    assert received["relayState"] == (state or None)


@pytest.mark.parametrize(
    ("wishes", "status", "code"),
    [
        ({"unsigned": ""}, 403, "request_signature_missing"),
        ({"digest": "sha1"}, 400, "request_algorithm"),
        # node-saml 5.1 signs a space as `%20` and sends it as `+`
        ({"state": "les 7"}, 403, "request_signature_invalid"),
        ({"binding": "post", "deflated": ""}, 400, "request_malformed"),
    ],
    ids=["unsigned", "SHA-1", "not the octets that were signed", "DEFLATE by POST"],
)
def test_requests_that_node_saml_can_make_and_the_gateway_refuses(
    node_service: NodeSaml, gateway: RealGateway, wishes: dict[str, str], status: int, code: str
) -> None:
    before = len(gateway.log())
    tab = Tab().open(node_service.login(**wishes))
    if wishes.get("binding") == "post":
        press_on(tab)

    assert tab.status == status
    assert tab.url.startswith(gateway.saml.single_sign_on)
    assert code in gateway.log()[before:]


def test_spaces_in_relay_state_travel_by_post(node_service: NodeSaml) -> None:
    tab = press_on(Tab().open(node_service.login(binding="post", state="les 7 & 'verder'")))

    assert node_service.received(log_in(tab, "kim").press())["relayState"] == "les 7 & 'verder'"


def test_a_school_without_an_agreement_is_refused_and_the_service_told(
    node_service: NodeSaml, gateway: RealGateway
) -> None:
    refused = log_in(Tab().open(node_service.login(state="les7")), "noor")

    assert refused.status == 403
    assert refused.url.startswith(gateway.address.url), "before anybody logs in at the school"
    received = node_service.received(refused.press())
    assert received["error"].startswith("SAML provider returned Responder error")
    assert f"{STATUS}RequestDenied" in received["status"]
    assert received["relayState"] == "les7"
    assert "attributes" not in received


def test_a_second_login_is_silent_unless_the_service_forces_it(node_service: NodeSaml) -> None:
    tab = Tab()
    first = logged_in(node_service, "kim", tab)

    from_session = tab.open(node_service.login())
    assert node_service.received(from_session.press())["authnInstant"] == first["authnInstant"]

    silent = press_on(choose_school(forget_session(tab).open(node_service.login()), "kim"))
    assert node_service.received(silent.press())["authnInstant"] == first["authnInstant"]

    forced = logged_in(node_service, "kim", tab, force="")
    assert forced["authnInstant"] >= first["authnInstant"]
    assert forced["attributes"] == first["attributes"]


def test_a_service_names_the_school_that_it_wants(node_service: NodeSaml, two_schools: SimpleSamlPhp) -> None:
    tab = Tab().open(node_service.login(school=two_schools.entity_id))

    assert tab.url.startswith(two_schools.address.url)


def test_a_school_that_takes_requests_by_post_and_signs_the_assertion_alone(
    node_service: NodeSaml, one_school: SimpleSamlPhp
) -> None:
    received = logged_in(node_service, "mo")

    assert received["attributes"]["eckId"] == eck_id("mo")


def test_a_passive_login_where_the_school_must_be_asked_for(node_service: NodeSaml) -> None:
    answer = Tab().open(node_service.login(passive="", state="les7"))

    assert node_service.received(answer.press()) == {"relayState": "les7", "passive": "nobody is logged in"}


def test_a_passive_login_of_somebody_whom_the_school_does_not_know(
    node_service: NodeSaml, two_schools: SimpleSamlPhp
) -> None:
    answer = press_on(Tab().open(node_service.login(passive="", school=two_schools.entity_id)))

    assert node_service.received(answer.press())["passive"] == "nobody is logged in"


def test_a_passive_login_of_somebody_who_is_logged_in_succeeds(
    node_service: NodeSaml, two_schools: SimpleSamlPhp
) -> None:
    tab = Tab()
    logged_in(node_service, "kim", tab)
    asked = node_service.login(passive="", school=two_schools.entity_id)
    from_session = tab.open(asked)
    assert node_service.received(from_session.press())["attributes"]["eckId"] == eck_id("kim")

    answer = press_on(forget_session(tab).open(asked))
    assert node_service.received(answer.press())["attributes"]["eckId"] == eck_id("kim")


def test_the_authentication_context_that_the_school_gives(node_service: NodeSaml) -> None:
    assert logged_in(node_service, "kim", context=PASSWORD)["attributes"]["eckId"] == eck_id("kim")


def test_an_authentication_context_that_the_school_does_not_give(node_service: NodeSaml) -> None:
    """SimpleSAMLphp passes over the wish and answers with what it has; the gateway does not."""
    assert f"{STATUS}NoAuthnContext" in logged_in(node_service, "kim", context=OVER_TLS)["status"]


def test_a_name_id_that_the_service_does_not_get(node_service: NodeSaml) -> None:
    """node-saml asks for the e-mail address where it is not told otherwise."""
    answer = Tab().open(node_service.login(nameid="urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"))

    received = node_service.received(answer.press())
    assert f"{STATUS}InvalidNameIDPolicy" in received["status"]
