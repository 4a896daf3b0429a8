"""A login as one trace, by every pair of protocols, over two replicas; and nothing of a person in any of it."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from http.client import HTTPConnection
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
import yaml
from joserfc import jwt
from joserfc.jwk import RSAKey

from gateway.demo.federation import DemoFederation
from gateway.demo.people import MBO_WITH_API, OPENID_EDUID, PROVIDERS
from gateway.demo.relying_party import jwk
from gateway.observability.reference import trace_of
from gateway.web.outgoing import OutgoingHttp
from gateway.wiring.tracing import trace
from tests.support.browser_like import Jar, Tab
from tests.support.collector import Collector, Received, collector
from tests.support.demo import Demo, running_demo
from tests.support.leak_listening import note_people
from tests.support.leak_watch import Watch

SECRET = "a-secret-of-the-collector"
FOREIGN = "0af7651916cd43dd8448eb211c80319c"
TOLD = {
    "sluis.reference",
    "sluis.service",
    "sluis.idp",
    "sluis.outcome",
    "sluis.code",
    "error.type",
    "http.response.status_code",
}
PROCESS = {"service.name", "service.version", "host.name", "process.pid"}
OF_FORMS = re.compile(r'name="(?:SAMLResponse|RelayState)" value="([^"]+)"')
EDUID = f"{MBO_WITH_API.name}: inloggen met eduID"
PAIRS = ["saml saml", "oidc saml", "saml oidc", "oidc oidc"]


@dataclass
class Traced:
    """What was seen: logins by their references, the tabs in which they went, and what the collector got."""

    collector: Collector
    references: dict[str, str] = field(default_factory=dict)
    tabs: list[Tab] = field(default_factory=list)
    sent: list[dict[str, str]] = field(default_factory=list)
    pages: dict[str, str] = field(default_factory=dict)
    log: str = ""

    def of(self, login: str) -> list[Received]:
        return self.collector.of(trace_of(self.references[login]).written)

    def legs(self, login: str) -> list[str]:
        """Names of the requests in the order in which they came."""
        spans = self.of(login)
        [root] = [one for one in spans if not one.parent]
        later = [one for one in spans if one.parent == root.id and "sluis.reference" in one.told]
        return [root.name, *(one.name for one in later)]

    def steps(self, login: str, leg: str) -> list[str]:
        """Names of what stands anywhere below a leg, but for calls of the short-lived store."""
        spans = self.of(login)
        below = [one.id for one in spans if one.name == leg]
        for parent in below:
            below += [one.id for one in spans if one.parent == parent]
        return [one.name for one in spans if one.id in below and one.name != leg and "short_lived" not in one.name]


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Traced]:
    """Everything happens once, and the replicas end: then all has been delivered."""
    with collector() as there, pytest.MonkeyPatch.context() as patched:
        found = Traced(there)
        patched.setenv("COLLECTOR_KEY", SECRET)
        request = OutgoingHttp._request

        def noted(http: OutgoingHttp, method: str, url: str, headers: Any, **options: Any) -> Any:
            found.sent.append(dict(headers))
            return request(http, method, url, headers, **options)

        patched.setattr(OutgoingHttp, "_request", noted)
        ends = []

        def configure(federation: DemoFederation) -> None:
            tracing = {"endpoint": there.endpoint, "share": 1, "headers": {"X-Key": {"env": "COLLECTOR_KEY"}}}
            with (federation.directory / "gateway.yaml").open("a") as file:
                file.write(yaml.safe_dump({"tracing": tracing}))
            agreed = {"attribute_set": 1, "from": date(2026, 8, 1), "user_held": "allowed", "reference": "TRACED-1"}
            entry = {"service": "leesplein", "schools": [MBO_WITH_API.brin], **agreed}
            (federation.directory / "agreements" / "traced.yaml").write_text(yaml.safe_dump(entry))

        directory = tmp_path_factory.mktemp("traced")
        made = lambda app, parts: ends.append(trace(app, parts))  # noqa: E731
        with running_demo(directory, configure, made=made) as demo:
            _log_in_by_all_ways(demo, found)
            found.log = demo.log_lines()
            for end in ends:
                end()
        yield found


def _log_in_by_all_ways(demo: Demo, found: Traced) -> None:
    def note(login: str, tab: Tab) -> None:
        found.references[login] = json.loads(demo.log_lines().splitlines()[-1])["reference"]
        found.tabs.append(tab)

    jar = Jar()
    tab = demo.log_in(demo.tab(jar), "rekentuin", "De Regenboog", "Fenna")
    note("saml saml", tab)
    found.pages["form"] = tab.body
    found.pages["rekentuin"] = tab.press("Verder").text
    note("session", demo.tab(jar).open(demo.service("leesplein") + "/").follow("Log in"))
    tab = demo.log_in(demo.tab(), "schrijfmaatje", "De Regenboog", "Fenna")
    note("oidc saml", tab)
    found.pages["schrijfmaatje"] = tab.text
    for login, service in (("saml oidc", "leesplein"), ("oidc oidc", "schrijfmaatje")):
        tab = demo.tab().open(demo.service(service) + "/").follow("Log in")
        tab.press(EDUID).press(OPENID_EDUID.people[0].given_name).press("Ja, ga verder")
        note(login, tab)
    tab = demo.log_in(demo.tab(), "rekentuin", "Petteflat College", "Sem")
    assert tab.status == 403
    note("refused", tab)
    found.pages["refused"] = tab.page.find(".//code").text_content()
    asked = push(demo)
    tab = demo.choose(demo.tab().open(asked), "De Regenboog").press("Fenna").press("Continue")
    assert "eckid" in tab.text
    note("pushed", tab)
    push(demo, prompt="consent")
    note("push refused", demo.tab().open(demo.gateway + "/health/live"))
    begun = next(url for url in found.tabs[2].visited if url.startswith(f"{demo.gateway}/oidc/authorize"))
    parts = urlsplit(begun)
    connection = HTTPConnection(parts.netloc, timeout=120)
    foreign = {"traceparent": f"00-{FOREIGN}-b7ad6b7169203331-01", "tracestate": "vendor=FOREIGN"}
    connection.request("GET", f"{parts.path}?{parts.query}", headers=foreign)
    assert connection.getresponse().status == 303
    connection.close()
    note("foreign", demo.tab().open(demo.gateway + "/health/live"))


def push(demo: Demo, **wishes: str) -> str:
    """The service asks for what it would have sent the browser with; where it sends the browser then, if it may."""
    begun = urlsplit(told(demo.service("schrijfmaatje") + "/login")[1])
    now, key = int(demo.clock.now().timestamp()), demo.federation.keys["schrijfmaatje"]
    claims = {"iss": "schrijfmaatje", "sub": "schrijfmaatje", "aud": demo.gateway, "iat": now, "exp": now + 60}
    signed = jwt.encode(
        {"alg": "RS256"}, {**claims, "jti": f"push {wishes}"}, RSAKey.import_key(jwk(key, private=True))
    )
    proof = {
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": signed,
    }
    body, _ = told(f"{demo.gateway}/oidc/par", urlencode({**dict(parse_qsl(begun.query)), **wishes, **proof}))
    by_name = urlencode({"client_id": "schrijfmaatje", "request_uri": json.loads(body).get("request_uri", "")})
    return begun._replace(query=by_name).geturl()


def told(url: str, form: str | None = None) -> tuple[str, str]:
    """Body and Location of the answer to a client."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.netloc, timeout=120)
    headers = {} if form is None else {"Content-Type": "application/x-www-form-urlencoded"}
    connection.request("GET" if form is None else "POST", f"{parts.path}?{parts.query}".rstrip("?"), form, headers)
    answer = connection.getresponse()
    body, location = answer.read().decode(), answer.headers["Location"] or ""
    connection.close()
    return body, location


@pytest.mark.parametrize("login", PAIRS)
def test_a_login_is_one_trace_with_one_root_and_every_leg_in_it(traced: Traced, login: str) -> None:
    spans = traced.of(login)
    service, idp = login.split()
    first = {"saml": "saml_idp.single_sign_on", "oidc": "oidc_op.authorize"}[service]
    answer = {"saml": "saml_sp.acs", "oidc": "oidc_rp.callback"}[idp]
    asked = ["consent.ask", "consent.answer"] if idp == "oidc" else []
    fetched = ["oidc_op_clients.exchange", "oidc_op_clients.user_info"] if service == "oidc" else []
    legs = [first, "discovery.show", "discovery.choose", answer, *asked, *fetched]
    assert sorted(traced.legs(login)) == sorted(legs)
    assert traced.legs(login)[0] == first
    ids = [one.id for one in spans]
    assert len(set(ids)) == len(ids)
    assert {one.parent for one in spans} <= {"", *ids}, "no span is below one that there is not"
    assert {one.told["sluis.reference"] for one in spans if "sluis.reference" in one.told} == {traced.references[login]}
    [ended] = [one for one in spans if "sluis.outcome" in one.told]
    assert ended.told["sluis.outcome"] == "released"
    assert not any(one.failed for one in spans)


def test_what_a_login_waits_for_stands_in_its_legs(traced: Traced) -> None:
    assert traced.steps("saml saml", "discovery.choose") == ["request to identity provider"]
    answered = ["verification of response", "release decision", "ledger append", "answer to service"]
    assert sorted(traced.steps("saml saml", "saml_sp.acs")) == sorted(answered)
    called = {"verification of response", "token request", "userinfo request", "attribute api of school"}
    assert called < set(traced.steps("saml oidc", "oidc_rp.callback"))
    [decision] = [one for one in traced.of("saml saml") if one.name == "release decision"]
    assert decision.told == {"sluis.service": "rekentuin", "sluis.idp": "regenboog"}
    [ledger] = [one for one in traced.of("saml saml") if one.name == "ledger append"]
    assert ledger.parent == decision.id


def test_a_login_by_a_session_has_one_leg(traced: Traced) -> None:
    assert traced.legs("session") == ["saml_idp.single_sign_on"]
    assert "release decision" in traced.steps("session", "saml_idp.single_sign_on")


def test_what_a_client_pushed_is_the_root_of_the_login_that_comes_of_it(traced: Traced) -> None:
    legs = ["oidc_op.authorize", "discovery.show", "discovery.choose", "saml_sp.acs"]
    fetched = ["oidc_op_clients.exchange", "oidc_op_clients.user_info"]
    root, *later = traced.legs("pushed")
    assert root == "oidc_op_clients.push"
    assert sorted(later) == sorted([*legs, *fetched])
    spans = traced.of("pushed")
    assert {one.told["sluis.reference"] for one in spans if "sluis.reference" in one.told} == {
        traced.references["pushed"]
    }
    [pushed] = [one for one in spans if one.name == root]
    assert (pushed.told["sluis.service"], pushed.told["http.response.status_code"]) == ("schrijfmaatje", 201)


def test_a_push_that_is_refused_is_a_trace_that_says_why(traced: Traced) -> None:
    [pushed] = [one for one in traced.of("push refused") if not one.parent]
    assert (pushed.name, pushed.told["sluis.service"]) == ("oidc_op_clients.push", "schrijfmaatje")
    assert pushed.told["sluis.code"] == "request_consent"


def test_the_reference_on_an_error_page_leads_to_the_trace_and_the_trace_to_the_code(traced: Traced) -> None:
    assert traced.pages["refused"] == traced.references["refused"]
    [ended] = [one for one in traced.of("refused") if "sluis.outcome" in one.told]
    assert (ended.told["sluis.outcome"], ended.told["sluis.code"]) == ("refused", "agreement_missing")
    assert not ended.failed, "that it is refused is as it should be"


def test_what_a_browser_says_of_traces_is_not_believed_and_nobody_is_told_of_ours(traced: Traced) -> None:
    assert traced.legs("foreign") == ["oidc_op.authorize"]
    assert FOREIGN not in {one.trace for one in traced.collector.spans}
    assert traced.sent
    names = {name.lower() for headers in traced.sent for name in headers}
    assert not names & {"traceparent", "tracestate", "b3", "baggage"}


def test_only_logins_are_traced(traced: Traced) -> None:
    assert {one.trace for one in traced.collector.spans} == {
        trace_of(one).written for one in traced.references.values()
    }


def test_nothing_of_a_person_and_no_secret_stands_in_any_span(traced: Traced) -> None:
    watch = Watch()
    note_people(watch)
    for provider in PROVIDERS:
        for person in provider.people:
            watch.note("a login name", person.account)
            watch.note("an ECK iD", person.eck_id())
    for tab in traced.tabs:
        for cookies in tab.jar.hosts.values():
            for cookie in cookies.values():
                watch.note("a cookie", cookie.value)
        for url in tab.visited:
            for name, value in parse_qsl(urlsplit(url).query):
                watch.note(f"the parameter {name}", value)
            watch.note("an address", urlsplit(url).path)
            watch.note("a part of an address", urlsplit(url).path.rpartition("/")[2])
    for value in OF_FORMS.findall(traced.pages["form"]):
        watch.note("a field of a form", value)
    for page in ("rekentuin", "schrijfmaatje"):
        for found in re.findall(r"https://ketenid\.nl/\S+|\bp1\.\S+|\b[\w-]{30,}", traced.pages[page]):
            watch.note("what a service got", found)
    watch.note("a secret", SECRET)
    assert len(watch.values) > 100
    for body in traced.collector.bodies:
        watch.see("the wire", body.decode("latin-1"))
    assert traced.collector.headers[0]["x-key"] == SECRET
    assert not watch.found()
    for span in traced.collector.spans:
        assert set(span.told) <= TOLD
        assert set(span.process) == PROCESS
    assert SECRET not in traced.log
