"""The demo's mbo schools, eduID by both protocols, and a guest: log in either way, link, end it."""

import json
import zlib
from base64 import b64decode
from urllib.parse import parse_qs, urlsplit

from click.testing import CliRunner

from gateway.cli import main
from gateway.demo.people import EDUID, MBO, MBO_WITH_API, OPENID_EDUID, SCHOOLS
from tests.flows.test_hints import DISCOVERY, location
from tests.support.browser_like import Tab
from tests.support.demo import Demo
from tests.support.leaving import go_on

SERVICE = "schrijfmaatje"
MO_AT_SCHOOL, SAM_AT_SCHOOL, LOTTE_AS_GUEST = MBO.people
MO, SAM = EDUID.people


def by_eduid(demo: Demo, tab: Tab, name: str) -> Tab:
    tab.open(demo.service(SERVICE) + "/").follow("Log in")
    tab.press(f"{MBO.name}: inloggen met eduID")
    return tab.press(name).press("Continue")


def linked(demo: Demo) -> Tab:
    """Mo, with what they linked, as long as a test lasts."""
    tab = by_eduid(demo, demo.tab(), MO.given_name)
    tab.press(f"Koppel je account bij {MBO.name}")
    tab.press(MO.given_name).press("Continue")
    tab.press(MO_AT_SCHOOL.given_name).press("Continue")
    assert MO_AT_SCHOOL.given_name in tab.text
    tab.press("Ja, koppel")
    tab.press(MO.given_name).press("Continue")
    if tab.title.startswith("Mag dit naar"):
        tab.press("Ja, ga verder")
    return tab


def end(demo: Demo) -> Tab:
    tab = demo.tab().open(demo.gateway + "/me")
    tab.press(f"{MBO.name}: inloggen met eduID").press(MO.given_name).press("Continue")
    shown = tab.text
    assert MBO.name in shown
    assert "Schrijfmaatje" in shown
    tab.press("Verbreek de koppeling")
    assert "Er is niets gekoppeld" in tab.text
    return tab


def test_by_either_way_the_service_sees_one_person_until_the_link_ends(demo: Demo) -> None:
    eduid = linked(demo).text
    assert MO_AT_SCHOOL.eck_id() in eduid
    assert MO.given_name not in eduid
    assert MO_AT_SCHOOL.eck_id() in demo.log_in(demo.tab(), SERVICE, MBO.name, MO_AT_SCHOOL.given_name).text
    end(demo)
    after = by_eduid(demo, demo.tab(), MO.given_name)
    assert after.status == 403
    assert "Koppel je eduID" in after.title
    assert demo.metric("sluis_logins_total", service=SERVICE, code="link_needed") >= 1
    for value in (MO.given_name, EDUID.attributes(MO)[0][1], EDUID.attributes(MO)[1][1], MO_AT_SCHOOL.eck_id()):
        assert value not in demo.log_lines()


def test_a_minor_cannot_link_and_gets_in_through_the_school(demo: Demo) -> None:
    tab = by_eduid(demo, demo.tab(), SAM.given_name)
    tab.press(f"Koppel je account bij {MBO.name}")
    tab.press(SAM.given_name).press("Continue")
    tab.press(SAM_AT_SCHOOL.given_name).press("Continue")
    assert tab.status == 403
    assert "vanaf 18 jaar" in tab.text
    assert SAM_AT_SCHOOL.eck_id() in demo.log_in(demo.tab(), SERVICE, MBO.name, SAM_AT_SCHOOL.given_name).text


def test_eduid_over_saml_is_told_the_school_first(demo: Demo) -> None:
    """On the wire: RequesterID is the school's own, so that eduID aims its identifier at the school."""
    tab = demo.tab().open(demo.service(SERVICE) + "/").follow("Log in")
    tab.press(f"{MBO.name}: inloggen met eduID")
    sent = parse_qs(urlsplit(tab.url).query)["SAMLRequest"][0]
    message = zlib.decompress(b64decode(sent), -15).decode()
    assert message.index(f"<samlp:RequesterID>http://{MBO.host}:") < message.index(f">{SERVICE}</samlp:RequesterID>")


def test_a_service_that_names_eduid_leads_there_where_it_has_it(demo: Demo) -> None:
    asked = location(demo.service(SERVICE) + "/login")
    assert MO.given_name in demo.tab().open(f"{asked}&idp={EDUID.id}").text
    asked = location(demo.service("leesplein") + "/login")
    assert demo.tab().open(f"{asked}&idp={EDUID.id}").title == DISCOVERY


def by_openid(demo: Demo, name: str) -> Tab:
    """With eduID over OpenID Connect, at the school that runs an attribute API."""
    tab = demo.tab().open(demo.service(SERVICE) + "/").follow("Log in")
    tab.press(f"{MBO_WITH_API.name}: inloggen met eduID")
    return tab.press(name)


def test_over_openid_the_school_itself_says_whose_an_eduid_is(demo: Demo) -> None:
    els_at_school, daan_at_school, *_ = MBO_WITH_API.people
    els, daan = OPENID_EDUID.people
    tab = by_openid(demo, els.given_name)
    assert tab.title.startswith("Mag dit naar")
    by_eduid_ = tab.press("Ja, ga verder").text
    by_school = demo.log_in(demo.tab(), SERVICE, MBO_WITH_API.name, els_at_school.given_name).text
    assert els_at_school.eck_id() in by_eduid_
    assert els_at_school.eck_id() in by_school
    assert els.given_name not in by_eduid_
    mine = demo.tab().open(demo.gateway + "/me")
    mine.press(f"{MBO_WITH_API.name}: inloggen met eduID").press(els.given_name)
    mine.press("Trek in voor Schrijfmaatje")
    assert by_openid(demo, els.given_name).title.startswith("Mag dit naar"), "asked anew, here and in the next test"
    refused = by_openid(demo, daan.given_name)
    assert refused.status == 403
    assert "vanaf 18 jaar" in refused.text
    assert daan_at_school.eck_id() not in refused.text


def test_a_guest_is_known_by_their_own_eck_id_once_a_school_says_yes_for_a_parent(demo: Demo) -> None:
    own = next(one for one in SCHOOLS if one.id == "petteflat")
    lotte = next(one for one in own.people if one.account == "lotte")
    assert lotte.eck_id() not in demo.log_in(demo.tab(), SERVICE, MBO.name, LOTTE_AS_GUEST.given_name).text
    tab = demo.tab().open(demo.gateway + "/link")
    tab.press(MBO.name)
    tab.press(own.name, kind="guest")
    tab.press(LOTTE_AS_GUEST.given_name).press("Continue")
    tab.press(lotte.given_name).press("Continue")
    assert "ouder of verzorger" in tab.text
    tab.press("Ja, koppel")
    assert "wacht op je school" in tab.title
    assert lotte.eck_id() not in demo.log_in(demo.tab(), SERVICE, MBO.name, LOTTE_AS_GUEST.given_name).text
    directory = str(demo.federation.directory)
    [link] = json.loads(CliRunner().invoke(main, ["links", "list", directory, "--pending", "--json"]).output)
    said = ["--link", link["link"], "--school", MBO.brin, "--reference", "form-1"]
    assert CliRunner().invoke(main, ["links", "approve", directory, *said]).exit_code == 0
    assert lotte.eck_id() in demo.log_in(demo.tab(), SERVICE, MBO.name, LOTTE_AS_GUEST.given_name).text
    mine = demo.tab().open(demo.gateway + "/me")
    mine.press(own.name).press(lotte.given_name).press("Continue")
    mine.press("Verbreek de koppeling")
    assert lotte.eck_id() not in demo.log_in(demo.tab(), SERVICE, MBO.name, LOTTE_AS_GUEST.given_name).text


def test_a_logout_ends_what_an_errand_left_at_either_side_and_closes_the_page(demo: Demo) -> None:
    """Nobody asked for these logins but the person; on a shared computer they must end as well."""
    tab = demo.tab().open(demo.gateway + "/me")
    tab.press(f"{MBO.name}: inloggen met eduID").press(MO.given_name).press("Continue")
    mine = tab.url
    tab.open(demo.gateway + "/me")
    tab.press(MBO.name).press(MO_AT_SCHOOL.given_name).press("Continue")
    go_on(tab.open(demo.gateway + "/logout").press("Ja, log uit"))
    assert EDUID.name in tab.text
    assert MBO.name in tab.text
    assert "uitgelogd" in tab.title
    tab.open(mine)
    assert tab.status == 409
    assert tab.open(demo.gateway + "/logout").press("Ja, log uit").page.xpath("//form[@id='leave']") == []
