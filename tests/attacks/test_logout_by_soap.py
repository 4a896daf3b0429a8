"""Logout messages by SOAP, where no browser is: those that must end nothing, and answers that count as none."""

from collections.abc import Iterator
from datetime import timedelta
from http.client import HTTPConnection
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
from lxml import etree

from gateway.domain.http import HttpAnswer, HttpFailed
from gateway.federation.clients import NameIdFormat
from gateway.federation.metadata.entities import Binding, LogoutEndpoint
from gateway.federation.models import ServiceId
from gateway.login.sso.registry import Given
from gateway.saml.idp.given import GivenName
from gateway.saml.logout.messages import COMPLETE, PARTIAL, Sender
from gateway.saml.logout.services import SamlServiceSessions
from gateway.saml.logout.soap import ENVELOPE, enveloped, succeeded
from gateway.xml.keys import SigningKey
from gateway.xml.signatures import sign
from tests.attacks.test_logout_messages import NS, Victim, logged_in
from tests.support.demo import Demo, running_demo
from tests.support.held import HeldClock, SeededRandomness
from tests.support.releasing import NOW
from tests.support.signing_keys import signing_key


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with running_demo(tmp_path_factory.mktemp("soap")) as running:
        yield running


@pytest.fixture
def victim(demo: Demo) -> Victim:
    return logged_in(demo)


def signed(victim: Victim, key: SigningKey | None = None, **changes: str | None) -> bytes:
    root = etree.fromstring(victim.request(**{"Destination": victim.demo.gateway + "/saml/idp/slo/soap", **changes}))
    sign(root, key or victim.key())
    return enveloped(root)


def sent(victim: Victim, body: bytes) -> tuple[int, str]:
    connection = HTTPConnection(urlsplit(victim.demo.gateway).netloc, timeout=60)
    connection.request("POST", "/saml/idp/slo/soap", body, {"Content-Type": "text/xml"})
    answer = connection.getresponse()
    found = answer.status, answer.read().decode()
    connection.close()
    return found


@pytest.mark.parametrize("destination", ["said", None])
def test_the_true_one_ends_the_session_and_says_that_the_school_was_not_told(
    victim: Victim, destination: str | None
) -> None:
    changes = {} if destination else {"Destination": None}
    status, answer = sent(victim, signed(victim, **changes))
    assert status == 200
    assert "PartialLogout" in answer
    assert "SignatureValue" in answer
    assert not victim.is_logged_in()


def test_somebody_who_is_not_logged_in(victim: Victim) -> None:
    status, answer = sent(victim, signed(victim, name_id="somebody"))
    assert (status, "UnknownPrincipal" in answer) == (200, True)
    assert victim.is_logged_in()


def test_without_an_index_there_is_no_browser_to_go_by(victim: Victim) -> None:
    assert "UnknownPrincipal" in sent(victim, signed(victim, index=None))[1]
    assert victim.is_logged_in()


HOSTILE = {
    "unsigned": (lambda victim: enveloped(etree.fromstring(victim.request())), "logout_signature"),
    "signed by nobody that is known": (lambda victim: signed(victim, signing_key("mallory")), "logout_signature"),
    "signed by another service": (lambda victim: signed(victim, victim.key("rekentuin")), "logout_signature"),
    "meant for another address": (
        lambda victim: signed(victim, Destination="https://other.example/slo"),
        "logout_destination",
    ),
    "of nobody in the federation": (
        lambda victim: signed(victim, issuer="https://mallory.example"),
        "logout_sender_unknown",
    ),
    "made in the future": (lambda victim: signed(victim, IssueInstant="2099-01-01T00:00:00Z"), "logout_stale"),
    "moments that are none": (lambda victim: signed(victim, IssueInstant="yesterday"), "logout_malformed"),
    "no XML": (lambda _: b"logout", "logout_malformed"),
    "entities": (lambda _: b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "logout_malformed"),
    "no envelope": (lambda victim: victim.request().encode(), "logout_malformed"),
    "an envelope with nothing": (
        lambda _: f'<s:Envelope xmlns:s="{ENVELOPE}"><s:Body/></s:Envelope>'.encode(),
        "logout_malformed",
    ),
    "two messages in one envelope": (
        lambda victim: signed(victim).replace(b"</soap:Body>", victim.request().encode() + b"</soap:Body>"),
        "logout_malformed",
    ),
    "another message": (
        lambda _: enveloped(etree.fromstring(f'<samlp:Response xmlns:samlp="{NS["samlp"]}"/>')),
        "logout_malformed",
    ),
    "very long": (lambda victim: signed(victim) + b" " * 200_000, "logout_malformed"),
}


@pytest.mark.parametrize("trick", HOSTILE)
def test_ends_nothing(victim: Victim, trick: str) -> None:
    made, code = HOSTILE[trick]
    status, answer = sent(victim, made(victim))
    assert 400 <= status < 500
    assert code in answer or status == 413
    assert victim.is_logged_in()


def test_replayed(victim: Victim) -> None:
    body = signed(victim, name_id="somebody")
    sent(victim, body)
    status, answer = sent(victim, body)
    assert (400 <= status < 500, "logout_replayed" in answer) == (True, True)


PEER_KEY = signing_key("soap peer")
PEER = SimpleNamespace(
    entity_id="https://service.example/metadata",
    certificates=(PEER_KEY.certificate,),
    valid_until=None,
    single_logout=(LogoutEndpoint(Binding.SOAP, "https://service.example/slo", "https://service.example/slo"),),
)
SERVICE = SimpleNamespace(saml=SimpleNamespace(metadata=PEER))


def response(
    request: str = "_r1", *, key: SigningKey = PEER_KEY, issuer: str = PEER.entity_id, status=COMPLETE
) -> bytes:
    peer = Sender(issuer, key)
    return enveloped(peer.signed(peer.response("_a1", "https://gateway.example", request, status, NOW)))


def test_the_word_of_the_service_counts() -> None:
    assert succeeded(response(), "_r1", PEER, NOW)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(response("_other"), id="to another request"),
        pytest.param(response(key=signing_key("mallory")), id="of another key"),
        pytest.param(response(issuer="https://other.example"), id="of another issuer"),
        pytest.param(response(status=PARTIAL), id="not all ended"),
        pytest.param(response().replace(b"LogoutResponse", b"LogoutAnswer"), id="another message"),
        pytest.param(b"<a/>", id="no envelope"),
        pytest.param(b"sorry", id="no XML"),
        pytest.param(response().replace(b"Version", b"version"), id="not by the schema"),
    ],
)
def test_an_answer_that_counts_as_none(body: bytes) -> None:
    assert not succeeded(body, "_r1", PEER, NOW)


def test_the_word_of_a_service_whose_metadata_has_run_out() -> None:
    gone = SimpleNamespace(**{**vars(PEER), "valid_until": NOW - timedelta(days=1)})
    assert not succeeded(response(), "_r1", gone, NOW)


class Answering:
    """Answers each LogoutRequest as the service would, or with this status."""

    def __init__(self, status: int = 200) -> None:
        self.status = status
        self.asked: list[etree._Element] = []

    def send(self, url: str, *, headers: dict[str, str], body: bytes) -> HttpAnswer:
        assert (url, headers["Content-Type"]) == ("https://service.example/slo", "text/xml; charset=utf-8")
        [request] = etree.fromstring(body).iter(f"{{{NS['samlp']}}}LogoutRequest")
        self.asked.append(request)
        return HttpAnswer(self.status, response(request.get("ID", "")))


def sessions(http: Answering) -> SamlServiceSessions:
    sender = Sender("https://gateway.example", signing_key("gateway"))
    return SamlServiceSessions(sender=sender, http=http, clock=HeldClock(NOW), randomness=SeededRandomness(1))


def test_a_service_is_told_of_each_name_that_it_knows_with_all_its_sessions() -> None:
    http = Answering()
    names = [GivenName(NameIdFormat.TRANSIENT, value).dump() for value in ("one", "two")]
    given = [Given(ServiceId("s"), session, name) for session, name in zip("abc", (*names, names[0]), strict=True)]
    assert sessions(http).can_tell(SERVICE)
    assert sessions(http).tell(SERVICE, given)
    assert [
        (one.findtext("saml:NameID", namespaces=NS), [index.text for index in one.findall("samlp:SessionIndex", NS)])
        for one in http.asked
    ] == [("one", ["_a", "_c"]), ("two", ["_b"])]


def test_a_service_that_fails_is_no_success() -> None:
    name = GivenName(NameIdFormat.TRANSIENT, "one").dump()
    with pytest.raises(HttpFailed):
        sessions(Answering(500)).tell(SERVICE, [Given(ServiceId("s"), "a", name)])
