"""SSO query and SSO notification: what services and portals of the chain are told, and what they may say."""

import json
from collections.abc import Iterator
from urllib.parse import quote, urlencode
from urllib.request import HTTPRedirectHandler, Request, build_opener

import pytest

from gateway.demo.federation import DemoFederation
from tests.support.browser_like import Jar
from tests.support.demo import Demo, running_demo
from tests.support.leaving import go_on

SITE = "https://lesplein.example"
PORTAL = "https://portal.regenboog.example/start?x=1"
HOME = "https://portal.regenboog.example/home"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    def entries(federation: DemoFederation) -> None:
        gateway = federation.directory / "gateway.yaml"
        sso = f'sso: {{query_allow: ["{SITE}", "https://*.uitgever.example"]}}\n'
        gateway.write_text(gateway.read_text("utf-8") + sso, "utf-8")
        idp = federation.directory / "identity-providers" / "regenboog.yaml"
        told = f'notification: {{hosts: ["https://*.regenboog.example"], redirect_uris: ["{HOME}"]}}\n'
        idp.write_text(idp.read_text("utf-8") + told, "utf-8")

    with running_demo(tmp_path_factory.mktemp("services"), entries) as running:
        yield running


class _Stay(HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


def asked(demo: Demo, jar: Jar, path: str, parameters: dict[str, str], **headers: str):
    """Status, headers and body of one request of this browser, led there by another site."""
    url = f"{demo.gateway}{path}?{urlencode(parameters)}"
    cookies = jar.header(url, method="GET", initiator="https://elsewhere.example/")
    request = Request(url, headers={**({"Cookie": cookies} if cookies else {}), **headers})
    opener = build_opener(_Stay())
    try:
        answer = opener.open(request)
    except OSError as refused:
        answer = refused
    for value in answer.headers.get_all("Set-Cookie") or ():
        jar.keep(url, value)
    return answer.status, answer.headers, answer.read().decode()


def query(demo: Demo, jar: Jar, url: str = f"{SITE}/in", **more: str):
    return asked(demo, jar, "/sso/ssoquery", {"response_url": url, **more})


def result(demo: Demo, jar: Jar) -> str:
    status, headers, body = query(demo, jar, format="json")
    assert (status, headers["Vary"], headers["Cache-Control"]) == (200, "Origin", "no-store")
    assert json.loads(body).keys() == {"result"}
    return json.loads(body)["result"]


def notify(demo: Demo, jar: Jar, *, referer: str = "", **parameters: str):
    idp = f"http://127.0.0.2:{demo.federation.port}/metadata"
    sent = {"id": idp, "url": PORTAL, "realm": "r", **parameters}
    present = {name: value for name, value in sent.items() if value}
    return asked(demo, jar, "/sso/notification", present, **({"Referer": referer} if referer else {}))


def test_true_while_a_login_needs_no_question_and_false_after_the_logout(demo):
    jar = Jar()
    assert result(demo, jar) == "false"
    demo.log_in(demo.tab(jar), "rekentuin", "De Regenboog", "Fenna").press("Verder")
    assert result(demo, jar) == "true"
    go_on(demo.tab(jar).open(demo.gateway + "/logout").press("Ja, log uit"))
    assert result(demo, jar) == "false"


def test_a_made_up_session_is_none(demo):
    jar = Jar()
    jar.keep(demo.gateway, "sluis-session=made.up; Path=/")
    jar.keep(demo.gateway, "sluis-notified=made-up; Path=/")
    assert result(demo, jar) == "false"


def test_the_answer_goes_back_in_the_address(demo):
    for url, goes in ((f"{SITE}:8443/in", "?"), (f"{SITE}/in?a=b", "&"), ("https://a.b.uitgever.example/", "?")):
        status, headers, _ = query(demo, Jar(), url)
        assert (status, headers["Location"]) == (302, f"{url}{goes}result=false")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "lesplein.example",
        "//lesplein.example",
        "http://lesplein.example/",
        "https://evil.example/",
        "https://lesplein.example.evil.example/",
        "https://evil.example/?https://lesplein.example",
        "https://lesplein.example@evil.example/",
        "https://evil.example\\@lesplein.example/",
        "https://evil.example\\.uitgever.example/",
        "https://evil.example/#.uitgever.example",
        "https://lesplein.example/\r\nSet-Cookie: a=b",
        "https://xuitgever.example/",
        "https://uitgever.example/",
        "https://lesplein.example:port/",
        "javascript:alert(1)",
        "https://lesplein.example/" + "a" * 2000,
    ],
)
def test_no_other_site_is_told_or_led_to(demo, url):
    status, headers, body = query(demo, Jar(), url)
    assert status == 400
    assert "Location" not in headers
    assert "result" not in body.replace("response_url", "")


def test_a_doubled_address_is_none(demo):
    address = f"/sso/ssoquery?response_url={quote(SITE)}&response_url={quote(SITE)}"
    assert demo.tab().open(demo.gateway + address).status == 400


def test_scripts_of_sites_on_the_list_alone_may_read_it(demo):
    for origin, allowed in ((SITE, SITE), ("https://evil.example", None), ("null", None)):
        parameters = {"response_url": SITE, "format": "json"}
        _, headers, _ = asked(demo, Jar(), "/sso/ssoquery", parameters, Origin=origin)
        assert headers["Access-Control-Allow-Origin"] == allowed
        assert headers["Access-Control-Allow-Credentials"] == ("true" if allowed else None)


def test_who_comes_from_a_portal_needs_choose_no_school_once(demo):
    jar = Jar()
    status, headers, _ = notify(demo, jar, redirectUri=HOME)
    assert (status, headers["Location"]) == (302, HOME)
    assert result(demo, jar) == "remote"
    tab = demo.tab(jar).open(demo.service("rekentuin") + "/").follow("Log in")
    assert "127.0.0.2" in tab.url, "at the school at once"
    tab = demo.tab(jar).open(demo.service("leesplein") + "/").follow("Log in")
    assert "De Regenboog" in tab.text, "whoever comes back without a login may choose"
    assert "/school" in tab.url
    assert result(demo, jar) == "false"


def test_without_a_place_to_go_on_to_and_by_the_referer(demo):
    jar = Jar()
    idp = f"HTTP://127.0.0.2:{demo.federation.port}/METADATA"
    status, headers, _ = notify(demo, jar, id=idp, url="", referer=PORTAL)
    assert (status, headers["Location"]) == (204, None)
    assert result(demo, jar) == "remote"


def test_what_a_portal_said_ends_soon(demo):
    jar = Jar()
    notify(demo, jar)
    demo.clock.forward(minutes=59)
    assert result(demo, jar) == "remote"
    demo.clock.forward(minutes=1)
    assert result(demo, jar) == "false"


def test_it_is_of_no_use_in_another_browser_and_cannot_be_read_or_changed(demo):
    jar, other = Jar(), Jar()
    notify(demo, jar)
    [(name, cookie)] = [(name, one) for name, one in jar.of(demo.gateway).items() if "notified" in name]
    assert "regenboog" not in cookie.value
    assert cookie.http_only
    result(demo, other)
    other.of(demo.gateway)[name] = cookie
    assert result(demo, other) == "false"
    jar.keep(demo.gateway, f"{name}={cookie.value[:-6]}AAAA==; Path=/")
    assert result(demo, jar) == "false"
    jar.keep(demo.gateway, f"{name}={'A' * 600}; Path=/")
    assert result(demo, jar) == "false"


@pytest.mark.parametrize(
    ("parameters", "status"),
    [
        ({"id": ""}, 400),
        ({"id": "https://nobody.example"}, 403),
        ({"id": "petteflat"}, 403),
        ({"url": "https://evil.example/"}, 401),
        ({"url": ""}, 401),
        ({"url": "https://user@portal.regenboog.example/"}, 403),
        ({"redirectUri": "https://user@portal.regenboog.example/"}, 403),
        ({"redirectUri": HOME + "/"}, 401),
        ({"redirectUri": HOME + "?next=https://evil.example"}, 401),
        ({"redirectUri": "https://portal.regenboog.example/other"}, 401),
        ({"redirectUri": "https://evil.example/"}, 401),
    ],
)
def test_who_may_not_say_so_is_told_and_nothing_is_kept(demo, parameters, status):
    jar = Jar()
    if parameters.get("id") == "petteflat":
        parameters = {"id": f"http://127.0.0.3:{demo.federation.port}/metadata"}
    found, headers, _ = notify(demo, jar, **parameters)
    assert found == status
    assert "Location" not in headers
    assert result(demo, jar) == "false"
