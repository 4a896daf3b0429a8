"""Logos of schools, identity providers and services: checked when they are loaded, served by the gateway alone."""

from pathlib import Path

import pytest
from flask.testing import FlaskClient
from lxml import html

from gateway.app import create_app
from gateway.cli.loading import examine
from gateway.domain.clock import SystemClock
from gateway.domain.errors import ErrorCode, SluisError
from gateway.federation.models import IdpId
from gateway.login.steps import Refused
from gateway.pages.images import MAX_SMALL, image
from gateway.pages.logos import Logos
from gateway.parts import assemble
from gateway.settings.loader import load
from tests.pages.test_discovery import PAGE, offer
from tests.pages.test_look import SVG
from tests.support.configuration import FILES, write_configuration
from tests.support.held import HeldClock
from tests.support.paged import Pages
from tests.support.small_federation import LEESPLEIN, PETTEFLAT, REGENBOOG, small_federation

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 100
ROOT = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
ADDRESS = "/logo/0123.png"
SCHOOLS = next(name for name in FILES if name.startswith("schools/"))


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0 JFIF", "image/jpeg"),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 ", "image/webp"),
        (SVG.encode(), "image/svg+xml"),
        (f'{ROOT}><style>.a{{fill:url(#b)}}</style><use href="#a"/></svg>'.encode(), "image/svg+xml"),
    ],
)
def test_what_it_is_shows_in_its_content(content: bytes, kind: str) -> None:
    assert image(content).media_type == kind


@pytest.mark.parametrize(
    ("svg", "said"),
    [
        (f"{ROOT}><script>alert(1)</script></svg>", "has a script"),
        (f'{ROOT} onload="alert(1)"/>', "has onload"),
        (f'{ROOT}><g><a><path ONCLICK="x()"/></a></g></svg>', "has ONCLICK"),
        (f"{ROOT}><foreignObject><p>login</p></foreignObject></svg>", "has a foreignObject"),
        (f'{ROOT}><image href="https://evil.example/x.png"/></svg>', "from elsewhere"),
        (f'{ROOT}><image xlink:href="//evil.example/x.png"/></svg>', "from elsewhere"),
        (f'{ROOT}><a href="javascript:alert(1)"><path/></a></svg>', "from elsewhere"),
        (f'{ROOT}><use href="data:image/svg+xml,&lt;svg/&gt;"/></svg>', "from elsewhere"),
        (f'{ROOT}><path fill="url(https://evil.example/x)"/></svg>', "from elsewhere"),
        (f"{ROOT}><style>@import 'https://evil.example/x.css';</style></svg>", "from elsewhere"),
        (f'<?xml-stylesheet href="https://evil.example/x.css"?>{ROOT}/>', "from elsewhere"),
    ],
)
def test_a_logo_is_seen_and_does_nothing_else(svg: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        image(svg.encode())


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "regenboog.png: the logo cannot be read"),
        (b"GIF89a", "no SVG, PNG, JPEG or WebP"),
        (PNG + b"0" * MAX_SMALL, f"may have {MAX_SMALL}"),
    ],
)
def test_one_that_cannot_be_used_is_an_error_with_its_line(tmp_path: Path, content: bytes | None, said: str) -> None:
    directory = with_logo(tmp_path, content)
    [found] = [one for one in examine(directory, SystemClock()).problems if "logo" in str(one)]
    assert str(found).startswith(f"{SCHOOLS}:3: "), found
    assert said in str(found)


def with_logo(directory: Path, content: bytes | None) -> Path:
    first, _, rest = FILES[SCHOOLS].partition("\n")
    second, _, rest = rest.partition("\n")
    entry = f"{first}\n{second}\n  logo: regenboog.png\n{rest}"
    written = write_configuration(directory, {**FILES, SCHOOLS: entry})
    if content is not None:
        (written / "schools" / "regenboog.png").write_bytes(content)
    return written


@pytest.fixture
def client(tmp_path: Path) -> FlaskClient:
    return create_app(assemble(load(with_logo(tmp_path, PNG)))).test_client()


def test_it_is_served_for_good_and_as_nothing_but_a_picture(client: FlaskClient, tmp_path: Path) -> None:
    settings = load(tmp_path)
    [address] = Logos.of(settings).schools.values()
    answer = client.get(address)
    assert (answer.data, answer.content_type) == (PNG, "image/png")
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert policy.endswith("sandbox")
    assert "script-src" not in policy


def test_a_file_that_was_changed_is_not_served_unchecked(client: FlaskClient, tmp_path: Path) -> None:
    [address] = Logos.of(load(tmp_path)).schools.values()
    (tmp_path / "schools" / "regenboog.png").write_text(f"{ROOT}><script>alert(1)</script></svg>", "utf-8")
    assert client.get(address).status_code == 404
    (tmp_path / "schools" / "regenboog.png").unlink()
    assert client.get(address).status_code == 404


@pytest.mark.parametrize("name", ["nothing.png", "..%2Fschools%2Fschools.yaml", "%2e%2e"])
def test_no_other_file_is_served(client: FlaskClient, name: str) -> None:
    assert client.get(f"/logo/{name}").status_code == 404


def test_they_stand_with_the_names(clock: HeldClock) -> None:
    logos = Logos({REGENBOOG.brin: ADDRESS}, {}, {LEESPLEIN: "/logo/4567.svg"}, {})
    pages = Pages(clock, logos=logos)
    pages.offer = offer(small_federation())
    page = html.fromstring(pages.client().get(PAGE).text)
    [logo] = page.xpath("//button[@value='99XA']/img")
    assert (logo.get("src"), logo.get("alt"), logo.get("loading")) == (ADDRESS, "", "lazy")
    assert logo.get("width"), "so that nothing moves when it comes"
    assert not page.xpath("//button[@value='99XB']/img")
    assert page.xpath("//p[@class='service']/img/@src") == ["/logo/4567.svg"]
    assert ADDRESS in pages.client().get(f"{PAGE}s?q=regenboog").json["html"]


def test_an_error_page_shows_whose_login_it_was(clock: HeldClock) -> None:
    pages = Pages(clock, logos=Logos({}, {}, {LEESPLEIN: ADDRESS}, {}))
    pages.show("/step", Refused(SluisError(ErrorCode.ROLE_MISSING), small_federation().services[LEESPLEIN]))
    assert html.fromstring(pages.client().get("/step").text).xpath("//p[@class='service']/img/@src") == [ADDRESS]


def test_the_only_school_of_an_identity_provider_has_its_logo_and_those_of_a_hub_have_not(tmp_path: Path) -> None:
    name, school = "identity-providers/petteflat.yaml", FILES[SCHOOLS].rstrip()
    alone = FILES[name].rstrip() + "\n  logo: idp.svg\n"
    more = {
        "identity-providers/idp.svg": SVG,
        SCHOOLS: f"{school}\n- {{brin: 99XC, names: {{nl: Zonnebloem}}, sector: vo}}\n",
    }
    settings = load(write_configuration(tmp_path / "alone", {**FILES, **more, name: alone}))
    logos = Logos.of(settings)
    assert logos.schools == {PETTEFLAT.brin: logos.idps[IdpId("petteflat")]}
    hub = alone.replace("[99XB]", "[99XB, 99XC]")
    logos = Logos.of(load(write_configuration(tmp_path / "hub", {**FILES, **more, name: hub})))
    assert logos.schools == {}
    assert logos.idps
