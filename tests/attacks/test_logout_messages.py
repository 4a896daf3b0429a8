"""Logout messages that must end nothing, each named after the trick: at every one of them the session lives on."""

from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote
from xml.sax.saxutils import quoteattr

import pytest
from lxml import etree

from gateway.saml.instants import write_instant
from gateway.saml.redirect import signed_url
from gateway.xml.keys import SigningKey
from gateway.xml.signatures import sign
from tests.support.browser_like import Jar, Tab
from tests.support.demo import Demo, running_demo
from tests.support.signing_keys import signing_key

NS = {"saml": "urn:oasis:names:tc:SAML:2.0:assertion", "samlp": "urn:oasis:names:tc:SAML:2.0:protocol"}
DECLARED = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NS.items())


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with running_demo(tmp_path_factory.mktemp("logouts")) as running:
        yield running


@dataclass
class Victim:
    """Somebody who is logged in at Leesplein, whose requests are signed, and what that service knows of it."""

    demo: Demo
    jar: Jar
    name_id: str
    index: str
    count: int = 0

    def request(self, **changes: str | None) -> str:
        """A LogoutRequest of Leesplein; None leaves a part out."""
        self.count += 1
        now = self.demo.clock.now()
        parts: dict[str, str | None] = {
            "ID": f"_logout-{id(self)}-{self.count}",
            "IssueInstant": write_instant(now),
            "NotOnOrAfter": write_instant(now + timedelta(minutes=5)),
            "Destination": self.demo.gateway + "/saml/idp/slo",
            "issuer": self.demo.service("leesplein") + "/metadata",
            "name_id": self.name_id,
            "index": self.index,
        } | changes
        inner = {name: parts.pop(name) for name in ("issuer", "name_id", "index")}
        attributes = "".join(f" {name}={quoteattr(value)}" for name, value in parts.items() if value is not None)
        session = f"<samlp:SessionIndex>{inner['index']}</samlp:SessionIndex>" if inner["index"] else ""
        return (
            f'<samlp:LogoutRequest {DECLARED} Version="2.0"{attributes}><saml:Issuer>{inner["issuer"]}</saml:Issuer>'
            f"<saml:NameID>{inner['name_id']}</saml:NameID>{session}</samlp:LogoutRequest>"
        )

    def key(self, party: str = "leesplein") -> SigningKey:
        return self.demo.federation.keys[party]

    def url(self, message: str, key: SigningKey | None = None, path: str = "/saml/idp/slo") -> str:
        return signed_url(self.demo.gateway + path, "SAMLRequest", message.encode(), None, key or self.key())

    def send(self, url: str) -> Tab:
        return self.demo.tab(self.jar).open(url, initiator="http://127.0.0.9:1/")

    def post(self, message: bytes, path: str = "/saml/idp/slo", field: str = "SAMLRequest") -> Tab:
        tab = self.demo.tab(self.jar)
        tab.url = "http://127.0.0.9:1/"
        tab.body = (
            f'<form method="post" action="{self.demo.gateway}{path}">'
            f'<input name="{field}" value="{b64encode(message).decode()}"><button>x</button></form>'
        )
        return tab.press("x")

    def is_logged_in(self) -> bool:
        tab = self.demo.tab(self.jar).open(self.demo.service("rekentuin") + "/login?IsPassive=true")
        return "Success" in answer_of(tab)


def answer_of(tab: Tab) -> str:
    return b64decode(tab.page.xpath("//input[@name='SAMLResponse']")[0].value).decode()


def logged_in(demo: Demo) -> Victim:
    jar = Jar()
    tab = demo.log_in(demo.tab(jar), "leesplein", "De Regenboog", "Fenna")
    root = etree.fromstring(answer_of(tab).encode())
    [name_id] = root.xpath("//saml:NameID/text()", namespaces=NS)
    [index] = root.xpath("//saml:AuthnStatement/@SessionIndex", namespaces=NS)
    return Victim(demo, jar, name_id, index)


@pytest.fixture
def victim(demo: Demo) -> Victim:
    return logged_in(demo)


def ends_nothing(victim: Victim, tab: Tab, code: str) -> None:
    assert 400 <= tab.status < 500, tab.text
    assert code in tab.text
    assert victim.is_logged_in()


def test_the_true_one_ends_the_session(victim: Victim) -> None:
    """Else the others prove nothing."""
    victim.send(victim.url(victim.request()))
    assert not victim.is_logged_in()


def test_true_by_post(victim: Victim) -> None:
    root = etree.fromstring(victim.request())
    sign(root, victim.key())
    victim.post(etree.tostring(root))
    assert not victim.is_logged_in()


def test_unsigned(victim: Victim) -> None:
    url = victim.url(victim.request()).partition("&SigAlg=")[0]
    ends_nothing(victim, victim.send(url), "logout_signature")


def test_unsigned_by_post(victim: Victim) -> None:
    ends_nothing(victim, victim.post(victim.request().encode()), "logout_signature")


def test_signed_by_nobody_that_is_known(victim: Victim) -> None:
    ends_nothing(victim, victim.send(victim.url(victim.request(), signing_key("mallory"))), "logout_signature")


def test_signed_by_another_service(victim: Victim) -> None:
    ends_nothing(victim, victim.send(victim.url(victim.request(), victim.key("rekentuin"))), "logout_signature")


def test_another_service_names_a_session_that_is_not_its_own(victim: Victim) -> None:
    """Truly signed, by a party that was never given this name and index: it hears that it knows nobody."""
    message = victim.request(issuer=victim.demo.service("rekentuin") + "/metadata")
    tab = victim.send(victim.url(message, victim.key("rekentuin")))
    assert "UnknownPrincipal" in tab.text
    assert victim.is_logged_in()


def test_another_persons_name_with_a_true_index(victim: Victim) -> None:
    assert "UnknownPrincipal" in victim.send(victim.url(victim.request(name_id="somebody"))).text
    assert victim.is_logged_in()


def test_a_true_name_with_another_index(victim: Victim) -> None:
    assert "UnknownPrincipal" in victim.send(victim.url(victim.request(index="_" + "0" * 40))).text
    assert victim.is_logged_in()


def test_changed_after_it_was_signed(victim: Victim) -> None:
    signed, other = victim.url(victim.request(name_id="somebody")), victim.url(victim.request())
    message = other.partition("SAMLRequest=")[2].partition("&")[0]
    was = signed.partition("SAMLRequest=")[2].partition("&")[0]
    ends_nothing(victim, victim.send(signed.replace(was, message)), "logout_signature")


def test_replayed(victim: Victim) -> None:
    url = victim.url(victim.request(index="_" + "0" * 40))
    victim.send(url)
    ends_nothing(victim, victim.send(url), "logout_replayed")


def test_stale(victim: Victim) -> None:
    url = victim.url(victim.request(NotOnOrAfter=None))
    victim.demo.clock.forward(minutes=12)
    ends_nothing(victim, victim.send(url), "logout_stale")


def test_past_its_own_end(victim: Victim) -> None:
    url = victim.url(victim.request(NotOnOrAfter=write_instant(victim.demo.clock.now() - timedelta(minutes=2))))
    ends_nothing(victim, victim.send(url), "logout_stale")


def test_made_in_the_future(victim: Victim) -> None:
    later = write_instant(victim.demo.clock.now() + timedelta(minutes=5))
    ends_nothing(victim, victim.send(victim.url(victim.request(IssueInstant=later))), "logout_stale")


def test_a_clock_that_is_a_little_off_is_no_attack(victim: Victim) -> None:
    ahead = write_instant(victim.demo.clock.now() + timedelta(seconds=50))
    victim.send(victim.url(victim.request(IssueInstant=ahead)))
    assert not victim.is_logged_in()


@pytest.mark.parametrize("destination", [None, "https://other.example/slo"])
def test_meant_for_somebody_else(victim: Victim, destination: str | None) -> None:
    ends_nothing(victim, victim.send(victim.url(victim.request(Destination=destination))), "logout_destination")


def test_a_school_at_the_door_of_services(victim: Victim) -> None:
    school = f"http://127.0.0.2:{victim.demo.federation.port}/metadata"
    tab = victim.send(victim.url(victim.request(issuer=school), victim.key("regenboog")))
    ends_nothing(victim, tab, "logout_sender_unknown")


def test_a_service_at_the_door_of_schools(victim: Victim) -> None:
    message = victim.request(Destination=victim.demo.gateway + "/saml/sp/slo")
    ends_nothing(victim, victim.send(victim.url(message, path="/saml/sp/slo")), "logout_sender_unknown")


def test_another_school_names_the_person(victim: Victim) -> None:
    message = victim.request(
        issuer=f"http://127.0.0.3:{victim.demo.federation.port}/metadata",
        Destination=victim.demo.gateway + "/saml/sp/slo",
        name_id="fenna@regenboog.example",
        index="",
    )
    victim.send(victim.url(message, victim.key("petteflat"), path="/saml/sp/slo"))
    assert victim.is_logged_in()


def test_wrapped_in_a_signature_of_something_else(victim: Victim) -> None:
    """XSW: the signed original lies inside, the forged one around it carries its signature."""
    original = etree.fromstring(victim.request(name_id="somebody"))
    sign(original, victim.key())
    forged = etree.fromstring(victim.request())
    forged.insert(1, original[1])
    extensions = etree.SubElement(forged, f"{{{NS['samlp']}}}Extensions")
    forged.insert(2, extensions)
    extensions.append(original)
    tab = victim.post(etree.tostring(forged))
    assert tab.status in (400, 403)
    assert victim.is_logged_in()


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"x",
        b"<a/>",
        b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
        b"<samlp:LogoutRequest xmlns:samlp='urn:oasis:names:tc:SAML:2.0:protocol'/>",
    ],
)
def test_no_message_at_all(victim: Victim, raw: bytes) -> None:
    ends_nothing(victim, victim.post(raw), "logout_malformed")


def test_request_and_answer_together(victim: Victim) -> None:
    url = victim.url(victim.request())
    ends_nothing(victim, victim.send(f"{url}&SAMLResponse=x"), "logout_malformed")


def test_an_answer_that_nobody_asked_for(victim: Victim) -> None:
    """It could claim that a service ended what it did not."""
    message = (
        f'<samlp:LogoutResponse {DECLARED} Version="2.0" ID="_answer" InResponseTo="_{"a" * 40}"'
        f' IssueInstant="{write_instant(victim.demo.clock.now())}"'
        f' Destination="{victim.demo.gateway}/saml/idp/slo">'
        f"<saml:Issuer>{victim.demo.service('leesplein')}/metadata</saml:Issuer><samlp:Status>"
        '<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status></samlp:LogoutResponse>'
    )
    url = signed_url(f"{victim.demo.gateway}/saml/idp/slo", "SAMLResponse", message.encode(), None, victim.key())
    ends_nothing(victim, victim.send(url), "logout_unexpected")


def test_an_answer_in_the_name_of_another_party(demo: Demo) -> None:
    """Of two services in a logout one answers for the other: nothing is set down, and the page stays honest."""
    jar = Jar()
    demo.log_in(demo.tab(jar), "rekentuin", "De Regenboog", "Fenna").press("Verder")
    demo.tab(jar).open(demo.service("leesplein") + "/login").press("Verder")
    tab = demo.tab(jar).open(demo.gateway + "/logout").press("Ja, log uit")
    asked, liar = ("rekentuin", "leesplein") if "Rekentuin" in tab.text else ("leesplein", "rekentuin")
    plan = tab.page.xpath("//form[@id='leave']/@data-on")[0]
    request = _request_id(tab.page.xpath("//form[@id='leave']/@data-to")[0])
    message = (
        f'<samlp:LogoutResponse {DECLARED} Version="2.0" ID="_lie" InResponseTo="{request}"'
        f' IssueInstant="{write_instant(demo.clock.now())}" Destination="{demo.gateway}/saml/idp/slo">'
        f"<saml:Issuer>{demo.service(liar)}/metadata</saml:Issuer><samlp:Status>"
        '<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status></samlp:LogoutResponse>'
    )
    key = demo.federation.keys[liar]
    lied = demo.tab(jar).open(signed_url(f"{demo.gateway}/saml/idp/slo", "SAMLResponse", message.encode(), None, key))
    assert "logout_unexpected" in lied.text
    tab.open(demo.gateway + plan)
    while 'id="leave"' in tab.body:
        tab.follow("Ga verder zonder")
    assert f"{asked.capitalize()}: gaf geen antwoord" in tab.text


def test_the_stations_of_somebody_elses_logout(demo: Demo) -> None:
    jar = Jar()
    demo.log_in(demo.tab(jar), "rekentuin", "De Regenboog", "Fenna").press("Verder")
    tab = demo.tab(jar).open(demo.gateway + "/logout").press("Ja, log uit")
    plan = tab.page.xpath("//form[@id='leave']/@data-on")[0]
    for path in (plan, "/logout/none", f"/logout/{quote('é')}"):
        assert demo.tab().open(demo.gateway + path).status == 400


def _request_id(url: str) -> str:
    import zlib
    from urllib.parse import parse_qs, urlsplit

    packed = parse_qs(urlsplit(url).query)["SAMLRequest"][0]
    return etree.fromstring(zlib.decompress(b64decode(packed), -15)).get("ID", "")
