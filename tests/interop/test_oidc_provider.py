"""Schools that log in by oidc-provider, a certified OpenID provider, in front of a SAML service of the demo."""

from collections.abc import Iterator
from contextlib import ExitStack
from hashlib import sha512
from urllib.parse import urlsplit

import pytest

from gateway.demo.federation import DemoFederation
from gateway.domain.clock import SystemClock
from tests.support import node_saml, oidc_provider
from tests.support.browser_like import Tab
from tests.support.demo import Demo, running_demo
from tests.support.leaving import go_on

pytestmark = pytest.mark.stranger

SERVICE = "leesplein"
ECK_ID = f"https://ketenid.nl/pilot/{sha512(b'bo').hexdigest()}"
METHODS = {"sleutel": "private_key_jwt", "geheim": "client_secret_basic", "formulier": "client_secret_post"}


def people(school: str) -> dict[str, dict[str, object]]:
    known = {"hd": f"{school}.example", "eduperson_affiliation": ["student"], "given_name": "Bo"}
    return {
        "bo": {**known, "eckid": ECK_ID},
        "stray": {**known, "hd": "elsewhere.example"},
    }


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    if reason := node_saml.why_not():
        pytest.skip(reason)
    directory = tmp_path_factory.mktemp("providers")
    schools = [
        oidc_provider.school(name, f"99Y{letter}", f"127.0.0.{40 + number}", method, people(name))
        for number, (letter, (name, method)) in enumerate(zip("ABC", METHODS.items(), strict=True))
    ]

    def introduce(made: DemoFederation) -> None:
        for one in schools:
            one.write_entries(made.directory, SERVICE)

    with ExitStack() as stack:
        running = stack.enter_context(running_demo(directory, introduce))
        for one in schools:
            stack.enter_context(oidc_provider.running(one, directory, gateway=running.gateway))
        yield running


def log_in(demo: Demo, school: str, account: str) -> Tab:
    """From the service through the provider's own pages to whatever page the gateway ends at."""
    demo.clock.at = SystemClock().now()
    tab = demo.to_school(demo.tab(), SERVICE, school)
    tab.press("Sign", login=account, password="any")
    return tab.press("Continue")


@pytest.mark.parametrize("school", METHODS)
def test_the_service_gets_the_eck_id_and_what_the_agreement_names(school: str, demo: Demo):
    tab = log_in(demo, school, "bo")
    assert tab.status == 200, tab.text
    received = tab.press().text
    assert ECK_ID in received
    assert "Bo" in received
    assert "sub" not in received.split()


def test_a_school_that_the_provider_may_not_speak_for(demo: Demo):
    tab = log_in(demo, "sleutel", "stray")
    assert tab.status == 403
    assert "elsewhere.example" not in tab.body


def test_somebody_who_turns_back_is_told_so_by_the_service(demo: Demo):
    demo.clock.at = SystemClock().now()
    tab = demo.to_school(demo.tab(), SERVICE, "sleutel")
    tab.follow("Cancel")
    assert "/oidc/callback" in " ".join(tab.visited)
    assert tab.status == 200


def is_asked(demo: Demo, tab: Tab) -> bool:
    """Whether a silent login fails."""
    return "NoPassive" in demo.tab(tab.jar).open(demo.service(SERVICE) + "/login?IsPassive=true").press().text


def test_a_logout_goes_on_to_the_school_and_comes_back(demo: Demo):
    tab = log_in(demo, "geheim", "bo")
    tab.press()
    assert not is_asked(demo, tab)
    go_on(tab.open(demo.gateway + "/logout").press("Ja, log uit"))
    assert "127.0.0.41" in tab.url, "the provider asks by itself: it gets no ID token"
    tab.press("Yes")
    assert tab.title == "Je bent uitgelogd"
    assert tab.text.count("je bent uitgelogd") == 2, "the service and the school"
    assert is_asked(demo, tab)


def test_a_logout_at_the_school_ends_what_the_gateway_gave(demo: Demo):
    tab = log_in(demo, "sleutel", "bo")
    tab.press()
    assert not is_asked(demo, tab)
    before = demo.metric("sluis_logouts_total", by="idp", outcome="partial")
    [at] = {f"http://{urlsplit(one).netloc}" for one in tab.visited if urlsplit(one).hostname == "127.0.0.40"}
    tab.open(f"{at}/session/end").press("Yes")
    assert is_asked(demo, tab)
    assert demo.metric("sluis_logouts_total", by="idp", outcome="partial") == before + 1, "its service has no SOAP"
