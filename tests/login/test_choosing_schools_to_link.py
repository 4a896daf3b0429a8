"""What a pupil chooses from when they link accounts at two schools, and what their own page says of the link."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.domain.errors import ErrorCode
from gateway.federation.models import IdentityProvider
from gateway.login.sso.logout import PersonAsked
from gateway.login.ways import Way
from tests.support.two_schools import AT_HERE, AT_THERE, HERE, OF_AGE, THERE, THERE_IDP, TwoSchools, two_schools
from tests.support.user_held import refused


class TestChoosing:
    def test_first_the_school_of_the_link_then_the_other(self, guest: TwoSchools) -> None:
        first = guest.text("/link")
        assert 'value="99XB"' in first
        assert 'value="99XC"' not in first, "no agreement there lets a link be of use"
        second = guest.text("/link", at="99XB")
        assert 'value="99XC"' in second
        assert 'name="kind" value="guest" required checked' in second
        assert "transition" not in second
        assert 'role="status"' in guest.text("/link", at="99XB", q="nergens")

    @pytest.mark.parametrize(
        "wrong",
        [
            {"kind": "user_held"},
            {"kind": "transition"},
            {"at": "99XC"},
            {"at": "x"},
            {"school": "99XB"},
            {"school": "99ZZ"},
        ],
        ids=str,
    )
    def test_what_was_not_offered(self, wrong: dict[str, str], guest: TwoSchools) -> None:
        assert guest.start(**wrong).status_code == 400
        assert guest.op.schools.asked == []

    def test_a_form_of_another_site_begins_nothing(self, guest: TwoSchools) -> None:
        form = {"kind": "guest", "at": "99XB", "school": "99XC"}
        assert guest.post("/link", site="cross-site", **form).status_code == 400

    def test_where_no_agreement_has_links_there_is_no_page(self, tmp_path: Path) -> None:
        none = two_schools(tmp_path, kinds=())
        assert none.get("/link").status_code == 404
        assert none.get("/link", at="99XB").status_code == 400

    @pytest.mark.parametrize(("here", "there"), [("99XC", "99XC"), ("99XB", "99XB")], ids=str)
    def test_who_logs_in_at_another_school_than_they_chose(self, here: str, there: str, guest: TwoSchools) -> None:
        brin = "nlEduPersonHomeOrganizationId"
        if here != str(HERE.brin):
            guest.op.world.idp = _of_both(guest.op.world.idp)
        else:
            guest.op.more_idps = tuple(_of_both(one) for one in guest.op.more_idps)
        guest.op.load()
        step = refused(guest.to_question({**AT_HERE, brin: (here,)}, {**AT_THERE, brin: (there,)}))
        assert step.error.code is ErrorCode.LINK_OTHER_SCHOOL

    def test_a_flow_that_another_version_of_the_gateway_kept_otherwise(self, guest: TwoSchools) -> None:
        for fields in ([guest.op.browser, "", "guest"], [guest.op.browser, "", "guest", "x", None, "", None, None]):
            guest.op.store.put("linking:abc", json.dumps(fields).encode(), seconds=60)
            assert guest.get("/link/abc").status_code == 400

    def test_an_answer_for_a_side_that_has_answered_goes_nowhere(self, guest: TwoSchools) -> None:
        """Whoever asks for a side twice, as with the back button, ends one of the two ways."""
        guest.to_question()
        flow = guest.page.removeprefix("/link/")
        asks = guest.op.errands.linking._fresh
        with guest.op.app.test_request_context():
            asks.ask(Way(THERE_IDP, THERE.brin), errand=f"{flow}:account", browser=guest.op.browser, reference="0")
        assert refused(guest.answer(AT_THERE)).error.code is ErrorCode.LOGIN_FINISHED

    def test_a_logout_ends_a_linking_that_is_under_way(self, guest: TwoSchools) -> None:
        guest.to_question()
        with guest.op.app.test_request_context():
            guest.op.logouts.begin(None, PersonAsked, guest.op.browser)
        assert guest.post(guest.page, answer="yes").status_code == 409
        assert guest.op.world.links.rows == {}

    def test_an_agreement_that_ends_meanwhile(self, guest: TwoSchools) -> None:
        guest.to_question()
        guest.set(links=frozenset())
        assert guest.post(guest.page, answer="yes").status_code == 400
        assert guest.op.world.links.rows == {}


class TestMyPage:
    @pytest.mark.parametrize(("school", "said"), [("99XB", AT_HERE), ("99XC", AT_THERE)], ids=str)
    def test_either_account_sees_it_and_ends_it(
        self, school: str, said: dict[str, tuple[str, ...]], guest: TwoSchools
    ) -> None:
        guest.link()
        path = guest.mbo.my_page(said, school=school)
        assert "Wacht tot Petteflat College of De Bron doorgeeft" in guest.text(path)
        assert "Waits until" in guest.text(path, lang="en")
        guest.approve()
        shown = guest.text(path)
        assert "Bij Petteflat College herkennen leermiddelen je aan je ECK iD van De Bron" in shown
        assert "Je school gaf op 07-09-2026 door" in shown
        [data] = json.loads(guest.text(f"{path}/data.json"))["links"]
        assert (data["kind"], data["school"], data["used_at"]) == ("guest", "99XC", "99XB")
        assert data["approved"].startswith("2026-09-07")
        [link] = guest.op.world.links.rows
        guest.post(path, link=link)
        assert guest.op.world.links.rows == {}
        assert "eckid" not in guest.got()

    def test_what_went_elsewhere_is_not_shown_to_the_other_account(self, guest: TwoSchools) -> None:
        guest.link(here={**AT_HERE, **OF_AGE})
        guest.got(said={**AT_HERE, **OF_AGE})
        assert "ging er niets naar een leermiddel" in guest.text(guest.mbo.my_page(AT_THERE, school="99XC"))
        assert "<table>" in guest.text(guest.mbo.my_page(AT_HERE, school="99XB"))

    def test_another_pupil_ends_nothing(self, guest: TwoSchools) -> None:
        guest.link()
        [link] = guest.op.world.links.rows
        path = guest.mbo.my_page({**AT_HERE, "uid": ("sem@petteflat.example",)}, school="99XB")
        guest.post(path, link=link)
        guest.post(path, erase="yes", sure="yes")
        assert link in guest.op.world.links.rows


def _of_both(idp: IdentityProvider) -> IdentityProvider:
    return replace(idp, schools=frozenset({HERE.brin, THERE.brin}))
