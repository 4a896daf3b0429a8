"""Whatever people, tabs and browsers do, and in whatever order: an ECK iD goes only to whoever proved both accounts."""

import tempfile
from dataclasses import dataclass
from hashlib import sha512
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from gateway.attributes.values import RawAttributes
from gateway.domain.errors import SluisError
from gateway.domain.fallback import Fallback
from gateway.federation.models import IdpId
from gateway.login.messages import AuthenticationRequest
from gateway.login.steps import AskConsent, AskToLink, Redirect, Refused, Step
from tests.support.user_held import ADULT_AT_SCHOOL, EDUID, NO_API, ROC_IDP, SAID_BY_EDUID, Mbo, Sitting, mbo

pytestmark = pytest.mark.untraced

PEOPLE = ("mo", "noor", "sam")
BROWSERS = ("phone", "library")
SUBJECT = "urn:oasis:names:tc:SAML:attribute:subject-id"
AIMED = "urn:mace:eduid.nl:1.1"
FIRST_NAMES = {name: f"Eduid{name}" for name in PEOPLE}


def eck_id(account: str) -> str:
    return f"https://ketenid.nl/pilot/{sha512(account.encode()).hexdigest()}"


def by_eduid(holder: str) -> dict[str, tuple[str, ...]]:
    return {
        **SAID_BY_EDUID,
        SUBJECT: (f"subject-{holder}@eduid.nl",),
        AIMED: (f"6f1c2f5e-8f0b-4d63-9a2e-0b7f6f7a9b1{PEOPLE.index(holder)}",),
        "urn:mace:dir:attribute-def:givenName": (FIRST_NAMES[holder],),
    }


def at_school(account: str, *, adult: bool) -> dict[str, tuple[str, ...]]:
    said = {**ADULT_AT_SCHOOL, "uid": (f"{account}@roc.example",), "eckId": (eck_id(account),)}
    return {**said, "isAdult": ("true" if adult else "false",)}


@dataclass
class Tab:
    """A linking in a browser. What was asked last waits for an answer of whoever can give it."""

    browser: str
    sitting: Sitting
    asked: tuple[IdpId, AuthenticationRequest]
    holder: str = ""
    account: str = ""
    adult: bool = False


class Links(RuleBasedStateMachine):
    """`links` is what should be: whose account each eduID leads to. `adults` is what the school said last."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = tempfile.TemporaryDirectory()
        self.roc: Mbo = mbo(Path(self.directory.name), school=NO_API, fallback=Fallback.PROVISIONAL)
        self.tabs: list[Tab] = []
        self.links: dict[str, str] = {}
        self.adults: dict[str, bool] = {}

    def teardown(self) -> None:
        self.directory.cleanup()

    @rule(browser=st.sampled_from(BROWSERS))
    def begin_to_link(self, browser: str) -> None:
        self.roc.op.browser = browser
        sitting = Sitting(self.roc, login=self.roc.begin())
        assert sitting.start().status_code == 303
        self.tabs.append(Tab(browser, sitting, self.roc.op.schools.asked[-1]))

    @precondition(lambda self: self.tabs)
    @rule(
        data=st.data(),
        who=st.sampled_from(PEOPLE),
        adult=st.sampled_from([True, True, True, False]),
        browser=st.sampled_from((*BROWSERS, "own", "own", "own")),
    )
    def answer(self, data: st.DataObject, who: str, adult: bool, browser: str) -> None:
        """Somebody logs in where a tab waits; the answer may come in another browser."""
        tab = data.draw(st.sampled_from(self.tabs))
        idp, _ = tab.asked
        said = by_eduid(who) if idp == EDUID else at_school(who, adult=adult)
        step = self.bring(tab.asked, said, tab.browser if browser == "own" else browser)
        if isinstance(step, Redirect) and idp == EDUID:
            tab.holder, tab.asked = who, self.roc.op.schools.asked[-1]
            assert tab.asked[0] == ROC_IDP
        elif isinstance(step, AskToLink):
            assert tab.holder
            assert adult
            tab.account, tab.adult = who, adult
            tab.sitting.page = f"/link/{step.linking}"
        else:
            assert not isinstance(step, Redirect), "an answer goes once, and to its own tab"

    @precondition(lambda self: any(tab.account for tab in self.tabs))
    @rule(
        data=st.data(),
        said=st.sampled_from(["yes", "replace", "replace", "no"]),
        browser=st.sampled_from((*BROWSERS, "own", "own", "own")),
    )
    def confirm(self, data: st.DataObject, said: str, browser: str) -> None:
        tab = data.draw(st.sampled_from([one for one in self.tabs if one.account]))
        self.roc.op.browser = tab.browser if browser == "own" else browser
        done = tab.sitting.say(said)
        if done.headers.get("Location") != "https://eduid.example/sso":
            return
        assert said != "no"
        assert self.roc.op.browser == tab.browser
        assert self.links.get(tab.holder) is None or said == "replace"
        assert tab.account not in [one for holder, one in self.links.items() if holder != tab.holder]
        self.links[tab.holder], self.adults[tab.account] = tab.account, tab.adult
        self.tabs.remove(tab)

    @precondition(lambda self: self.links)
    @rule(data=st.data())
    def revoke(self, data: st.DataObject) -> None:
        holder = data.draw(st.sampled_from(sorted(self.links)))
        account = self.links.pop(holder)
        rows = self.roc.op.world.links.rows
        gone = [link for link, row in rows.items() if row.linked == self.hash_of(account)]
        assert len(gone) == 1
        del rows[gone[0]]

    @rule(holder=st.sampled_from(PEOPLE), browser=st.sampled_from(BROWSERS))
    def log_in_with_eduid(self, holder: str, browser: str) -> None:
        self.roc.op.browser = browser
        self.roc.choose(self.roc.begin(), held=True)
        step = self.bring(self.roc.op.schools.asked[-1], by_eduid(holder), browser)
        account = self.links.get(holder, "")
        if not account or not self.adults[account]:
            assert isinstance(step, Refused), "nobody comes without a link, and no minor by one"
            return
        assert isinstance(step, Redirect)
        self.check(self.roc.userinfo(step), account)

    @rule(account=st.sampled_from(PEOPLE), adult=st.booleans(), browser=st.sampled_from(BROWSERS))
    def log_in_at_school(self, account: str, adult: bool, browser: str) -> None:
        self.roc.op.browser = browser
        self.roc.choose(self.roc.begin(), held=False)
        step = self.bring(self.roc.op.schools.asked[-1], at_school(account, adult=adult), browser)
        assert isinstance(step, Redirect)
        self.check(self.roc.userinfo(step), account)
        if account in self.links.values():
            self.adults[account] = adult

    @invariant()
    def links_are_those_that_were_proven(self) -> None:
        rows = self.roc.op.world.links.rows.values()
        assert {row.linked for row in rows} == {self.hash_of(account) for account in self.links.values()}
        assert len(rows) == len(self.links)

    def check(self, got: dict[str, object], account: str) -> None:
        text = str(got)
        assert got["eckid"] == eck_id(account)
        assert "provisional" not in text
        assert text.count("ketenid.nl") == 1
        for holder in PEOPLE:
            for value in (f"subject-{holder}", FIRST_NAMES[holder], by_eduid(holder)[AIMED][0], f"{holder}@roc"):
                assert value not in text

    def hash_of(self, account: str) -> str:
        world = self.roc.op.world
        reading = world.pipeline(self.roc.op.federation()).read(
            RawAttributes(tuple(at_school(account, adult=True).items())), world.idp, now=self.roc.op.clock.now()
        )
        return self.roc.op.errands.linking._links._account_of(world.idp, reading)

    def bring(
        self, asked: tuple[IdpId, AuthenticationRequest], said: dict[str, tuple[str, ...]], browser: str
    ) -> Step | None:
        """The answer to this request in a browser; None when it has nowhere to go."""
        self.roc.op.browser = browser
        try:
            step = self.roc.bring(asked, said)
        except SluisError:
            return None
        return self.roc.consent(step) if isinstance(step, AskConsent) else step


TestLinks = Links.TestCase
TestLinks.settings = settings(max_examples=30, stateful_step_count=25, deadline=None)
