"""Each step as the browser gets it."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import html

from gateway.domain.errors import CATALOGUE, Audience, ErrorCode, SluisError
from gateway.federation.models import Service
from gateway.login.steps import ChooseSchool, PostForm, Redirect, Refused
from gateway.observability import log
from tests.support.paged import REFERENCE, Pages
from tests.support.small_federation import LEESPLEIN, PETTEFLAT, small_federation

FORM = PostForm("https://service.example/acs", (("SAMLResponse", "PD94bWw+"), ("RelayState", '"><script>x</script>')))


def leesplein() -> Service:
    return small_federation().services[LEESPLEIN]


def test_a_redirect_makes_the_browser_get(pages: Pages) -> None:
    pages.show("/step", Redirect("https://school.example/sso?a=1&b=2"))
    got, posted = pages.client().get("/step"), pages.client().post("/step")
    assert (got.status_code, posted.status_code) == (303, 303)
    assert got.headers["Location"] == posted.headers["Location"] == "https://school.example/sso?a=1&b=2"


def test_discovery_is_a_redirect_so_that_reload_repeats_no_request(pages: Pages) -> None:
    pages.show("/step", ChooseSchool("0123abcd"))
    assert pages.client().post("/step").headers["Location"] == "/login/0123abcd/school"


def test_an_answer_is_a_form_that_sends_itself_or_is_sent_with_a_button(pages: Pages) -> None:
    pages.show("/step", FORM)
    answer = pages.client().post("/step")
    page = html.fromstring(answer.text)
    (form,) = page.forms
    assert (form.method, form.action) == ("POST", FORM.url)
    assert dict(form.form_values()) == dict(FORM.fields)
    assert form.find(".//button").text_content() == "Verder"
    (script,) = page.iter("script")
    assert script.text is None
    assert "requestSubmit" in pages.client().get(script.get("src")).text


def test_each_answer_has_its_own_form_alone_in_the_language_of_its_person(pages: Pages) -> None:
    other = PostForm("https://other.example/acs", (("SAMLResponse", "QUJD"),))
    pages.show("/one", FORM)
    pages.show("/other", other)
    for language, button in (("nl", "Verder"), ("en", "Continue"), ("nl", "Verder")):
        for path, expected in (("/one", FORM), ("/other", other)):
            (form,) = html.fromstring(pages.client(language).post(path).text).forms
            assert (form.action, form.form_values()) == (expected.url, list(expected.fields))
            assert form.find(".//button").text_content() == button


def test_the_page_that_sends_an_answer_names_no_form_target_and_allows_no_other_script(pages: Pages) -> None:
    """Chromium holds form-action against every redirect behind a post, and those are the service's."""
    pages.show("/step", FORM)
    policy = pages.client().post("/step").headers["Content-Security-Policy"]
    assert "form-action" not in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert "data:" not in policy


def test_the_answer_is_never_kept_and_keeps_the_origin_of_the_post(pages: Pages) -> None:
    """`no-referrer` would make the Origin of the post `null`, which services refuse."""
    pages.show("/step", FORM)
    headers = pages.client().post("/step").headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "strict-origin"
    assert "max-age" in headers["Strict-Transport-Security"]


def test_the_answer_has_no_switch_of_language_that_would_lose_it(pages: Pages) -> None:
    pages.show("/step", FORM)
    assert "?lang=" not in pages.client().get("/step").text


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("code", list(ErrorCode))
def test_every_error_has_a_page_with_its_status_code_and_reference(
    pages: Pages, code: ErrorCode, language: str
) -> None:
    pages.show("/step", Refused(SluisError(code, hint="the entry", cause="a secret cause"), leesplein(), FORM))
    answer = pages.client(language).get("/step")
    page = html.fromstring(answer.text)
    assert answer.status_code == CATALOGUE[code].http_status
    assert page.get("lang") == language
    assert REFERENCE in page.find(".//main").text_content()
    details = page.find(".//details")
    assert details.get("open") is None
    assert code in details.text_content()
    assert ("the entry" in answer.text) == (CATALOGUE[code].audience is not Audience.PERSON)
    assert "a secret cause" not in answer.text


def test_the_way_back_takes_the_refusal_along(pages: Pages) -> None:
    pages.show("/step", Refused(SluisError(ErrorCode.AGREEMENT_MISSING), leesplein(), FORM))
    (form,) = html.fromstring(pages.client().get("/step").text).forms
    assert (form.action, dict(form.form_values())) == (FORM.url, dict(FORM.fields))
    assert form.find(".//button").text_content() == "Terug naar Leesplein"


def test_without_a_refusal_to_send_the_way_back_is_the_start_of_the_service(pages: Pages) -> None:
    pages.show("/step", Refused(SluisError(ErrorCode.LOGIN_FINISHED), leesplein()))
    page = html.fromstring(pages.client().get("/step").text)
    (link,) = page.xpath("//main//a")
    assert (link.get("href"), link.text_content()) == ("https://leesplein.example/", "Terug naar Leesplein")


def test_from_an_unknown_service_the_way_leads_to_the_start_of_this_site(pages: Pages) -> None:
    pages.show("/step", Refused(SluisError(ErrorCode.REQUEST_SERVICE_UNKNOWN)))
    page = html.fromstring(pages.client().get("/step").text)
    assert not page.forms
    assert [link.get("href") for link in page.xpath("//main//a")] == ["/"]


@pytest.mark.parametrize("known", [True, False])
def test_no_page_is_a_dead_end(pages: Pages, *, known: bool) -> None:
    shown: list[SluisError] = []
    pages.show("/step", lambda: Refused(shown[-1], *((leesplein(), FORM) if known else ())))
    client = pages.client()
    for code in ErrorCode:
        shown.append(SluisError(code))
        for method in ("GET", "POST"):
            page = html.fromstring(client.open("/step", method=method).text)
            assert page.xpath("//main//a[@href] | //main//form//button"), (code, method)


def test_the_helpdesk_sees_the_school_and_the_service(pages: Pages) -> None:
    school = small_federation().choices[0].school
    pages.show("/step", Refused(SluisError(ErrorCode.AGREEMENT_MISSING), leesplein(), FORM, school=school))
    details = html.fromstring(pages.client().get("/step").text).find(".//details").text_content()
    assert str(school.brin) in details
    assert "leesplein" in details


def test_while_the_store_is_gone_the_page_comes_back_by_itself_where_nothing_is_done_twice(pages: Pages) -> None:
    gone = SluisError(ErrorCode.STORE_UNAVAILABLE)
    pages.show("/asked", Refused(gone))
    pages.show("/ended", Refused(gone, leesplein(), FORM))
    asked, posted = pages.client().get("/asked"), pages.client().post("/asked")
    assert 20 <= int(asked.headers["Refresh"]) <= 60
    assert f"over {asked.headers['Refresh']} tellen" in asked.text
    assert asked.headers["Retry-After"] == asked.headers["Refresh"]
    assert "Refresh" not in posted.headers
    assert "niet opnieuw verstuurd" in posted.text
    assert "Refresh" not in pages.client().get("/ended").headers
    assert posted.status_code == 503
    assert posted.headers["Retry-After"]


def test_the_time_on_the_page_is_that_of_the_clock_on_the_wall(pages: Pages) -> None:
    """The held clock says 08:30 in UTC, on a day in September."""
    pages.show("/step", Refused(SluisError(ErrorCode.INTERNAL)))
    (time,) = html.fromstring(pages.client().get("/step").text).iter("time")
    assert time.text_content() == "2026-09-07 10:30"
    assert time.get("datetime") == "2026-09-07T10:30:00+02:00"


def test_what_nobody_foresaw_is_a_plain_page_and_its_text_stays_inside(pages: Pages, tmp_path: Path) -> None:
    def stumble() -> Redirect:
        raise ZeroDivisionError("fenna@regenboog.example")

    log.configure(file=tmp_path / "log", level="info")
    pages.show("/step", stumble)
    answer = pages.client().get("/step")
    log.close()
    line = json.loads((tmp_path / "log").read_text("utf-8"))
    assert answer.status_code == 500
    assert "Er ging iets mis" in answer.text
    assert REFERENCE in answer.text
    assert "ZeroDivision" not in answer.text
    assert (line["code"], line["cause"], line["reference"]) == ("internal", "ZeroDivisionError", REFERENCE)
    assert "fenna" not in str(line)


def test_a_method_that_is_not_there_names_those_that_are(pages: Pages) -> None:
    answer = pages.client().delete("/")
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]


def test_static_files_are_kept_for_a_year_under_an_address_of_their_content_alone(pages: Pages) -> None:
    client = pages.client()
    style = html.fromstring(client.get("/").text).find(".//link").get("href")
    assert "immutable" in client.get(style).headers["Cache-Control"]
    for other in ("/static/of-another-version/style.css", "/favicon.ico"):
        answer = client.get(other)
        assert answer.status_code == 200
        assert "immutable" not in answer.headers["Cache-Control"]


def test_who_has_no_agreement_reads_whom_to_ask_and_can_choose_another_school(pages: Pages) -> None:
    school = replace(PETTEFLAT, helpdesk="06 12 34 56 78")
    service = replace(leesplein(), helpdesk="scholen@leesplein.example")
    refused = Refused(SluisError(ErrorCode.AGREEMENT_MISSING), service, school=school, choose="0123abcd")
    pages.show("/step", refused)
    page = html.fromstring(pages.client().get("/step").text)
    said = " ".join(page.find(".//main").text_content().split())
    assert "Vraag het op school: 06 12 34 56 78" in said
    assert "Een school maakt die afspraak met Uitgeverij Voorbeeld. scholen@leesplein.example" in said
    [link] = page.xpath("//a[@href='/login/0123abcd/school']")
    assert link.text_content() == "Niet jouw school? Kies een andere"


def test_other_refusals_are_not_for_those_who_make_agreements(pages: Pages) -> None:
    pages.show("/step", Refused(SluisError(ErrorCode.ROLE_MISSING), leesplein(), school=PETTEFLAT))
    said = pages.client().get("/step").text
    assert "Uitgeverij Voorbeeld" not in said
    assert "Kies een andere" not in said
