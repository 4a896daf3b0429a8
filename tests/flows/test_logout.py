"""One logout ends everything that a browser's logins gave, wherever it begins, and says honestly what it could not."""

import sqlite3
from contextlib import closing

import pytest
from click.testing import CliRunner, Result

from gateway.cli import main
from gateway.roles import outbox_of, redelivery_of
from tests.support.browser_like import Jar
from tests.support.demo import Demo
from tests.support.leaving import go_on


def in_two_services(demo: Demo, jar: Jar | None = None) -> Jar:
    jar = jar or Jar()
    demo.log_in(demo.tab(jar), "rekentuin", "De Regenboog", "Fenna").press("Verder")
    demo.tab(jar).open(demo.service("leesplein") + "/login").press("Verder")
    assert logged_in(demo, jar) == {"rekentuin", "leesplein"}
    return jar


def logged_in(demo: Demo, jar: Jar) -> set[str]:
    """The services that have a session with this browser."""
    return {
        name
        for name in ("rekentuin", "leesplein")
        if "You are logged in here" in demo.tab(jar).open(demo.service(name) + "/").text
    }


def is_asked(demo: Demo, jar: Jar) -> bool:
    """Whether a silent login fails: nobody is known without being asked."""
    return "NoPassive" in demo.tab(jar).open(demo.service("leesplein") + "/login?IsPassive=true").press("Verder").text


def test_from_a_service(demo: Demo) -> None:
    jar = in_two_services(demo)
    tab = go_on(demo.tab(jar).open(demo.service("leesplein") + "/logout"))
    assert tab.url.startswith(demo.service("leesplein")), "all ended, so the service has the word at once"
    assert "Success" in tab.text
    assert "PartialLogout" not in tab.text
    assert not logged_in(demo, jar)
    assert is_asked(demo, jar)


def test_from_the_person(demo: Demo) -> None:
    jar = in_two_services(demo)
    tab = go_on(demo.tab(jar).open(demo.gateway + "/logout").press("Ja, log uit"))
    assert tab.title == "Je bent uitgelogd"
    assert tab.text.count("je bent uitgelogd") == 3, "two services and the school"
    assert not logged_in(demo, jar)
    assert is_asked(demo, jar)
    silent = demo.tab(jar).open(demo.service("leesplein") + "/").follow("silently through De Regenboog")
    assert "NoPassive" in silent.press("Continue").press("Verder").text, "at the school as well"


def test_from_the_school(demo: Demo) -> None:
    jar = in_two_services(demo)
    tab = go_on(demo.tab(jar).open("http://127.0.0.2:" + str(demo.federation.port) + "/logout"))
    assert "127.0.0.2" in tab.url
    assert "You are logged out here: Success" in tab.text
    assert not logged_in(demo, jar)
    assert is_asked(demo, jar)


def test_what_a_session_gave_in_its_last_hour_ends_long_after_it(demo: Demo) -> None:
    jar = in_two_services(demo)
    for _ in range(14):
        demo.clock.forward(minutes=40)
        demo.tab(jar).open(demo.service("leesplein") + "/login").press("Verder")
    demo.clock.forward(hours=5)
    assert logged_in(demo, jar) == {"rekentuin", "leesplein"}

    tab = go_on(demo.tab(jar).open(demo.service("leesplein") + "/logout"))
    assert "Success" in tab.text
    assert not logged_in(demo, jar)


def test_what_a_session_gave_that_has_run_out_since_ends_too(demo: Demo) -> None:
    jar = in_two_services(demo)
    demo.clock.forward(hours=2)
    assert is_asked(demo, jar)
    go_on(demo.tab(jar).open(demo.gateway + "/logout").press("Ja, log uit"))
    assert not logged_in(demo, jar)


def test_a_service_that_is_silent_does_not_stop_the_rest_and_is_named(demo: Demo) -> None:
    jar = in_two_services(demo)
    tab = demo.tab(jar).open(demo.gateway + "/logout").press("Ja, log uit")
    [form] = tab.page.xpath("//form[@id='leave']")
    assert 0 < float(form.get("data-seconds")) <= 2
    skipped = "Rekentuin" if "Rekentuin" in tab.text else "Leesplein"
    tab = go_on(tab.follow("Ga verder zonder"))
    assert tab.title == "Je bent niet overal uitgelogd"
    assert f"{skipped}: gaf geen antwoord" in tab.text
    assert tab.text.count("je bent uitgelogd") == 2
    assert logged_in(demo, jar) == {skipped.lower()}
    assert is_asked(demo, jar)


def test_a_service_that_asked_hears_that_not_all_ended_behind_a_page_that_says_so(demo: Demo) -> None:
    jar = in_two_services(demo)
    tab = demo.tab(jar).open(demo.service("leesplein") + "/logout")
    tab = go_on(tab.follow("Ga verder zonder"))
    assert "Rekentuin: gaf geen antwoord" in tab.text
    tab.follow("Verder")
    assert "PartialLogout" in tab.text


def test_the_whole_is_bounded_however_many_hang(demo: Demo) -> None:
    jar = in_two_services(demo)
    tab = demo.tab(jar).open(demo.gateway + "/logout").press("Ja, log uit")
    waited = 0.0
    while 'id="leave"' in tab.body:
        [form] = tab.page.xpath("//form[@id='leave']")
        seconds = float(form.get("data-seconds"))
        demo.clock.forward(seconds=seconds)
        waited += seconds
        tab.follow("Ga verder zonder")
    assert waited <= 5 - 2, "two seconds are for those who are told without the browser"
    assert tab.text.count("gaf geen antwoord") == 3


@pytest.mark.parametrize("again", ["reload", "late"])
def test_what_was_said_once_stands(demo: Demo, again: str) -> None:
    jar = in_two_services(demo)
    tab = demo.tab(jar).open(demo.gateway + "/logout").press("Ja, log uit")
    [form] = tab.page.xpath("//form[@id='leave']")
    late = form.get("data-to")
    tab.follow("Ga verder zonder")
    if again == "late":
        tab.open(late, initiator=tab.url)
    tab = go_on(tab)
    assert "gaf geen antwoord" in tab.text
    tab.reload()
    assert "gaf geen antwoord" in tab.text


def test_a_login_under_way_in_another_tab_ends_with_the_logout(demo: Demo) -> None:
    jar = in_two_services(demo)
    waiting = demo.tab(jar).open(demo.service("rekentuin") + "/login?ForceAuthn=true").press("De Regenboog")
    go_on(demo.tab(jar).open(demo.gateway + "/logout").press("Ja, log uit"))
    tab = waiting.press("Daan").press("Continue")
    assert tab.status == 409
    assert "intussen uitgelogd" in tab.title
    assert not logged_in(demo, jar)
    assert "You are in" in demo.log_in(demo.tab(jar), "rekentuin", "De Regenboog", "Daan").press("Verder").text


def test_nobody_is_logged_out_by_a_link_or_a_form_of_another_site(demo: Demo) -> None:
    """Logout CSRF."""
    jar = in_two_services(demo)
    tab = demo.tab(jar).open(demo.gateway + "/logout", initiator="http://127.0.0.9:1/")
    token = tab.page.xpath("//input[@name='token']")[0].value
    for other, value in ((jar, ""), (jar, "x" * 40), (Jar(), token)):
        forged = demo.tab(other)
        forged.url = "http://127.0.0.9:1/"
        forged.body = (
            f'<form method="post" action="{demo.gateway}/logout"><input name="token" value="{value}"><button>x'
        )
        assert forged.press("x").status == 400
    assert logged_in(demo, jar) == {"rekentuin", "leesplein"}
    assert not is_asked(demo, jar)


def test_a_logout_where_nobody_is_logged_in(demo: Demo) -> None:
    tab = demo.tab().open(demo.gateway + "/logout").press("Ja, log uit")
    assert (tab.status, tab.title) == (200, "Je bent uitgelogd")


def test_on_a_shared_computer_the_page_says_to_close_the_browser(demo: Demo) -> None:
    jar = Jar()
    demo.tab(jar).open(demo.service("rekentuin") + "/login").press("Ja, dit is een gedeelde computer")
    in_two_services(demo, jar)
    tab = go_on(demo.tab(jar).open(demo.gateway + "/logout").press("Ja, log uit"))
    assert "Sluit nu de browser" in tab.text


def test_another_browser_of_the_same_person_stays_logged_in(demo: Demo) -> None:
    here, elsewhere = in_two_services(demo), in_two_services(demo)
    go_on(demo.tab(here).open(demo.gateway + "/logout").press("Ja, log uit"))
    assert logged_in(demo, elsewhere) == {"rekentuin", "leesplein"}
    assert not is_asked(demo, elsewhere)


def test_logouts_are_counted(demo: Demo) -> None:
    before = demo.metric("sluis_logouts_total", by="person", outcome="complete")
    go_on(demo.tab(in_two_services(demo)).open(demo.gateway + "/logout").press("Ja, log uit"))
    assert demo.metric("sluis_logouts_total", by="person", outcome="complete") == before + 1


def test_two_services_at_once_in_two_tabs_and_a_logout_in_one_during_the_login_in_the_other(demo: Demo) -> None:
    jar = Jar()
    first, second = (demo.to_school(demo.tab(jar), name, "De Regenboog") for name in ("rekentuin", "leesplein"))
    first.press("Fenna").press("Continue").press("Verder")
    assert logged_in(demo, jar) == {"rekentuin"}
    go_on(demo.tab(jar).open(demo.service("rekentuin") + "/logout"))
    late = second.press("Fenna").press("Continue")
    assert late.status == 409, "the answer was asked for before the logout"
    assert not logged_in(demo, jar)
    assert is_asked(demo, jar)


def test_a_store_that_comes_back_empty_in_the_middle_of_a_logout(demo: Demo) -> None:
    """What was told before stands; the page says that it knows nothing of the rest, and nobody is logged in by it."""
    jar = in_two_services(demo)
    tab = demo.tab(jar).open(demo.gateway + "/logout").press("Ja, log uit")
    [form] = tab.page.xpath("//form[@id='leave']")
    with closing(sqlite3.connect(demo.federation.directory / "var" / "short-lived.sqlite")) as store, store:
        for (table,) in store.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            store.execute(f"DELETE FROM {table}")
    tab.open(form.get("data-to"), initiator=tab.url)
    assert tab.status == 400
    assert "logout_unexpected" in tab.body
    assert demo.tab(jar).open(demo.gateway + form.get("data-on")).status == 400
    assert is_asked(demo, jar)
    again = go_on(demo.tab(jar).open(demo.gateway + "/logout").press("Ja, log uit"))
    assert again.title == "Je bent uitgelogd"


def ended_by_the_operator(demo: Demo, account: str, idp: str = "regenboog") -> Result:
    arguments = ["sessions", "end", str(demo.federation.directory), "--idp", idp, "--account", account]
    return CliRunner().invoke(main, arguments)


def test_an_operator_ends_what_a_person_got_in_every_browser(demo: Demo) -> None:
    ended_by_the_operator(demo, "fenna@regenboog.example")
    here, elsewhere, other = in_two_services(demo), Jar(), Jar()
    demo.log_in(demo.tab(elsewhere), "schrijfmaatje", "De Regenboog", "Fenna")
    demo.log_in(demo.tab(other), "leesplein", "De Regenboog", "Daan").press("Verder")
    done = ended_by_the_operator(demo, "fenna@regenboog.example")
    assert done.exit_code == 1, "services that only a browser reaches have ended nothing"
    assert sorted(done.stdout.splitlines()) == [
        "2 visits ended; no login comes of them any more",
        "school regenboog (The Rainbow): its own session goes on until the school ends it",
        "service leesplein (Reading Square): did not say that it ended its session; it may go on",
        "service rekentuin (Arithmetic Garden): did not say that it ended its session; it may go on",
        "service schrijfmaatje (Writing Mate): cannot be told; its session goes on until it ends by itself",
    ]
    assert is_asked(demo, here)
    assert is_asked(demo, elsewhere)
    assert not is_asked(demo, other), "another person of the same school notices nothing"
    again = ended_by_the_operator(demo, "fenna@regenboog.example")
    assert (again.exit_code, again.stdout) == (0, "this person is logged in nowhere\n")
    assert '"by": "operator"' in (demo.federation.directory / "var" / "sluis.log").read_text("utf-8")


def test_an_operator_who_names_no_identity_provider_is_told(demo: Demo) -> None:
    done = ended_by_the_operator(demo, "fenna@regenboog.example", idp="nobody")
    assert done.exit_code == 2
    assert "no identity provider nobody" in done.output


def test_what_waits_in_the_outbox_is_dealt_with_by_another_worker(demo: Demo) -> None:
    kept_by, other = demo.replicas
    outbox_of(kept_by).keep("schrijfmaatje", [b'["a session","a name"]'])
    assert outbox_of(other).waiting() == 1
    redelivery = redelivery_of(other)
    assert redelivery is not None
    redelivery.run()
    assert outbox_of(kept_by).waiting() == 1, "whoever kept it tries first"
    demo.clock.forward(minutes=2)
    redelivery.run()
    assert outbox_of(kept_by).waiting() == 0, "the client has no address for it any more"
