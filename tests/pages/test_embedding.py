"""Who may show which page in a frame. (X-Frame-Options has no word for certain sites: RFC 7034 2.1.)"""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from werkzeug.test import TestResponse

from gateway.domain.attribute import Attribute
from gateway.domain.errors import ErrorCode, SluisError
from gateway.login.discovery import Discovery
from gateway.login.steps import ConfirmLogout, PostForm, Refused, Step
from gateway.pages import consent
from gateway.reports.words import attribute_name
from tests.pages.test_discovery import ANSWERS, PAGE, TODAY
from tests.support.paged import Pages
from tests.support.small_federation import LEESPLEIN, PO_IDP, REGENBOOG, small_federation

PORTAL = ("https://portal.example", "https://www.portal.example")
FRAMED = "frame-ancestors https://portal.example https://www.portal.example"


def offered(pages: Pages, *origins: str) -> None:
    small = small_federation()
    pages.offer = Discovery(replace(small.services[LEESPLEIN], embedded_by=origins), small, TODAY)


def may_be_framed(answer: TestResponse) -> bool:
    policy = answer.headers["Content-Security-Policy"]
    framed = FRAMED in policy
    assert framed is ("frame-ancestors 'none'" not in policy)
    assert framed is ("X-Frame-Options" not in answer.headers), "the two say the same"
    assert "default-src 'none'; script-src 'self'" in policy, "all else stays as it is"
    return framed


def test_discovery_may_be_shown_by_the_sites_of_the_service_alone(pages: Pages) -> None:
    offered(pages, *PORTAL)
    page = pages.client().get(PAGE)
    assert may_be_framed(page)
    assert "connect-src 'self'" in page.headers["Content-Security-Policy"]
    assert not may_be_framed(pages.client().get(ANSWERS)), "a script asks these"
    offered(pages)
    assert not may_be_framed(pages.client().get(PAGE))


@pytest.mark.parametrize("origins", [PORTAL, ()])
def test_error_pages_and_answers_of_its_logins_too(pages: Pages, origins: tuple[str, ...]) -> None:
    service = replace(small_federation().services[LEESPLEIN], embedded_by=origins)
    steps: dict[str, Step] = {
        "/refused": Refused(SluisError(ErrorCode.ROLE_MISSING), service),
        "/answer": PostForm("https://leesplein.example/acs", (), framed_by=origins),
    }
    for path, step in steps.items():
        pages.show(path, step)
    for path in steps:
        assert may_be_framed(pages.client().get(path)) is bool(origins), path


def test_no_other_page_ever(pages: Pages) -> None:
    service = replace(small_federation().services[LEESPLEIN], embedded_by=PORTAL)
    pages.show("/nobody", Refused(SluisError(ErrorCode.PAGE_UNKNOWN)))
    pages.show("/logout", ConfirmLogout("/logout", "token", service))
    small = small_federation()
    question = SimpleNamespace(
        service=service,
        school=REGENBOOG,
        idp=small.identity_providers[PO_IDP],
        identifier=SimpleNamespace(attribute=Attribute.ECK_ID),
        going=(),
        agreement="N-1",
        shown="0123",
    )
    consenting = SimpleNamespace(question=lambda *_: question)
    pages.app.register_blueprint(
        consent.blueprint(
            pages.front,
            consenting=consenting,  # type: ignore[arg-type]
            dispatcher=SimpleNamespace(),  # type: ignore[arg-type]
            name_of=attribute_name,
        )
    )
    assert "Ja, ga verder naar Leesplein" in pages.client().get("/consent/0123").text, "a yes that a frame could steal"
    for path in ("/consent/0123", "/nobody", "/logout", "/remembered", "/", "/nothing"):
        assert not may_be_framed(pages.client().get(path)), path
