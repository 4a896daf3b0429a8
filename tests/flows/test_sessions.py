"""One login a day: what a session serves, how long, and for whom it does not."""

import sqlite3
from pathlib import Path

import pytest

from gateway.demo.federation import DemoFederation
from gateway.settings.loader import load
from tests.support.browser_like import Jar, Tab
from tests.support.demo import Demo, running_demo


def begun(demo: Demo, person: str = "Fenna") -> Jar:
    """A browser in which somebody logged in at Rekentuin."""
    jar = Jar()
    demo.log_in(demo.tab(jar), "rekentuin", "De Regenboog", person)
    return jar


def next_login(demo: Demo, jar: Jar, service: str = "leesplein", query: str = "") -> Tab:
    return demo.tab(jar).open(f"{demo.service(service)}/login{query}")


def was_asked(tab: Tab) -> bool:
    """Whether the school, or the person for a school, was asked."""
    return "Welke school" in tab.text or "Kies je school" in tab.title


def test_a_second_service_needs_no_school_and_decides_anew(demo: Demo) -> None:
    jar = begun(demo)
    tab = next_login(demo, jar)
    assert not any("127.0.0.2" in url for url in tab.visited), "no round trip to the school"
    tab.press("Verder")
    assert "You are in" in tab.text
    assert "Vries" in tab.text, "Leesplein may have the surname, which Rekentuin may not"
    assert demo.metric("sluis_session_logins_total", service="leesplein") >= 1


def test_each_login_in_a_session_has_its_ledger_row(demo: Demo) -> None:
    jar = begun(demo)
    before = demo.ledger_rows()
    next_login(demo, jar)
    assert demo.ledger_rows() == before + 1


def test_a_session_ends_when_nobody_uses_it(demo: Demo) -> None:
    jar = begun(demo)
    for _ in range(3):
        demo.clock.forward(minutes=44)
        assert not was_asked(next_login(demo, jar)), "each login begins the idle time anew"
    demo.clock.forward(minutes=46)
    assert was_asked(next_login(demo, jar))


def test_a_session_ends_however_much_it_is_used(demo: Demo) -> None:
    jar = begun(demo)
    for _ in range(15):
        demo.clock.forward(minutes=39)
        assert not was_asked(next_login(demo, jar))
    demo.clock.forward(minutes=16)
    assert was_asked(next_login(demo, jar)), "ten hours after the login at the school"


def test_on_a_shared_computer_it_lasts_a_lesson_part(demo: Demo) -> None:
    jar = Jar()
    tab = demo.tab(jar).open(demo.service("rekentuin") + "/login")
    tab.press("Ja, dit is een gedeelde computer")
    assert "anderen deze computer ook gebruiken" in tab.text
    tab.press("De Regenboog").press("Fenna").press("Continue")
    demo.clock.forward(minutes=14)
    assert not was_asked(next_login(demo, jar))
    demo.clock.forward(minutes=2)
    tab = next_login(demo, jar)
    assert was_asked(tab), "a quarter of an hour after the login, used or not"
    assert "anderen deze computer ook gebruiken" in tab.text, "it is said once, and remembered"
    tab.press("Nee, alleen ik gebruik hem")
    assert "Op je eigen apparaat" in tab.text


def test_no_cookie_of_a_session_outlives_the_browser(demo: Demo) -> None:
    cookie = begun(demo).of(demo.gateway)["sluis-session"]
    assert (cookie.max_age, cookie.http_only, cookie.secure, cookie.same_site) == ("", True, True, "None")


@pytest.mark.parametrize("query", ["?ForceAuthn=true", "?ForceAuthn=true&IsPassive=true"])
def test_a_forced_login_asks_the_school(demo: Demo, query: str) -> None:
    tab = next_login(demo, begun(demo), query=query)
    assert "You are in" not in tab.text
    assert "Vries" not in tab.text


def test_a_passive_login_is_answered_from_the_session_without_a_page(demo: Demo) -> None:
    tab = next_login(demo, begun(demo), query="?IsPassive=true")
    assert "You are in" in tab.press("Verder").text


def test_a_passive_login_without_a_session_is_told_so_without_a_page(demo: Demo) -> None:
    tab = next_login(demo, Jar(), query="?IsPassive=true")
    assert "NoPassive" in tab.press("Verder").text


def test_a_session_is_no_good_in_another_browser(demo: Demo) -> None:
    """Stolen, or planted: whoever presents the session's cookie alone has nothing."""
    thief = Jar()
    demo.tab(thief).open(demo.gateway + "/login/none/school")
    thief.of(demo.gateway)["sluis-session"] = begun(demo).of(demo.gateway)["sluis-session"]
    assert was_asked(next_login(demo, thief))


@pytest.mark.parametrize("value", ["", "x", "a.b", f"{'a' * 40}.{'A' * 43}", "a" * 5000])
def test_a_forged_session_opens_nothing(demo: Demo, value: str) -> None:
    jar = begun(demo)
    cookies = jar.of(demo.gateway)
    real = cookies["sluis-session"]
    cookies["sluis-session"] = type(real)("sluis-session", value, "None", http_only=True, secure=True, max_age="")
    assert was_asked(next_login(demo, jar))


def test_the_id_and_key_are_new_after_each_login_at_the_school(demo: Demo) -> None:
    jar = begun(demo)
    before = jar.of(demo.gateway)["sluis-session"]
    tab = next_login(demo, jar, query="?ForceAuthn=true")
    tab.press("De Regenboog").press("Fenna").press("Continue")
    after = jar.of(demo.gateway)["sluis-session"]
    assert not set(before.value.split(".")) & set(after.value.split("."))
    jar.of(demo.gateway)["sluis-session"] = before
    assert was_asked(next_login(demo, jar)), "the old one is over"


def test_another_person_in_the_same_browser_takes_over_whole(demo: Demo) -> None:
    jar = begun(demo)
    tab = next_login(demo, jar, query="?ForceAuthn=true")
    tab.press("De Regenboog").press("Daan").press("Continue").press("Verder")
    assert "Daan" in tab.text
    assert "Daan" in next_login(demo, jar, "rekentuin").press("Verder").text


def test_the_loop_of_a_service_is_stopped_with_a_page(demo: Demo) -> None:
    jar = begun(demo)
    for _ in range(5):
        assert next_login(demo, jar).status == 200
    tab = next_login(demo, jar)
    assert tab.status == 429
    assert "rondgaan" in tab.title
    assert demo.metric("sluis_login_loops_total", service="leesplein", idp="regenboog") >= 1
    assert not was_asked(next_login(demo, jar, "rekentuin")), "another service is not held up by it"
    demo.clock.forward(seconds=61)
    assert next_login(demo, jar).status == 200


def test_the_store_tells_nothing_of_whom_it_serves(demo: Demo) -> None:
    """Neither the dump, nor the dump with the gateway's own keys, has a readable attribute of a session."""
    jar = begun(demo)
    path = demo.federation.directory / load(demo.federation.directory).gateway.stores.short_lived.path  # type: ignore[union-attr]
    connection = sqlite3.connect(path)
    rows = connection.execute("SELECT key, value FROM held").fetchall()
    connection.close()
    dump = b"\n".join(str(key).encode() + bytes(value) for key, value in rows)
    secrets = ("fenna", "Fenna", "Vries", "99XA", "ketenid", "groep 6", "regenboog", "rekentuin")
    assert not [secret for secret in secrets if secret.encode() in dump]
    session_id = jar.of(demo.gateway)["sluis-session"].value.partition(".")[0]
    opened = demo.store().get(f"session:{session_id}")
    assert opened is not None
    assert not [secret for secret in secrets if secret.encode() in opened]


def test_schools_and_services_can_do_without(tmp_path: Path) -> None:
    def entries(federation: DemoFederation) -> None:
        schools = federation.directory / "schools" / "schools.yaml"
        text = schools.read_text("utf-8")
        schools.write_text(text.replace("- brin: 99XB", "- brin: 99XB\n  sso: {enabled: false}"), "utf-8")
        service = federation.directory / "services" / "rekentuin.yaml"
        service.write_text(service.read_text("utf-8") + "sso: never\n", "utf-8")

    with running_demo(tmp_path, entries) as demo:
        jar = begun(demo)
        assert was_asked(next_login(demo, jar, "rekentuin")), "every login of this service asks the school"
        assert not was_asked(next_login(demo, jar)), "others are served"
        jar = Jar()
        demo.log_in(demo.tab(jar), "leesplein", "Petteflat College", "Sem")
        assert "sluis-session" not in jar.of(demo.gateway)
        assert was_asked(next_login(demo, jar)), "the school has no sessions"
