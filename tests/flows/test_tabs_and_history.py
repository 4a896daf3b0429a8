"""What people do to logins: two tabs, back, reload, waiting, losing cookies, another browser."""

from tests.support.browser_like import Jar
from tests.support.demo import Demo


def test_two_tabs_at_once_both_end_well(demo: Demo) -> None:
    jar = Jar()
    first, second = demo.tab(jar), demo.tab(jar)
    demo.to_school(first, "rekentuin", "De Regenboog")
    demo.to_school(second, "leesplein", "Petteflat College")
    assert "You are in" in first.press("Fenna").press("Continue").press("Verder").text
    assert "You are in" in second.press("Sem").press("Continue").press("Verder").text


def test_back_to_discovery_and_another_school(demo: Demo) -> None:
    tab = demo.tab()
    tab.open(demo.service("leesplein") + "/").follow("Log in")
    discovery = tab.url
    tab.press("Petteflat College")
    tab.open(discovery).press("De Regenboog").press("Daan").press("Continue")
    assert "You are in" in tab.press("Verder").text


def test_reload_of_the_answer_says_that_it_is_done(demo: Demo) -> None:
    tab = demo.log_in(demo.tab(), "leesplein", "De Regenboog", "Fenna")
    tab.reload()
    assert tab.status == 409
    assert "al klaar" in tab.title


def test_back_to_discovery_after_the_login_says_that_it_is_done(demo: Demo) -> None:
    tab = demo.tab()
    tab.open(demo.service("leesplein") + "/").follow("Log in")
    discovery = tab.url
    tab.press("De Regenboog").press("Fenna").press("Continue")
    assert "al klaar" in tab.open(discovery).title


def test_a_login_that_waited_too_long(demo: Demo) -> None:
    tab = demo.to_school(demo.tab(), "leesplein", "De Regenboog")
    demo.clock.forward(minutes=16)
    tab.press("Fenna").press("Continue")
    assert tab.status == 400
    assert "te lang" in tab.title


def test_a_discovery_page_that_waited_too_long(demo: Demo) -> None:
    tab = demo.tab()
    tab.open(demo.service("leesplein") + "/").follow("Log in")
    demo.clock.forward(minutes=16)
    assert "te lang" in tab.press("De Regenboog").title


def test_a_lost_cookie(demo: Demo) -> None:
    tab = demo.to_school(demo.tab(), "leesplein", "De Regenboog")
    tab.press("Fenna")
    tab.jar.hosts["127.0.0.1"].clear()
    tab.press("Continue")
    assert tab.status == 400
    assert "browser" in tab.title


def test_the_answer_in_the_browser_of_somebody_else(demo: Demo) -> None:
    """Login CSRF: the attacker's own answer, posted from the victim's browser."""
    attacker = demo.to_school(demo.tab(), "leesplein", "De Regenboog").press("Daan")
    victim = demo.tab()
    victim.open(demo.gateway + "/")
    demo.to_school(victim, "leesplein", "De Regenboog")
    victim.url, victim.body = attacker.url, attacker.body
    victim.press("Continue")
    assert victim.status == 400
    assert "browser" in victim.title


def test_a_forged_cookie_counts_for_nothing(demo: Demo) -> None:
    tab = demo.to_school(demo.tab(), "leesplein", "De Regenboog").press("Fenna")
    cookie = tab.jar.hosts["127.0.0.1"]["sluis"]
    stolen = cookie.value.partition(".")[0]
    tab.jar.hosts["127.0.0.1"]["sluis"] = type(cookie)(
        "sluis", f"{stolen}.{'0' * 32}", "None", http_only=True, secure=True, max_age=""
    )
    assert "browser" in tab.press("Continue").title


def test_a_school_chosen_by_a_form_on_another_site(demo: Demo) -> None:
    tab = demo.tab()
    tab.open(demo.service("leesplein") + "/").follow("Log in")
    action = tab.url
    tab.url, tab.body = (
        "http://127.0.0.9:1/",
        f'<form method="post" action="{action}"><button name="school" value="99XA">x',
    )
    assert tab.press("x").status == 400


def test_cookies_are_small_and_out_of_reach_of_scripts(demo: Demo) -> None:
    tab = demo.log_in(demo.tab(), "leesplein", "De Regenboog", "Fenna")
    cookies = tab.jar.hosts["127.0.0.1"].values()
    assert sum(len(cookie.name) + len(cookie.value) + 3 for cookie in cookies) < 300
    assert all(cookie.http_only for cookie in cookies)
    browser = next(cookie for cookie in cookies if cookie.name == "sluis")
    assert (browser.same_site, browser.secure, browser.max_age) == ("None", True, "")


def test_the_chosen_school_is_offered_first_the_next_time(demo: Demo) -> None:
    jar = Jar()
    demo.log_in(demo.tab(jar), "leesplein", "Petteflat College", "Sem")
    demo.forget_session(jar)
    tab = demo.tab(jar)
    tab.open(demo.service("leesplein") + "/").follow("Log in")
    assert "De vorige keer koos je" in tab.text
    assert tab.page.xpath(".//button[@name='school']")[0].get("value") == "99XB"
