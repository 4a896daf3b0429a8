"""Every page that a person may see, as the whole gateway makes it in this process, in a language."""

from collections.abc import Callable
from urllib.parse import urlsplit

from lxml import html
from werkzeug.test import TestResponse

from gateway.demo.people import EDUID, MBO
from gateway.domain.errors import ErrorCode
from gateway.domain.language import Language
from tests.errors.gateway import Browser
from tests.errors.registry import SITUATIONS
from tests.errors.situations import logins, requests, schools, user_held

Opened = Callable[[Browser], TestResponse]
PLAYED = (logins, requests, schools, user_held)
"""Importing them fills the table of situations."""
FOR_OTHERS = {"connect", "accessibility"}
"""In Dutch and English alone: pages of suppliers, and the statement."""
FENNA = requests.FENNA


def discovery(browser: Browser) -> TestResponse:
    browser.ask("leesplein")
    return browser.get(browser.location)


class Late:
    """A connection whose last octet came long ago."""

    def getsockopt(self, *_: object) -> bytes:
        return b"\x7f" * 200


def busy(browser: Browser) -> TestResponse:
    """The gateway has more to do than it can."""
    around = {"environ_overrides": {"gunicorn.socket": Late()}, "headers": {"Accept": "text/html"}}
    return browser.get("/status", **around)


def discovery_finds(browser: Browser) -> TestResponse:
    browser.ask("leesplein")
    found = browser.client.get(f"{browser.location}s?q=school", base_url=browser.gateway.federation.base_url)
    assert found.status_code == 200
    return browser.get(f"{browser.location}?q=school")


def discovery_finds_nothing(browser: Browser) -> TestResponse:
    browser.ask("leesplein")
    return browser.get(f"{browser.location}?q=nergens")


def discovery_remembers(browser: Browser) -> TestResponse:
    browser.to_school("leesplein")
    return discovery(browser)


def discovery_with_eduid(browser: Browser) -> TestResponse:
    browser.authorize()
    return browser.get(browser.location)


def answer(browser: Browser) -> TestResponse:
    browser.to_school()
    return browser.by_person(requests.REGENBOOG, FENNA)


def logout(browser: Browser) -> TestResponse:
    return browser.get("/logout")


def _asked_to_log_out(browser: Browser) -> TestResponse:
    answer(browser)
    browser.ask("leesplein")
    [form] = html.fromstring(browser.get("/logout").text).forms
    return browser.post("/logout", **{**dict(form.form_values()), "shared": "yes"})


def leave_next(browser: Browser) -> TestResponse:
    return _asked_to_log_out(browser)


def logged_out(browser: Browser) -> TestResponse:
    page = html.fromstring(_asked_to_log_out(browser).text)
    for _ in range(5):
        on = page.xpath("//form[@id='leave']/@data-on")
        if not on:
            break
        last = browser.get(on[0])
        page = html.fromstring(last.text)
    return browser.at[-1]


def link(browser: Browser) -> TestResponse:
    user_held.without_links(browser.gateway)
    user_held.to_link(browser, user_held.MO_AT_EDUID, user_held.MO)
    return browser.get(browser.location)


def consent(browser: Browser) -> TestResponse:
    user_held.without_links(browser.gateway)
    user_held.to_link(browser, user_held.MO_AT_EDUID, user_held.MO)
    browser.post(browser.location, answer="yes")
    browser.by_person(EDUID, user_held.MO_AT_EDUID)
    return browser.get(browser.location)


def link_choose(browser: Browser) -> TestResponse:
    return browser.get("/link")


def link_choose_other(browser: Browser) -> TestResponse:
    return browser.get("/link?at=99XD")


def link_schools(browser: Browser) -> TestResponse:
    user_held.without_links(browser.gateway)
    user_held.between_schools(browser, {}, {})
    return browser.get(browser.location)


def link_done(browser: Browser) -> TestResponse:
    return browser.get("/link/done?pending=yes")


def mine(browser: Browser) -> TestResponse:
    user_held.without_links(browser.gateway)
    user_held.to_link(browser, user_held.MO_AT_EDUID, user_held.MO)
    browser.post(browser.location, answer="yes")
    browser.by_person(EDUID, user_held.MO_AT_EDUID)
    [form] = [one for one in html.fromstring(browser.get(browser.location).text).forms if one.method == "POST"]
    browser.post(urlsplit(browser.at[-2].headers["Location"]).path, **dict(form.form_values()), answer="yes")
    browser.post("/me", school="99XD")
    browser.by_person(MBO, user_held.MO)
    return browser.get(browser.location)


def at(path: str) -> Opened:
    return lambda browser: browser.get(path)


def error(code: ErrorCode) -> Opened:
    """The situation of this code, its details unfolded."""

    def opened(browser: Browser) -> TestResponse:
        return SITUATIONS[code].play(browser.gateway)

    return opened


PAGES: dict[str, Opened] = {
    "home": at("/"),
    "status": at("/status"),
    "accessibility": at("/accessibility"),
    "connect": at("/docs/connect"),
    "remembered": at("/remembered"),
    "mine_login": at("/me"),
    "discovery": discovery,
    "discovery_finds": discovery_finds,
    "discovery_finds_nothing": discovery_finds_nothing,
    "discovery_remembers": discovery_remembers,
    "discovery_with_eduid": discovery_with_eduid,
    "busy": busy,
    "answer": answer,
    "logout": logout,
    "leave_next": leave_next,
    "logged_out": logged_out,
    "link": link,
    "link_choose": link_choose,
    "link_choose_other": link_choose_other,
    "link_schools": link_schools,
    "link_done": link_done,
    "consent": consent,
    "mine": mine,
    "error_plain": error(ErrorCode.PAGE_UNKNOWN),
    "error_back": error(ErrorCode.REQUEST_SIGNATURE_INVALID),
    "error_other_school": error(ErrorCode.AGREEMENT_MISSING),
    "error_other_way": error(ErrorCode.USER_HELD_REQUIRED),
    "error_link": error(ErrorCode.LINK_NEEDED),
    "error_level": error(ErrorCode.ASSURANCE_UNMET),
    "error_waits": error(ErrorCode.STORE_UNAVAILABLE),
    "error_logout": error(ErrorCode.LOGOUT_SIGNATURE),
}


def spoken(name: str) -> tuple[Language, ...]:
    return (Language.NL, Language.EN) if name in FOR_OTHERS else tuple(Language)
