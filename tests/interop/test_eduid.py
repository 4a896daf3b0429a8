"""A student of age comes with eduID, played by oidc-provider: the school vouches at its attribute API."""

from collections.abc import Iterator
from contextlib import ExitStack
from hashlib import sha512
from typing import Any

import pytest
import yaml
from flask import Flask, jsonify, request

from gateway.demo.federation import DemoFederation
from gateway.demo.servers import serving
from gateway.domain.clock import SystemClock
from tests.support import node_saml, oidc_provider
from tests.support.browser_like import Tab
from tests.support.child_process import free_address
from tests.support.demo import Demo, running_demo

pytestmark = pytest.mark.stranger

SERVICE, BRIN, ROC = "leesplein", "99YK", "kapitein"
AIMED = {"mo": "6f1c2f5e-8f0b-4d63-9a2e-0b7f6f7a9b10", "sam": "0b0cbd2c-6a0a-4d4b-8b39-2f3f2a8f5d21"}
STRANGER = "9d8a6c0e-3f61-4b0f-a8a0-58f1b0f0c7aa"
NOBODY = "0c1a7a52-17a8-47a1-9d6b-6a0e3c7a9f01"
ECK_ID = {name: f"https://ketenid.nl/pilot/{sha512(name.encode()).hexdigest()}" for name in (*AIMED, "eva")}


def api() -> Flask:
    """The school knows Mo, who is of age, and Sam, who is not."""
    app = Flask("attribute_api")
    students = {AIMED["mo"]: ("mo", ["urn:x:adult"]), AIMED["sam"]: ("sam", [])}

    @app.get("/api/attributes/<eduid>")
    def attributes(eduid: str) -> Any:
        asker = request.authorization
        if asker is None or (asker.username, asker.password) != ("sluis", oidc_provider.SECRET):
            return jsonify(error="who are you?"), 401
        if eduid not in students:
            return jsonify(error="unknown"), 404
        name, entitlements = students[eduid]
        return jsonify(
            eckid=[ECK_ID[name]],
            given_name=[name.capitalize()],
            eduperson_scoped_affiliation=[f"student@{ROC}.example"],
            schac_home_organization=[f"{ROC}.example"],
            eduperson_entitlement=entitlements,
        )

    return app


def at_school(name: str) -> dict[str, object]:
    return {
        "hd": f"{ROC}.example",
        "eduperson_affiliation": ["student"],
        "given_name": name.capitalize(),
        "eckid": ECK_ID[name],
        "is_adult": name != "sam",
    }


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    if reason := node_saml.why_not():
        pytest.skip(reason)
    directory, address = tmp_path_factory.mktemp("eduid"), free_address("127.0.0.50")
    own = {name: at_school(name) for name in ECK_ID}
    school = oidc_provider.school(ROC, BRIN, "127.0.0.51", "client_secret_basic", own)
    held = {
        name: {"eduid": aimed, "given_name": "Zelfgekozen"}
        for name, aimed in {**AIMED, "eva": STRANGER, "zoe": NOBODY}.items()
    }
    eduid = oidc_provider.school("eduid", BRIN, "127.0.0.52", "client_secret_basic", held)

    def introduce(made: DemoFederation) -> None:
        eduid.write_entries(made.directory, SERVICE)
        (made.directory / "agreements" / "eduid.yaml").unlink()
        (made.directory / "schools" / "eduid.yaml").unlink()
        school.write_entries(made.directory, SERVICE)
        asked = {
            "base_url": address.url,
            "user": "sluis",
            "password": {"file": f"keys/{ROC}.secret"},
            "adult": {"field": "eduperson_entitlement", "value": "urn:x:adult"},
        }
        added(made, "schools", ROC, eduid={"attribute_api": asked})
        added(made, "agreements", ROC, user_held="allowed")
        added(made, "identity-providers", ROC, adult_attribute="is_adult")
        added(made, "identity-providers", "eduid", dialect="eduid", names={"nl": "eduID"})

    with ExitStack() as stack:
        running = stack.enter_context(running_demo(directory, introduce))
        stack.enter_context(serving(api(), address.host, address.port))
        for one in (school, eduid):
            stack.enter_context(oidc_provider.running(one, directory, gateway=running.gateway))
        yield running


def added(made: DemoFederation, kind: str, name: str, **more: object) -> None:
    path = made.directory / kind / f"{name}.yaml"
    path.write_text(yaml.safe_dump({**yaml.safe_load(path.read_text()), **more}))


def log_in(demo: Demo, account: str, *, with_eduid: bool) -> Tab:
    demo.clock.at = SystemClock().now()
    tab = demo.tab()
    tab.open(demo.service(SERVICE) + "/").follow("Log in")
    tab.press(f"{ROC}: inloggen met eduID" if with_eduid else ROC)
    return through(tab, account)


def through(tab: Tab, account: str) -> Tab:
    tab.press("Sign", login=account, password="any")
    return tab.press("Continue")


def test_the_service_gets_by_eduid_the_eck_id_that_it_gets_through_the_school(demo: Demo) -> None:
    asked = log_in(demo, "mo", with_eduid=True)
    assert asked.title.startswith("Mag dit naar ")
    assert "Zelfgekozen" not in asked.text
    by_eduid = asked.press("Ja, ga verder").press().text
    by_school = log_in(demo, "mo", with_eduid=False).press().text
    assert ECK_ID["mo"] in log_in(demo, "mo", with_eduid=True).press().text, "the answer is remembered"
    for received in (by_eduid, by_school):
        assert ECK_ID["mo"] in received
    for of_eduid in (AIMED["mo"], "Zelfgekozen"):
        assert of_eduid not in by_eduid


def test_a_minor_is_sent_to_the_school_and_gets_in_there(demo: Demo) -> None:
    tab = log_in(demo, "sam", with_eduid=True)
    assert tab.status == 403
    assert "vanaf 18 jaar" in tab.text
    tab.press(f"Log in bij {ROC}")
    assert ECK_ID["sam"] in through(tab, "sam").press().text


def test_whom_the_school_does_not_know_by_eduid_gets_nothing_until_they_link(demo: Demo) -> None:
    tab = log_in(demo, "eva", with_eduid=True)
    assert tab.status == 403
    assert tab.title == "Koppel je eduID aan je schoolaccount"
    tab.press(f"Koppel je account bij {ROC}")
    assert "127.0.0.52" in tab.url, "eduID first, and it asks for a login although there is one"
    tab.press("Sign", login="eva", password="any")
    assert "127.0.0.51" in tab.url
    through(tab, "eva")
    assert tab.title == f"Koppel eduID aan je account bij {ROC}"
    assert "Eva" in tab.text
    tab.press("Ja, koppel")
    assert tab.title.startswith("Mag dit naar ")
    by_eduid = tab.press("Ja, ga verder").press().text
    assert ECK_ID["eva"] in by_eduid
    by_school = log_in(demo, "eva", with_eduid=False).press().text
    assert ECK_ID["eva"] in by_school
    again = log_in(demo, "eva", with_eduid=True).press().text
    assert ECK_ID["eva"] in again
    assert "Zelfgekozen" not in by_eduid
    assert STRANGER not in demo.log_lines() + by_eduid


def test_an_eduid_that_nobody_linked_gives_nothing(demo: Demo) -> None:
    tab = log_in(demo, "zoe", with_eduid=True)
    assert tab.status == 403
    for value in (NOBODY, "Zelfgekozen"):
        assert value not in tab.body
        assert value not in demo.log_lines()
