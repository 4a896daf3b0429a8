"""A student links eduID, agrees and looks at their own page in a real browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from gateway.demo.people import EDUID, MBO, SCHOOLS
from tests.support.axe import on_a_phone
from tests.support.demo import Demo

MO = EDUID.people[0].given_name
MO_AT_SCHOOL = MBO.people[0]
OWN_SCHOOL = next(one for one in SCHOOLS if one.id == "petteflat")
LOTTE = "Lotte"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with on_a_phone(browser, locale="nl-NL") as made:
        yield made


def choose(page: Page, person: str) -> None:
    """At a party of the demo, which goes on by itself."""
    page.get_by_role("button", name=person).first.click()


def test_linking_consent_and_ones_own_page(demo: Demo, page: Page) -> None:
    page.goto(demo.service("schrijfmaatje") + "/login")
    page.locator(f"button[name=held][value='{MBO.brin}']").click()
    choose(page, MO)
    page.wait_for_url(f"{demo.gateway}/**")
    page.locator("form[action$='/link'] button").click()
    choose(page, MO)
    choose(page, MO_AT_SCHOOL.given_name)
    page.wait_for_url(f"{demo.gateway}/link/*")
    page.locator("button[name=answer]").first.click()
    choose(page, MO)
    page.wait_for_url(f"{demo.gateway}/consent/*")
    page.locator("button[name=answer]").first.click()
    page.wait_for_url(f"{demo.service('schrijfmaatje')}/**")
    assert MO_AT_SCHOOL.eck_id() in page.content()
    page.goto(demo.gateway + "/me")
    page.locator(f"button[name=held][value='{MBO.brin}']").click()
    choose(page, MO)
    page.wait_for_url(f"{demo.gateway}/me/*")
    page.locator("button[name=consent]").click()
    page.locator("button[name=link]").click()
    assert page.locator("button[name=link]").count() == 0
    assert page.locator("button[name=consent]").count() == 0


def test_a_guest_links_two_schools_and_waits_for_one(demo: Demo, page: Page) -> None:
    page.goto(demo.gateway + "/link")
    page.locator(f"button[name=at][value='{MBO.brin}']").click()
    page.locator("input[name=kind][value=guest]").check()
    page.locator(f"button[name=school][value='{OWN_SCHOOL.brin}']").click()
    choose(page, LOTTE)
    choose(page, LOTTE)
    page.wait_for_url(f"{demo.gateway}/link/*")
    page.locator("button[name=answer]").first.click()
    page.wait_for_url(f"{demo.gateway}/link/done?*")
    page.goto(demo.gateway + "/me")
    page.locator(f"button[name=school][value='{OWN_SCHOOL.brin}']").click()
    choose(page, LOTTE)
    page.wait_for_url(f"{demo.gateway}/me/*")
    assert MBO.name in page.locator("main").inner_text()
    page.locator("button[name=link]").click()
    assert page.locator("button[name=link]").count() == 0
