"""The figures of a school: what was written to the ledger, no more and no less, but for what is too small."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from gateway.domain.anomaly import Anomaly
from gateway.domain.brin import Brin
from gateway.domain.errors import SluisError
from gateway.domain.fallback import Fallback
from gateway.domain.language import Language
from gateway.federation.snapshot import Federation
from gateway.reports.anomalies import Handling
from gateway.reports.ending import State
from gateway.reports.school import Note, Period
from gateway.reports.school_formats import school_csv, school_html
from gateway.reports.suppression import Figure, Shown
from gateway.storage.erasure import Erasure
from tests.support.ledger import LEDGER_KEY, sql_ledger
from tests.support.small_federation import small_federation
from tests.support.used_school import (
    ECK_ID,
    FALLBACK,
    INITIAL,
    LATER,
    MONDAY,
    NAME,
    NO_NAME,
    OTHER_KEY,
    SEPTEMBER,
    account,
    used_school,
)


@pytest.fixture
def school(tmp_path):
    with used_school(tmp_path) as made:
        yield made


def exact(logins, people):
    return Figure(Shown.EXACT, logins, people)


def figures_of(report, service="rekentuin", role="student"):
    [line] = [one for one in report.services if (one.service, one.role) == (service, role)]
    return line.figure, {(one.attribute, one.rule): one.figure for one in line.attributes}


def test_logins_people_and_attributes_by_service_and_role(school):
    school.released(range(6), {**ECK_ID, **NAME}, times=3)
    school.released(range(20, 27), {**ECK_ID, **NAME, **INITIAL}, role="employee", service="leesplein")
    report = school.report()
    whole, of = figures_of(report)
    assert whole == exact(18, 6)
    assert of == {("eck_id", "identifier-eck-id"): exact(18, 6), ("given_name", "released-base"): exact(18, 6)}
    teachers, _ = figures_of(report, "leesplein", "employee")
    assert teachers == exact(7, 7)
    assert [(one.role, one.figure) for one in report.roles] == [("student", exact(18, 6)), ("employee", exact(7, 7))]
    [line] = [one for one in report.services if one.service == "leesplein"]
    assert {one.attribute: one.reduction for one in line.attributes}["surname"] == "initial"


def test_a_login_counts_once_whatever_is_fetched_of_it_later(school):
    for person in range(5):
        for _ in range(4):
            school.row(person, {**ECK_ID, **NAME}, reference=f"LOGIN{person}")
    whole, _ = figures_of(school.report())
    assert whole == exact(5, 5)


def test_only_the_days_of_the_period_and_they_are_dutch(school):
    midnight = MONDAY.replace(month=8, day=31, hour=22, minute=0)
    school.released(range(5), ECK_ID, at=midnight)
    school.released(range(5, 10), ECK_ID, at=midnight - timedelta(microseconds=1))
    school.released(range(10, 15), ECK_ID, at=MONDAY.replace(day=30, hour=21, minute=59))
    school.released(range(15, 20), ECK_ID, at=MONDAY.replace(day=30, hour=22, minute=0))
    whole, _ = figures_of(school.report())
    assert whole == exact(10, 10)


def test_other_schools_are_not_in_it(school):
    school.released(range(5), ECK_ID)
    school.released(range(5, 30), ECK_ID, school="99XB", idp="vo")
    assert figures_of(school.report())[0] == exact(5, 5)


def test_fewer_than_five_are_somebody(school):
    school.released(range(9), {**ECK_ID, **NAME})
    school.released(range(4), {**ECK_ID, **NAME}, times=50, service="leesplein")
    report = school.report()
    few, attributes = figures_of(report, "leesplein")
    assert (few, attributes) == (Figure(Shown.FEW, None, None), {})
    assert [(one.role, one.figure) for one in report.roles] == [("student", exact(9, 9))]


def test_those_who_are_left_over_are_somebody_too(school):
    school.released(range(9), {**ECK_ID, **NAME})
    school.released(range(9, 11), {**ECK_ID, **NO_NAME})
    whole, of = figures_of(school.report())
    assert whole == exact(11, 11)
    assert of["given_name", "released-base"] == Figure(Shown.NEARLY_ALL, None, None)
    assert of["given_name", "stopped-not-sent"] == Figure(Shown.FEW, None, None)


def test_an_attribute_that_a_service_began_to_ask_hides_who_came_before(school):
    school.released(range(9), {**ECK_ID, **NAME, **INITIAL})
    school.released(range(9, 11), {**ECK_ID, **NAME})
    _, of = figures_of(school.report())
    assert of["surname", "released-base"].logins is None
    assert of["surname", "not-asked"].shown is Shown.FEW


def test_learners_without_eck_id_are_those_who_never_came_with_one(school):
    school.released(range(20), ECK_ID)
    school.released(range(20, 27), FALLBACK)
    school.released(range(10), FALLBACK)
    school.released(range(40, 60), FALLBACK, role="employee")
    assert school.report().without_eck_id == Figure(Shown.EXACT, None, 7)


@pytest.mark.parametrize(
    ("without", "learners", "percent"),
    [(0, 20, 0), (5, 20, 25), (20, 20, 100), (3, 20, None), (17, 20, None), (0, 0, None)],
)
def test_the_share_of_fallback_identifiers_tells_of_no_few(school, without, learners, percent):
    school.released(range(without), FALLBACK)
    school.released(range(without, learners), ECK_ID)
    school.released(range(40, 60), FALLBACK, role="employee")
    report = school.report()
    assert report.fallback_percent == percent
    lines = [line for line in school_csv(report).splitlines() if line.startswith("fallback-percent")]
    assert [line.split(",")[-2] for line in lines] == ([] if percent is None else [str(percent)])
    page = school_html(report, language=Language.NL, operator="Sluis")
    assert (f"ging {percent}% met een vervangende" in page) == (percent is not None)


@pytest.mark.parametrize(
    ("without", "learners", "shown"),
    [(0, 20, Shown.EXACT), (3, 20, Shown.FEW), (17, 20, Shown.NEARLY_ALL), (20, 20, Shown.EXACT)],
)
def test_a_few_without_eck_id_are_not_counted_out(school, without, learners, shown):
    school.released(range(without), FALLBACK)
    school.released(range(without, learners), ECK_ID)
    found = school.report().without_eck_id
    assert found.shown is shown
    assert (found.people is None) == (shown is not Shown.EXACT)


def test_a_number_of_the_whole_school_that_gives_a_service_s_few_away(school):
    school.released(range(10), FALLBACK)
    school.released(range(10, 12), FALLBACK, service="leesplein")
    school.released(range(20, 40), ECK_ID)
    school.released(range(20, 40), ECK_ID, service="leesplein")
    assert school.report().without_eck_id.shown is Shown.WITHHELD


def test_refusals_by_service_and_reason(school):
    school.refused(range(6), "agreement_suspended")
    school.refused(range(6), "agreement_suspended")
    school.refused(range(2), "eck_id_malformed")
    report = school.report()
    assert [(one.service, one.code, one.figure) for one in report.refusals] == [
        ("rekentuin", "agreement_suspended", exact(12, 6)),
        ("rekentuin", "eck_id_malformed", Figure(Shown.FEW, None, None)),
    ]
    assert report.services == ()


def test_refusals_before_the_school_was_known_are_of_the_one_that_the_provider_speaks_for(school):
    school.refused(range(5), "brin_missing", school=None)
    school.refused(range(5, 10), "brin_missing", school=None, idp="vo")
    report = school.report()
    assert [(one.code, one.figure) for one in report.refusals] == [("brin_missing", exact(5, 5))]
    assert Note.HUBS not in dict(report.notes)
    of_a_hub = school.report(brin="99XB")
    assert of_a_hub.refusals == ()
    assert dict(of_a_hub.notes)[Note.HUBS] == "Inloggen vo"


def test_after_a_change_of_the_ledger_key_nobody_counts_double(school):
    school.released(range(8), ECK_ID)
    school.write()
    school.key = OTHER_KEY
    school.released(range(8), ECK_ID)
    report = school.report()
    assert figures_of(report)[0] == exact(16, 8)
    assert Note.LEDGER_KEYS in dict(report.notes)


def test_who_was_forgotten_is_a_login_of_nobody(school):
    school.released(range(8), ECK_ID)
    school.write()
    ledger = sql_ledger(school.engine)
    Erasure(school.engine, ledger, [LEDGER_KEY]).forget(account(0), now=MONDAY)
    ledger.close()
    report = school.report()
    assert figures_of(report)[0] == exact(8, 7)
    assert Note.UNKNOWN_PEOPLE in dict(report.notes)
    assert report.refusals == (), "the row that says of the erasure is no login"


def test_what_a_newer_gateway_wrote_is_left_out_and_said(school):
    school.released(range(5), ECK_ID)
    school.released(range(5, 10), {"shoe_size": {"rule": "released-base"}})
    report = school.report()
    assert figures_of(report)[0] == exact(5, 5)
    assert Note.UNREADABLE in dict(report.notes)


@pytest.mark.parametrize(
    ("first", "last", "noted"),
    [
        (date(2026, 9, 1), date(2026, 9, 30), {Note.BEGAN: "2026-09-07"}),
        (date(2026, 9, 8), date(2026, 9, 30), {}),
        (date(2026, 9, 8), date(2026, 10, 2), {Note.NOT_YET_OVER: "2026-10-02 14:00"}),
    ],
)
def test_what_the_ledger_cannot_know_is_said(school, first, last, noted):
    school.released(range(5), ECK_ID)
    assert dict(school.report(period=Period(first, last)).notes) == noted


def test_a_report_from_before_what_is_kept_says_that_it_is_incomplete(school):
    school.kept = timedelta(days=10)
    assert dict(school.report().notes)[Note.OVER] == "2026-09-22"


def test_agreements_of_school_and_board_with_what_is_the_matter(school):
    known = small_federation()
    soon, board = known.agreements
    ended = replace(soon, valid_from=date(2025, 8, 1), valid_until=date(2026, 9, 10), reference="OLD")
    long_ago = replace(ended, valid_until=date(2026, 8, 31), reference="OLDER")
    coming = replace(soon, valid_from=date(2026, 11, 1), valid_until=None, reference="NEXT")
    ending = replace(soon, valid_until=date(2026, 10, 31), reference="ENDING")
    stopped = replace(board, suspended="a breach", fallback=Fallback.NONE)
    school.federation = Federation.of(
        schools=tuple(known.schools.values()),
        identity_providers=tuple(known.identity_providers.values()),
        services=tuple(known.services.values()),
        agreements=(soon, stopped, ended, long_ago, coming, ending),
    )
    assert [(one.reference, one.state) for one in school.report().agreements] == [
        ("OLD", State.ENDED),
        ("ENDING", State.ENDING),
        ("PO-1", State.IN_FORCE),
        ("N-1", State.SUSPENDED),
        ("NEXT", State.NOT_YET),
    ]


def test_a_school_that_left_is_reported_from_the_ledger(school):
    school.released(range(5), ECK_ID, school="98ZZ")
    report = school.report(brin="98ZZ")
    assert (report.school.name, figures_of(report)[0]) == ("98ZZ", exact(5, 5))
    assert Note.NOT_IN_FEDERATION in dict(report.notes)


def test_branches_of_one_number_must_be_told_apart(school):
    known = small_federation()
    regenboog, petteflat = known.schools[Brin("99XA")], known.schools[Brin("99XB")]
    branches = (replace(regenboog, brin=Brin("98ZZ00")), replace(petteflat, brin=Brin("98ZZ01")))
    school.federation = Federation.of(schools=branches, identity_providers=(), services=(), agreements=())
    with pytest.raises(SluisError, match="brin_ambiguous"):
        school.report(brin="98ZZ", period=SEPTEMBER, now=LATER)


def anomalies_of(report):
    return {one.kind: (one.handling, one.figure) for one in report.anomalies}


def test_what_was_wrong_with_identifiers_and_what_is_done_about_it(school):
    school.released(range(40), ECK_ID)
    for days in range(2):
        school.odd(range(6), Anomaly.ECK_ID_SHARED, at=MONDAY + timedelta(days=days))
    school.odd(range(7), Anomaly.ECK_ID_WRONG_SECTOR, school=None)
    school.odd(range(4), Anomaly.ECK_ID_MALFORMED)
    school.odd(range(9), Anomaly.LINK_TAKEN)
    school.odd(range(9), Anomaly.ECK_ID_MISSING, at=MONDAY - timedelta(days=30))
    school.odd(range(9), Anomaly.ECK_ID_DISAPPEARED, school="99XB")
    report = school.report()
    assert anomalies_of(report) == {
        Anomaly.ECK_ID_SHARED: (Handling.REPORT, Figure(Shown.EXACT, None, 6)),
        Anomaly.ECK_ID_WRONG_SECTOR: (Handling.PROVISIONAL, Figure(Shown.EXACT, None, 7)),
        Anomaly.ECK_ID_MALFORMED: (Handling.HOLD, Figure(Shown.FEW, None, None)),
        Anomaly.LINK_TAKEN: (Handling.NO_LINK, Figure(Shown.EXACT, None, 9)),
    }
    lines = [line.split(",") for line in school_csv(report).splitlines() if line.startswith("anomaly")]
    assert {(line[5], line[7], line[-3], line[-1]) for line in lines} == {
        ("report", "eck_id_shared", "exact", "6"),
        ("provisional", "eck_id_wrong_sector", "exact", "7"),
        ("hold", "eck_id_malformed", "few", ""),
        ("no-link", "link_taken", "exact", "9"),
    }
    page = school_html(report, language=Language.NL, operator="Sluis")
    assert "Twee accounts hebben hetzelfde ECK iD" in page
    assert "Het inloggen wordt geweigerd" in page


@pytest.mark.parametrize(
    ("without", "odd", "shown"), [(9, 9, Shown.EXACT), (10, 9, Shown.WITHHELD), (10, 5, Shown.EXACT)]
)
def test_a_number_of_anomalies_that_gives_few_away_is_not_shown(school, without, odd, shown):
    """Ten learners without ECK iD, nine of them for long: the tenth came lately."""
    school.released(range(40), ECK_ID)
    school.released(range(40, 40 + without), FALLBACK)
    school.odd(range(odd), Anomaly.ECK_ID_MISSING)
    assert anomalies_of(school.report())[Anomaly.ECK_ID_MISSING][1].shown is shown


def test_a_report_without_anomalies_says_so(school):
    school.released(range(9), ECK_ID)
    assert "niets misgegaan met identificaties" in school_html(school.report(), language=Language.NL, operator="Sluis")
