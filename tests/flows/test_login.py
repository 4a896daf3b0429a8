"""A pupil clicks a book and is in: the whole way, over real HTTP, between sites that are each other's strangers."""

from tests.support.browser_like import Tab
from tests.support.demo import Demo


def received(tab: Tab) -> dict[str, str]:
    """What the service shows that it got."""
    rows = tab.page.findall(".//table//tr")[1:]
    return {row.find("th").text_content(): row.find("td").text_content() for row in rows}


def log_in(demo: Demo, service: str, school: str, person: str) -> dict[str, str]:
    tab = demo.log_in(demo.tab(), service, school, person).press("Verder")
    assert tab.url.startswith(demo.service(service))
    return received(tab)


def test_a_pupil_gets_in_and_the_service_gets_the_eck_id_and_what_was_agreed(demo: Demo) -> None:
    got = log_in(demo, "rekentuin", "De Regenboog", "Fenna")
    name_id = got.pop("NameID (transient)")
    assert got.pop("eckId").startswith("https://ketenid.nl/pilot/")
    assert got == {"givenName": "Fenna"}
    assert "fenna" not in name_id.lower()


def test_a_newer_attribute_set_changes_nothing_until_it_is_accepted(demo: Demo) -> None:
    """Set 2 of Rekentuin asks for the surname; the school accepted set 1."""
    assert "sn" not in log_in(demo, "rekentuin", "De Regenboog", "Daan")


def test_the_transient_name_id_is_another_at_each_login(demo: Demo) -> None:
    first, second = (log_in(demo, "rekentuin", "De Regenboog", "Fenna") for _ in range(2))
    assert first["NameID (transient)"] != second["NameID (transient)"]
    assert first["eckId"] == second["eckId"]


def test_the_persistent_name_id_stays(demo: Demo) -> None:
    first, second = (log_in(demo, "leesplein", "De Regenboog", "Fenna") for _ in range(2))
    assert first["NameID (persistent)"] == second["NameID (persistent)"]


def test_a_pupil_of_another_dialect_gets_the_same_service(demo: Demo) -> None:
    got = log_in(demo, "leesplein", "Petteflat College", "Lotte")
    assert got["eckId"].startswith("https://ketenid.nl/pilot/")
    assert got["sn"] == "van den Berg"
    assert got["nlEduPersonHomeOrganizationId"] == "99XB"
    assert got["nlEduPersonUnit"] == "V4"


def test_a_pupil_without_eck_id_gets_one_other_identifier_and_another_at_each_service(demo: Demo) -> None:
    at_rekentuin = log_in(demo, "rekentuin", "De Regenboog", "Noor")
    at_leesplein = log_in(demo, "leesplein", "De Regenboog", "Noor")
    assert "eckId" not in at_rekentuin
    assert at_rekentuin["uid"] != at_leesplein["uid"]
    assert at_leesplein["uid"] == at_leesplein["NameID (persistent)"]
    assert at_rekentuin["uid"] == log_in(demo, "rekentuin", "De Regenboog", "Noor")["uid"]


def test_a_teacher_is_told_from_a_pupil(demo: Demo) -> None:
    assert log_in(demo, "leesplein", "De Regenboog", "Els")["eduPersonAffiliation"] == "employee"


def test_local_ids_stay_with_the_gateway(demo: Demo) -> None:
    for service in ("rekentuin", "leesplein"):
        values = " ".join(log_in(demo, service, "De Regenboog", "Fenna").values())
        assert "P-1001" not in values
        assert "regenboog.example" not in values


def test_no_agreement_no_release_and_both_sides_hear_why(demo: Demo) -> None:
    tab = demo.log_in(demo.tab(), "rekentuin", "Petteflat College", "Sem")
    assert tab.status == 403
    assert "geen afspraak" in tab.title
    assert "Je school" in tab.text
    tab.press("Terug naar Rekentuin")
    assert tab.url.startswith(demo.service("rekentuin"))
    assert "RequestDenied" in tab.text


def test_a_cancelled_login_comes_back_as_a_status(demo: Demo) -> None:
    tab = demo.log_in(demo.tab(), "leesplein", "De Regenboog", "Cancel").press("Verder")
    assert "AuthnFailed" in tab.text


def test_a_silent_login_that_is_impossible_shows_no_page(demo: Demo) -> None:
    tab = demo.tab().open(demo.service("leesplein") + "/login?IsPassive=1")
    assert "NoPassive" in tab.press("Verder").text


def test_nothing_of_a_person_is_logged_or_stands_in_an_address(demo: Demo) -> None:
    tab = demo.log_in(demo.tab(), "leesplein", "De Regenboog", "Fenna").press("Verder")
    got = received(tab)
    secrets = [got["eckId"], got["NameID (persistent)"], "fenna", "Fenna", "Vries", "P-1001"]
    for text in (demo.log_lines(), *(url for url in tab.visited if url.startswith(demo.gateway))):
        assert not [secret for secret in secrets if secret in text]


def test_the_reference_on_the_page_leads_to_the_login_in_the_log(demo: Demo) -> None:
    tab = demo.log_in(demo.tab(), "rekentuin", "Petteflat College", "Sem")
    reference = tab.page.find(".//code").text_content()
    lines = [line for line in demo.log_lines().splitlines() if reference in line]
    assert any("login_begun" in line for line in lines)
    assert any("agreement_missing" in line for line in lines)
