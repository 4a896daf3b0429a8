"""axe finds nothing on any page, in any language, light and dark; and whoever has no mouse sees where they are.

Pages are made by the whole gateway in this process and opened in one tab of one browser, a phone's: a browser that
walked to each of them, in each language and scheme, would take minutes.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from lxml import html
from playwright.sync_api import Browser, Page

from gateway.domain.language import Language
from gateway.observability import log
from gateway.pages.render import Renderer
from tests.errors.gateway import Gateway
from tests.support.all_pages import PAGES, spoken
from tests.support.chromium import PATIENCE

WIDTH = 320
TEMPLATES = Path(__file__).parents[2] / "gateway/pages/templates"
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")
OPEN = """([text, style]) => {
  document.open(); document.write(text.replace(/<link rel="stylesheet"[^>]*>/, `<style>${style}</style>`));
  document.close();
  for (const folded of document.querySelectorAll("details")) folded.open = true;
}"""
JUDGE = """async (only) => {
  const options = only ? {runOnly: {type: "rule", values: only}} : {rules: {"target-size": {enabled: true}}};
  const {violations} = await axe.run(document, {resultTypes: ["violations"], ...options});
  return violations.map(({id, help, nodes}) => `${id}: ${help}: ${nodes.map((one) => one.html).join(" ")}`);
}"""
FOCUSED = """() => {
  const all = [...document.querySelectorAll("*")], one = document.activeElement, style = getComputedStyle(one);
  const box = one.getBoundingClientRect();
  return [all.indexOf(one), one.outerHTML.slice(0, 200), style.outlineStyle, box.bottom > 0 && box.top < innerHeight];
}"""
FOCUSABLE = """() => {
  const all = [...document.querySelectorAll("a[href], button, input:not([type=hidden]), summary, [tabindex='0']")];
  const groups = all.map((one) => one.type === "radio" ? one.name : one);
  return all.filter((one, at) => one.checkVisibility() && groups.indexOf(groups[at]) === at).length;
}"""


@dataclass(frozen=True)
class Made:
    """A page, as it came over the wire."""

    name: str
    language: Language
    text: str

    def __str__(self) -> str:
        return f"{self.name} in {self.language}"


@dataclass(frozen=True)
class Opened:
    """All pages, the style that they share, and the templates that they were made of."""

    made: list[Made]
    style: str
    templates: set[str]


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    directory = tmp_path_factory.mktemp("pages")
    log.configure(file=directory / "log", level="info")
    gateway = Gateway.made(directory / "gateway", languages=tuple(Language))
    used: set[str] = set()
    rendered = Renderer._rendered

    def noted(renderer: Renderer, template: str, *arguments: Any, **values: Any) -> str:
        used.add(template)
        return rendered(renderer, template, *arguments, **values)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Renderer, "_rendered", noted)
        made = [_made(gateway, name, language) for language in Language for name in PAGES if language in spoken(name)]
    style = html.fromstring(made[0].text).xpath("//link[@rel='stylesheet']/@href")[0]
    yield Opened(made, gateway.browser().get(style).text, used)
    gateway.parts.engine.dispose()
    log.close()


def _made(gateway: Gateway, name: str, language: Language) -> Made:
    gateway.language = language.value
    now = gateway.clock.at
    answer = PAGES[name](gateway.browser())
    gateway.clock.at = now
    assert answer.mimetype == "text/html", (name, answer.status)
    return Made(name, language, answer.text)


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": WIDTH, "height": 640}, bypass_csp=True, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.evaluate(AXE)
    yield page
    context.close()


def show(phone: Page, page: Made, style: str) -> None:
    phone.evaluate(OPEN, [page.text, style])
    assert phone.locator("h1").count() == 1, page


def test_every_template_is_looked_at(pages: Opened) -> None:
    """All but those that are only parts of others."""
    templates = {one.name: one.read_text("utf-8") for one in TEMPLATES.glob("*.html")}
    parts = {part for text in templates.values() for part in re.findall(r'(?:extends|from) "([a-z_]+\.html)"', text)}
    assert pages.templates == set(templates) - parts


def test_axe_finds_nothing_light_or_dark(pages: Opened, phone: Page) -> None:
    """What the dark scheme changes is colour alone."""
    for page in pages.made:
        show(phone, page, pages.style)
        assert phone.evaluate("document.documentElement.lang") == page.language, page
        assert phone.evaluate("document.documentElement.scrollWidth") <= WIDTH, page
        assert phone.evaluate(JUDGE, None) == [], page
        phone.emulate_media(color_scheme="dark")
        assert phone.evaluate(JUDGE, ["color-contrast"]) == [], page
        phone.emulate_media(color_scheme="light")


def test_axe_would_find_something(pages: Opened, phone: Page) -> None:
    show(phone, pages.made[0], pages.style)
    phone.add_style_tag(content="main p { color: #aaa }")
    tiny = '<button style="all: unset; display: inline-block; width: 9px; height: 9px; font-size: 4px">a</button>'
    phone.evaluate("document.querySelector('h1').innerHTML = ''")
    phone.evaluate("tiny => document.querySelector('main').insertAdjacentHTML('afterbegin', tiny)", tiny * 2)
    found = {one.partition(":")[0] for one in phone.evaluate(JUDGE, None)}
    assert {"color-contrast", "empty-heading", "target-size"} <= found


def test_by_keyboard_everything_is_reached_in_its_order_and_seen(pages: Opened, phone: Page) -> None:
    for page in pages.made:
        if page.language is not Language.NL:
            continue
        show(phone, page, pages.style)
        before = -1
        for _ in range(phone.evaluate(FOCUSABLE)):
            phone.keyboard.press("Tab")
            place, what, outline, in_sight = phone.evaluate(FOCUSED)
            assert place > before, f"{page}: {what} comes too early or late"
            assert outline != "none", f"{page}: {what} does not show that it has the focus"
            assert in_sight, f"{page}: {what} is out of sight"
            before = place
