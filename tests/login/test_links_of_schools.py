"""A pupil links accounts at two schools: a guest is known by their own ECK iD, who went on by the one of before."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from gateway.domain.clock import dutch_midnight
from gateway.domain.errors import ErrorCode
from gateway.domain.fallback import Fallback
from gateway.domain.link import LinkKind, LinkState, end_of_school_year
from gateway.domain.sector import Sector
from gateway.domain.user_held import UserHeld
from gateway.login.steps import AskToLink, Redirect
from gateway.storage.contracts import LinkRow
from tests.support.two_schools import (
    ANOTHER_ECK_ID,
    AT_HERE,
    AT_THERE,
    BEFORE,
    ECK_ID_HERE,
    ECK_ID_THERE,
    HERE,
    HERE_IDP,
    OF_AGE,
    THERE,
    THERE_IDP,
    TwoSchools,
    two_schools,
)
from tests.support.user_held import EDUID_IDP, SAID_BY_EDUID, refused

LAST_DAY = date(2027, 7, 31)


@pytest.fixture
def moved(tmp_path: Path) -> TwoSchools:
    return two_schools(tmp_path, there=BEFORE, kinds=(LinkKind.TRANSITION,))


def anomalies(one: TwoSchools) -> list[str]:
    return [row.kind for row in one.op.world.records.anomalies]


def at(one: TwoSchools, moment: datetime) -> None:
    one.op.clock.forward(seconds=(moment - one.op.clock.now()).total_seconds())


class TestGuest:
    def test_is_known_by_the_eck_id_and_the_sub_of_their_own_school(self, guest: TwoSchools) -> None:
        before = guest.got()
        assert "eckid" not in before
        assert guest.link(here={**AT_HERE, **OF_AGE}) == "/link/done?pending=no"
        by_guest, by_own = guest.got(said={**AT_HERE, **OF_AGE}), guest.got(THERE, AT_THERE)
        assert by_guest["eckid"] == by_own["eckid"] == ECK_ID_THERE
        assert by_guest["sub"] == by_own["sub"] != before["sub"]

    def test_all_else_is_of_the_school_where_they_logged_in(self, guest: TwoSchools) -> None:
        guest.link(here={**AT_HERE, **OF_AGE})
        got = guest.got(said={**AT_HERE, **OF_AGE})
        assert (got["school_brin"], got["given_name"]) == ("99XB", "Lotte")
        assert "V4" in str(got)
        assert not any(value in str(got) for value in ("Lotte B", "bron", "99XC", "lotte@"))

    def test_the_release_is_on_record_as_one_of_another_schools_eck_id(self, guest: TwoSchools) -> None:
        guest.link(here={**AT_HERE, **OF_AGE})
        guest.got(said={**AT_HERE, **OF_AGE})
        row = guest.op.world.records.ledger[-1]
        assert '"eck_id":{"rule":"identifier-linked"}' in row.decision
        assert (row.school, row.idp) == ("99XB", HERE_IDP)

    def test_their_own_eck_id_here_does_not_go_beside_it(self, guest: TwoSchools) -> None:
        """The same learner has one ECK iD in a sector; that of another sector does not go as well."""
        here = {**AT_HERE, **OF_AGE, "eckId": (ECK_ID_THERE,)}
        guest.link(here=here)
        assert str(guest.got(said=here)).count("ketenid.nl") == 1

    def test_both_are_asked_to_log_in_anew(self, guest: TwoSchools) -> None:
        guest.to_question()
        (first, of_here), (second, of_there) = guest.op.schools.asked[-2:]
        assert (first, second) == (HERE_IDP, THERE_IDP)
        assert of_here.force
        assert of_there.force

    def test_the_page_says_what_it_does_for_which_services_and_until_when(self, guest: TwoSchools) -> None:
        guest.to_question(here={**AT_HERE, **OF_AGE})
        page = guest.text(guest.page)
        for words in ("Petteflat College", "De Bron", "Lotte B", "Uitgeverij Voorbeeld", "31-07-2027"):
            assert words in page
        assert "ouder of verzorger" not in page
        assert not any(value in page for value in (ECK_ID_THERE, "lotte@", "lotte.berg@"))
        assert "Yes, link them" in guest.text(guest.page, lang="en")

    def test_no_keeps_nothing(self, guest: TwoSchools) -> None:
        assert guest.link(said="no") == "/link"
        assert guest.op.world.links.rows == {}
        assert guest.post(guest.page, answer="yes").status_code == 400

    def test_a_service_that_the_page_did_not_name_is_not_meant(self, guest: TwoSchools) -> None:
        guest.link(here={**AT_HERE, **OF_AGE})
        [row] = guest.op.world.links.rows.values()
        assert b'"services":["klas"]' in row.content
        guest.op.world.links.rows[row.id] = _with_services(row)
        assert "eckid" not in guest.got(said={**AT_HERE, **OF_AGE})

    def test_an_agreement_that_lets_no_links_be_of_use(self, guest: TwoSchools) -> None:
        guest.link(here={**AT_HERE, **OF_AGE})
        guest.set(links=frozenset())
        assert "eckid" not in guest.got(said={**AT_HERE, **OF_AGE})
        guest.set(links=frozenset({LinkKind.TRANSITION}))
        assert "eckid" not in guest.got(said={**AT_HERE, **OF_AGE})

    def test_a_service_that_is_registered_for_that_sector_no_more(self, moved: TwoSchools) -> None:
        here = {**AT_HERE, **OF_AGE, "eckId": (ECK_ID_HERE,)}
        moved.link(here=here)
        moved.op.world.service = replace(moved.op.world.service, sectors=frozenset({Sector.VO}))
        moved.op.load()
        assert moved.got(said=here)["eckid"] == ECK_ID_HERE

    def test_an_account_without_an_eck_id_is_of_no_use(self, guest: TwoSchools) -> None:
        without = {name: values for name, values in AT_THERE.items() if name != "eckId"}
        assert refused(guest.to_question(there=without)).error.code is ErrorCode.LINK_WITHOUT_ECK_ID
        assert guest.op.world.links.rows == {}

    def test_an_eck_id_of_a_sector_that_the_service_is_not_registered_for(self, tmp_path: Path) -> None:
        po = two_schools(tmp_path, there=BEFORE, sectors=frozenset({Sector.VO}))
        step = refused(po.to_question())
        assert step.error.code is ErrorCode.LINK_WITHOUT_ECK_ID
        assert "geen leernummer" in po.mbo.page(step)


class TestTransition:
    def test_a_service_goes_on_to_know_them_until_the_school_year_ends(self, moved: TwoSchools) -> None:
        here = {**AT_HERE, **OF_AGE, "eckId": (ECK_ID_HERE,)}
        assert moved.got(said=here)["eckid"] == ECK_ID_HERE
        known = moved.got(BEFORE, AT_THERE)
        moved.link(here=here)
        got = moved.got(said=here)
        assert (got["eckid"], got["sub"], got["school_brin"]) == (ECK_ID_THERE, known["sub"], "99XB")
        assert str(got).count("ketenid.nl") == 1
        at(moved, dutch_midnight(LAST_DAY) + timedelta(hours=23, minutes=59, seconds=59))
        assert moved.got(said=here)["eckid"] == ECK_ID_THERE
        moved.op.clock.forward(seconds=1)
        assert moved.got(said=here)["eckid"] == ECK_ID_HERE

    def test_the_old_school_may_forget_them_and_the_link_goes_on(self, moved: TwoSchools) -> None:
        """They cannot log in there any more, and the ECK iD of a learner does not age."""
        here = {**AT_HERE, **OF_AGE, "eckId": (ECK_ID_HERE,)}
        moved.link(here=here)
        moved.op.clock.forward(seconds=timedelta(days=300).total_seconds())
        assert moved.got(said=here)["eckid"] == ECK_ID_THERE

    def test_schools_of_one_sector_are_none(self, tmp_path: Path) -> None:
        one = two_schools(tmp_path, kinds=(LinkKind.TRANSITION,))
        step = refused(one.to_question())
        assert step.error.code is ErrorCode.LINK_OTHER_SCHOOL
        assert one.op.world.links.rows == {}


class TestMinor:
    def test_waits_for_a_school_and_then_works(self, guest: TwoSchools) -> None:
        assert isinstance(guest.to_question(), AskToLink)
        assert "ouder of verzorger" in guest.text(guest.page)
        assert guest.post(guest.page, answer="yes").headers["Location"] == "/link/done?pending=yes"
        assert "wacht op je school" in guest.text("/link/done", pending="yes")
        assert "eckid" not in guest.got(), "a login goes on without it"
        guest.approve()
        assert guest.got()["eckid"] == ECK_ID_THERE

    @pytest.mark.parametrize(
        ("here", "there", "state"),
        [
            (("true",), (), LinkState.LIVE),
            ((), ("true",), LinkState.LIVE),
            ((), (), LinkState.PENDING),
            (("false",), (), LinkState.PENDING),
            (("true",), ("false",), LinkState.PENDING),
            (("false",), ("true",), LinkState.PENDING),
        ],
        ids=str,
    )
    def test_of_age_is_whom_a_school_calls_so_and_none_a_minor(
        self, here: tuple[str, ...], there: tuple[str, ...], state: LinkState, guest: TwoSchools
    ) -> None:
        guest.link(here={**AT_HERE, "isAdult": here}, there={**AT_THERE, "isAdult": there})
        [row] = guest.op.world.links.rows.values()
        assert row.state is state

    def test_being_of_age_is_tried_at_every_login(self, guest: TwoSchools) -> None:
        guest.link(here={**AT_HERE, **OF_AGE})
        assert guest.got(said={**AT_HERE, **OF_AGE})["eckid"] == ECK_ID_THERE
        assert "eckid" not in guest.got(said={**AT_HERE, "isAdult": ("false",)})
        assert "eckid" not in guest.got(said=AT_HERE)

    def test_a_yes_of_a_parent_counts_whatever_the_school_says_of_age(self, guest: TwoSchools) -> None:
        guest.link()
        guest.approve()
        assert guest.got(said={**AT_HERE, "isAdult": ("false",)})["eckid"] == ECK_ID_THERE

    def test_who_links_anew_waits_anew(self, guest: TwoSchools) -> None:
        guest.link()
        guest.approve()
        guest.to_question()
        assert "al gekoppeld" in guest.text(guest.page)
        assert guest.post(guest.page, answer="yes").headers["Location"] == guest.page
        assert guest.got()["eckid"] == ECK_ID_THERE
        guest.post(guest.page, answer="replace")
        assert "eckid" not in guest.got()


def test_whoever_comes_with_eduid_is_known_by_the_same(guest: TwoSchools) -> None:
    """Their eduID leads to the account here, and that to the one there: by either way a service sees one learner."""
    here = {**AT_HERE, **OF_AGE}
    guest.link(here=here)
    guest.op.more_idps = (*guest.op.more_idps, replace(EDUID_IDP, schools=frozenset({HERE.brin})))
    guest.set(user_held=UserHeld.ALLOWED)
    login = guest.mbo.begin()
    assert guest.post(f"/login/{login}/link", school=str(HERE.brin)).status_code == 303
    assert isinstance(guest.answer(SAID_BY_EDUID), Redirect)
    step = guest.answer(here)
    assert isinstance(step, AskToLink)
    guest.post(f"/link/{step.linking}", answer="yes")
    by_eduid, by_school = guest.mbo.userinfo(guest.answer(SAID_BY_EDUID)), guest.got(said=here)
    assert by_eduid["eckid"] == by_school["eckid"] == ECK_ID_THERE
    assert by_eduid["sub"] == by_school["sub"]
    assert by_eduid["school_brin"] == "99XB"
    assert "identifier-linked" in guest.op.world.records.ledger[-1].decision


class TestTwoPeople:
    def test_two_eck_ids_of_one_sector_are_two_learners(self, guest: TwoSchools) -> None:
        step = refused(guest.to_question(here={**AT_HERE, "eckId": (ECK_ID_HERE,)}))
        assert step.error.code is ErrorCode.LINK_OTHER_PERSON
        assert "niet van dezelfde persoon" in guest.mbo.page(step)
        assert anomalies(guest) == ["link_other_person"]
        assert guest.op.world.links.rows == {}

    def test_who_turns_out_to_be_another_later_is_told_and_goes_on_as_who_they_are(self, guest: TwoSchools) -> None:
        here = {**AT_HERE, **OF_AGE}
        guest.link(here=here)
        here = {**here, "eckId": (ECK_ID_HERE,)}
        step = refused(guest.log_in(said=here))
        assert step.error.code is ErrorCode.LINK_STOPPED
        assert step.other_way is not None
        assert step.other_way.school.brin == HERE.brin
        assert anomalies(guest) == ["link_other_person"]
        assert "is gestopt" in guest.mbo.page(step)
        assert guest.got(said=here)["eckid"] == ECK_ID_HERE

    def test_an_account_that_another_one_leads_to_is_theirs(self, guest: TwoSchools) -> None:
        guest.link()
        step = refused(guest.to_question(here={**AT_HERE, "uid": ("sem@petteflat.example",)}))
        assert step.error.code is ErrorCode.LINK_TAKEN
        assert anomalies(guest) == ["link_taken"]
        assert len(guest.op.world.links.rows) == 1

    def test_another_pupil_here_is_not_known_by_it(self, guest: TwoSchools) -> None:
        guest.link(here={**AT_HERE, **OF_AGE})
        assert "eckid" not in guest.got(said={**AT_HERE, **OF_AGE, "uid": ("sem@petteflat.example",)})


class TestStopped:
    def test_another_eck_id_there_suspends_it_and_its_owner_is_told_once(self, guest: TwoSchools) -> None:
        here = {**AT_HERE, **OF_AGE}
        guest.link(here=here)
        guest.got(THERE, {**AT_THERE, "eckId": (ANOTHER_ECK_ID,)})
        assert anomalies(guest) == ["link_suspended"]
        step = refused(guest.log_in(said=here))
        assert step.error.code is ErrorCode.LINK_STOPPED
        assert "eckid" not in guest.got(said=here)
        assert refused(guest.to_question(here=here)).error.code is ErrorCode.LINK_SUSPENDED

    def test_a_silent_login_tells_nobody(self, guest: TwoSchools) -> None:
        """Who sees no page has been told nothing."""
        here = {**AT_HERE, **OF_AGE}
        guest.link(here=here)
        guest.got(THERE, {**AT_THERE, "eckId": (ANOTHER_ECK_ID,)})
        guest.op.cookie.drop()
        asked = guest.op.authorize(prompt="none")
        assert "error=" in asked.headers["Location"]
        assert refused(guest.log_in(said=here)).error.code is ErrorCode.LINK_STOPPED

    def test_the_identity_provider_there_left(self, guest: TwoSchools) -> None:
        guest.link(here={**AT_HERE, **OF_AGE})
        guest.op.more_idps = ()
        guest.op.load()
        guest.op.cookie.drop()
        assert guest.op.authorize().headers["Location"] == f"https://{HERE_IDP}.example/sso"
        assert "eckid" not in guest.mbo.userinfo(guest.answer({**AT_HERE, **OF_AGE}))

    def test_where_no_link_would_help_none_is_offered(self, tmp_path: Path) -> None:
        none = two_schools(tmp_path, kinds=(), fallback=Fallback.NONE)
        step = refused(none.log_in())
        assert step.error.code is ErrorCode.ECK_ID_REQUIRED
        assert "/link" not in none.mbo.page(step)

    def test_revoked_while_its_owner_is_at_school(self, guest: TwoSchools) -> None:
        guest.link(here={**AT_HERE, **OF_AGE})
        login = guest.mbo.begin()
        with guest.op.app.test_request_context():
            guest.op.dispatcher.choose(login, HERE.brin, guest.op.browser)
        guest.op.world.links.rows.clear()
        assert "eckid" not in guest.mbo.userinfo(guest.answer({**AT_HERE, **OF_AGE}))

    def test_revoked_before_the_service_fetches_its_claims(self, guest: TwoSchools) -> None:
        """The service was told one `sub`: it gets nothing under another."""
        guest.link(here={**AT_HERE, **OF_AGE})
        step = guest.log_in(said={**AT_HERE, **OF_AGE})
        assert isinstance(step, Redirect)
        code = dict(part.split("=") for part in step.url.partition("?")[2].split("&"))["code"]
        token = (guest.op.exchange(code).json or {})["access_token"]
        assert guest.op.userinfo(token).status_code == 200
        guest.op.world.links.rows.clear()
        assert guest.op.userinfo(token).status_code == 401

    def test_a_school_that_leaves_in_the_middle(self, guest: TwoSchools) -> None:
        guest.to_question()
        guest.op.more_schools, guest.op.more_idps = (HERE,), ()
        guest.op.load()
        assert guest.post(guest.page, answer="yes").status_code == 400
        assert guest.op.world.links.rows == {}

    def test_without_a_fallback_a_link_that_waits_lets_nobody_in(self, tmp_path: Path) -> None:
        guest = two_schools(tmp_path, fallback=Fallback.NONE)
        guest.link()
        step = refused(guest.log_in())
        assert step.error.code is ErrorCode.ECK_ID_REQUIRED
        assert 'href="/link?at=99XB"' in guest.mbo.page(step)
        guest.approve()
        assert guest.got()["eckid"] == ECK_ID_THERE


def test_the_school_year_ends_with_july() -> None:
    assert end_of_school_year(date(2026, 8, 1)) == LAST_DAY
    assert end_of_school_year(LAST_DAY) == LAST_DAY


def _with_services(row: LinkRow) -> LinkRow:
    return replace(row, content=row.content.replace(b'["klas"]', b'["another"]'))
