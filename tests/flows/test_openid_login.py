"""The same pupil at a service that speaks OpenID Connect: what it gets, and what it is told when it gets nothing."""

from tests.support.browser_like import Jar, Tab
from tests.support.demo import Demo

OF_THE_PROTOCOL = {"iss", "sub", "aud", "iat", "exp", "auth_time", "acr", "sid", "at_hash", "nonce"}


def received(tab: Tab, where: str) -> dict[str, str]:
    """What the service shows that it got there."""
    [table] = [one for one in tab.page.iter("table") if one.findtext("caption") == where]
    rows = [row for row in table.iter("tr") if row.find("td") is not None]
    return {row.find("th").text_content(): row.find("td").text_content() for row in rows}


def shown(demo: Demo, person: str, school: str = "De Regenboog") -> dict[str, str]:
    tab = demo.log_in(demo.tab(), "schrijfmaatje", school, person)
    assert tab.url.startswith(demo.service("schrijfmaatje")), tab.text
    assert "You are in" in tab.text
    return received(tab, "UserInfo")


def test_a_pupil_gets_in_and_the_service_gets_what_was_agreed(demo: Demo) -> None:
    got = shown(demo, "Fenna")
    assert got.pop("eckid").startswith("https://ketenid.nl/pilot/")
    assert got.pop("sub")
    assert got == {
        "given_name": "Fenna",
        "eduperson_affiliation": "student",
        "school_name": "De Regenboog",
        "ou": "groep 6",
    }


def test_the_id_token_says_nothing_of_a_person_but_sub(demo: Demo) -> None:
    tab = demo.log_in(demo.tab(), "schrijfmaatje", "De Regenboog", "Fenna")
    assert set(received(tab, "ID token")) <= OF_THE_PROTOCOL


def test_a_pupil_without_eck_id_gets_an_identifier_of_the_gateway(demo: Demo) -> None:
    first, again = shown(demo, "Noor"), shown(demo, "Noor")
    assert "eckid" not in first
    assert first["provisional_id"] == again["provisional_id"]


def test_a_pupil_of_another_dialect(demo: Demo) -> None:
    got = shown(demo, "Sem", "Petteflat College")
    assert (got["given_name"], got["school_name"], got["ou"]) == ("Sem", "Petteflat College", "H2A")


def test_a_cancelled_login_comes_back_as_an_error(demo: Demo) -> None:
    tab = demo.log_in(demo.tab(), "schrijfmaatje", "De Regenboog", "Cancel")
    assert tab.url.startswith(demo.service("schrijfmaatje"))
    assert "access_denied" in tab.text


def test_a_silent_login_that_is_impossible_shows_no_page(demo: Demo) -> None:
    tab = demo.tab().open(demo.service("schrijfmaatje") + "/login?prompt=none")
    assert "login_required" in tab.text


def test_one_login_serves_both_protocols(demo: Demo) -> None:
    jar = Jar()
    demo.log_in(demo.tab(jar), "leesplein", "De Regenboog", "Fenna")
    tab = demo.tab(jar).open(demo.service("schrijfmaatje") + "/").follow("Log in")
    assert received(tab, "UserInfo")["given_name"] == "Fenna"


def test_an_answer_that_nobody_asked_for_is_not_believed(demo: Demo) -> None:
    tab = demo.tab().open(demo.service("schrijfmaatje") + "/callback?code=made-up&state=made-up")
    assert "nobody asked for it" in tab.text


def test_back_and_reload_find_the_page(demo: Demo) -> None:
    tab = demo.log_in(demo.tab(), "schrijfmaatje", "De Regenboog", "Daan")
    assert "You are in" in tab.open(tab.url).text
    assert "nobody asked for it" in tab.open(next(one for one in tab.visited if "/callback?" in one)).text
