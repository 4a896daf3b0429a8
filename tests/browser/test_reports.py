"""Pages that are files: axe finds nothing, they fit a phone, and nothing in them needs a script or another file."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from playwright.sync_api import Browser, expect

from gateway.cli import main
from gateway.demo.federation import write_federation
from gateway.domain.anomaly import Anomaly
from gateway.domain.clock import SystemClock, dutch_day
from gateway.parts import lasting_engine
from gateway.settings.loader import load
from gateway.storage import migrate
from tests.support.axe import check_accessible_in_the_dark_too, on_a_phone
from tests.support.used_school import ECK_ID, FALLBACK, INITIAL, NAME, NO_NAME, UsedSchool

NOW = SystemClock().now()
REPORTS = {
    "school": ["report", "school", "CONFIG", "99XA", "--from", "MONTH"],
    "matrix": ["explain", "CONFIG", "--matrix", "--html"],
    "register": ["report", "register", "CONFIG"],
}


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = write_federation(tmp_path_factory.mktemp("reports") / "config", port=8123).directory
    engine = lasting_engine(load(made))
    migrate.upgrade(engine)
    used, now = UsedSchool(engine), NOW
    used.released(range(20), {**ECK_ID, **NAME, **INITIAL}, times=3, idp="regenboog", at=now)
    used.released(range(20, 22), {**FALLBACK, **NO_NAME}, idp="regenboog", at=now)
    used.released(range(30, 36), {**ECK_ID, **NAME}, service="leesplein", role="employee", idp="regenboog", at=now)
    used.refused(range(7), "agreement_suspended", idp="regenboog", at=now)
    used.odd(range(6), Anomaly.ECK_ID_SHARED, at=now)
    used.odd(range(2), Anomaly.ECK_ID_MISSING, at=now)
    used.write()
    engine.dispose()
    return made


def written(name: str, directory: Path, language: str) -> Path:
    words = {"CONFIG": str(directory), "MONTH": f"{dutch_day(NOW):%Y-%m-01}"}
    result = CliRunner().invoke(main, [*(words.get(one, one) for one in REPORTS[name]), "--language", language])
    assert result.exit_code == 0, result.output
    page = directory.parent / f"{name}-{language}.html"
    page.write_text(result.stdout, "utf-8")
    return page


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize("language", ["nl", "en"])
def test_axe_finds_nothing(browser: Browser, directory: Path, name: str, language: str) -> None:
    page_file = written(name, directory, language)
    with on_a_phone(browser, locale="nl-NL") as page:
        page.goto(page_file.as_uri())
        check_accessible_in_the_dark_too(page)


@pytest.mark.parametrize("name", REPORTS)
def test_it_stands_by_itself_under_its_own_policy(browser: Browser, directory: Path, name: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: asked.append(request.url))
    page_file = written(name, directory, "nl")
    page.goto(page_file.as_uri())
    assert asked == [page_file.as_uri()]
    assert said == []
    expect(page.locator("table").first).to_have_css("border-collapse", "collapse")
    context.close()


def test_the_bars_are_as_long_as_the_numbers_say(browser: Browser, directory: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(written("school", directory, "nl").as_uri())
    rows = page.get_by_role("region", name="Logins per dienst").get_by_role("row")
    widths = {
        row.get_by_role("cell").nth(1).inner_text(): float(row.locator("rect").get_attribute("width") or 0)
        for row in rows.all()[1:]
    }
    assert widths == {"62": 100.0, "6": 9.7}
    context.close()
