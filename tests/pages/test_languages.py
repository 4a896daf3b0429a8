"""Which language a page speaks, and that it says so."""

import pytest
from lxml import html

from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.language import Language
from gateway.login.steps import Refused
from tests.support.held import HeldClock
from tests.support.paged import Pages


@pytest.fixture
def pages(clock: HeldClock) -> Pages:
    return Pages(clock, tuple(Language))


def spoken(pages: Pages, accept: str, path: str = "/") -> str:
    answer = pages.client(accept).get(path)
    language = html.fromstring(answer.text).get("lang")
    assert answer.headers["Content-Language"] == language
    return language


@pytest.mark.parametrize(
    ("accept", "language"),
    [
        ("fy-NL, nl;q=0.8", "fy"),
        ("nl-BE, en;q=0.9", "nl"),
        ("de-DE, en-GB;q=0.7, nl;q=0.3", "en"),
        ("nl-x-b1", "nl-x-b1"),
        ("nl-NL-x-b1", "nl"),
        ("fy;q=0, en", "en"),
        ("de", "nl"),
        ("", "nl"),
        ("*", "nl"),
        ("nl;q=banana, en", "en"),
    ],
)
def test_the_browsers_languages_in_their_order(pages: Pages, accept: str, language: str) -> None:
    assert spoken(pages, accept) == language


def test_each_language_is_offered_in_its_own_words_and_kept(pages: Pages) -> None:
    client = pages.client("en")
    page = html.fromstring(client.get("/").text)
    links = {link.get("hreflang"): link for link in page.xpath("//a[@hreflang]")}
    assert {code: (link.get("lang"), link.text_content()) for code, link in links.items()} == {
        "nl": ("nl", "Nederlands"),
        "fy": ("fy", "Frysk"),
        "nl-x-b1": ("nl-x-b1", "Makkelijk Nederlands"),
    }
    assert "Ynlogge by dyn lesmateriaal" in client.get(links["fy"].get("href")).text
    assert "Ynlogge by dyn lesmateriaal" in client.get("/").text


@pytest.mark.parametrize("language", list(Language))
def test_every_error_has_a_page_in_every_language(pages: Pages, language: Language) -> None:
    shown: list[ErrorCode] = []
    pages.show("/step", lambda: Refused(SluisError(shown[-1])))
    client = pages.client(language)
    for code in ErrorCode:
        shown.append(code)
        page = html.fromstring(client.get("/step").text)
        assert page.get("lang") == language
        assert page.find(".//h1").text_content().strip()
