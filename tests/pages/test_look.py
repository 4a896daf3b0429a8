"""The look that an operator gives the pages: it can be read, or it is refused with what is wrong."""

import re
from importlib.resources import files
from pathlib import Path

import pytest
from lxml import html

from gateway.app import create_app
from gateway.cli.loading import examine
from gateway.domain.clock import SystemClock
from gateway.pages.palette import DARK, LIGHT, contrast, too_faint
from gateway.parts import assemble
from gateway.settings.loader import load
from tests.support.configuration import FILES, write_configuration

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9v9z"/></svg>'


def configured(directory: Path, pages: str, **more: str) -> Path:
    return write_configuration(directory, {"gateway.yaml": FILES["gateway.yaml"] + pages, **more})


def problems(directory: Path, pages: str) -> list[str]:
    found = examine(configured(directory, pages), SystemClock()).problems
    return [str(one) for one in found if one.place.file == "gateway.yaml"]


def test_our_own_colours_can_be_read() -> None:
    assert [*too_faint(LIGHT), *too_faint(DARK)] == []
    assert LIGHT.keys() == DARK.keys()


def test_contrast_as_the_standard_has_it() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)
    assert contrast("#ffffff", "#ffffff") == 1


def test_a_colour_that_cannot_be_read_is_an_error_that_says_which(tmp_path: Path) -> None:
    found = problems(tmp_path, 'pages:\n  light:\n    accent: "#ffcc00"\n')
    assert len(found) == 3
    assert "light: accent on sheet has a contrast of 1.5; at least 4.5 can be read" in "\n".join(found)
    line = (tmp_path / "gateway.yaml").read_text().splitlines().index('    accent: "#ffcc00"') + 1
    assert all(one.startswith(f"gateway.yaml:{line}: ") for one in found)


@pytest.mark.parametrize("colour", ["red", '"#fff"', '"#12345g"', "0"])
def test_a_colour_has_six_digits(tmp_path: Path, colour: str) -> None:
    assert problems(tmp_path, f"pages: {{dark: {{ink: {colour}}}}}\n")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read"),
        (b"GIF89a", "no SVG, PNG, JPEG or WebP"),
        (b"<html></html>", "no SVG, PNG, JPEG or WebP"),
        (b'<!DOCTYPE svg [<!ENTITY x "y">]><svg xmlns="http://www.w3.org/2000/svg"/>', "no SVG, PNG, JPEG or WebP"),
        (b"x" * (64 * 1024 + 1), "may have 65536"),
    ],
)
def test_a_logo_that_is_none(tmp_path: Path, content: bytes | None, said: str) -> None:
    if content is not None:
        (tmp_path / "logo").write_bytes(content)
    [found] = problems(tmp_path, "pages: {logo: logo}\n")
    assert said in found


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        ("{nl: {home.titel: x}}", "there is no text home.titel"),
        ('{nl: {discovery.what: "{name}"}}', "discovery.what has no place name; it has {service}"),
        ('{nl: {home.title: "a { b"}}', "home.title: a brace without its other"),
        ("{fy: {home.title: x}}", "the pages do not speak fy"),
    ],
)
def test_a_text_that_there_is_not(tmp_path: Path, texts: str, said: str) -> None:
    [found] = problems(tmp_path, f"pages: {{texts: {texts}}}\n")
    assert said in found


def test_what_is_configured_is_what_is_seen(tmp_path: Path) -> None:
    pages = 'pages: {logo: logo.svg, light: {accent: "#7a0019"}, texts: {nl: {home.title: "Welkom bij de Waard"}}}\n'
    directory = configured(tmp_path, pages, **{"logo.svg": SVG})
    client = create_app(assemble(load(directory))).test_client()
    page = html.fromstring(client.get("/").text)
    assert page.find(".//h1").text_content() == "Welkom bij de Waard"
    logo = client.get(page.xpath("//p[@class='brand']//img")[0].get("src"))
    assert (logo.text, logo.content_type) == (SVG, "image/svg+xml; charset=utf-8")
    style = client.get(page.xpath("//link[@rel='stylesheet']")[0].get("href")).text
    assert "--accent: #7a0019" in style
    assert f"--accent: {DARK['accent']}" in style


def test_no_side_of_the_style_is_left_or_right() -> None:
    """A language that runs from right to left needs no style of its own."""
    style = (files("gateway.pages") / "static/style.css").read_text("utf-8")
    rules = re.sub(r"/\*.*?\*/", "", style, flags=re.DOTALL)
    assert not re.search(r"(?<![a-z-])(left|right)(?![a-z-])|-(left|right|top|bottom)\b", rules)
    assert "http" not in rules
