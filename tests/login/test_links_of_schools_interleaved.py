"""Whatever pupils do at two schools, in whatever order: nobody is known by an ECK iD of somebody else.

An account here is known by an ECK iD of another school only after its person proved both accounts in one sitting and,
of a minor, a school said yes; never by two; and nothing of the account there is told beside it.
"""

import tempfile
from dataclasses import dataclass
from hashlib import sha512
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from gateway.domain.errors import SluisError
from gateway.domain.link import LinkKind, LinkState
from gateway.federation.models import IdpId
from gateway.login.messages import AuthenticationRequest
from gateway.login.steps import AskToLink, Redirect, Refused, Step
from gateway.pseudonyms.derivation import account_hash
from gateway.storage.contracts import LinkRow
from tests.support.releasing import KEY
from tests.support.two_schools import (
    AT_HERE,
    AT_THERE,
    BEFORE,
    HERE,
    HERE_IDP,
    THERE_IDP,
    Said,
    TwoSchools,
    two_schools,
)

PEOPLE = ("lotte", "sem", "fenna")
BROWSERS = ("phone", "library")
KINDS = (LinkKind.GUEST, LinkKind.TRANSITION)


def eck_id(person: str) -> str:
    return f"https://ketenid.nl/pilot/{sha512(person.encode()).hexdigest()}"


def here(person: str, *, adult: bool) -> Said:
    said = {**AT_HERE, "uid": (f"{person}@petteflat.example",), "eckId": (eck_id(f"{person} here"),)}
    return {**said, "isAdult": (str(adult).lower(),)}


def there(person: str) -> Said:
    return {**AT_THERE, "uid": (f"{person}@bron.example",), "eckId": (eck_id(f"{person} there"),)}


@dataclass
class Tab:
    """A linking in a browser. What was asked last waits for an answer of whoever can give it."""

    browser: str
    asked: tuple[IdpId, AuthenticationRequest]
    here: str = ""
    there: str = ""
    adult: bool = False
    page: str = ""


@dataclass
class Made:
    """What should be: whom an account here leads to, and whether that works of a minor."""

    there: str
    adult: bool
    approved: bool = False


class LinksOfSchools(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.directory = tempfile.TemporaryDirectory()
        self.one: TwoSchools = two_schools(Path(self.directory.name), there=BEFORE, kinds=KINDS)
        self.tabs: list[Tab] = []
        self.made: dict[str, Made] = {}

    def teardown(self) -> None:
        self.directory.cleanup()

    @rule(browser=st.sampled_from(BROWSERS), kind=st.sampled_from(KINDS))
    def begin(self, browser: str, kind: LinkKind) -> None:
        self.one.op.browser = browser
        assert self.one.start(kind=kind.value).status_code == 303
        self.tabs.append(Tab(browser, self.one.op.schools.asked[-1]))

    @precondition(lambda self: self.tabs)
    @rule(
        data=st.data(),
        who=st.sampled_from(PEOPLE),
        adult=st.booleans(),
        browser=st.sampled_from((*BROWSERS, "own", "own", "own")),
    )
    def answer(self, data: st.DataObject, who: str, adult: bool, browser: str) -> None:
        """Somebody logs in where a tab waits; the answer may come in another browser."""
        tab = data.draw(st.sampled_from(self.tabs))
        first = tab.asked[0] == HERE_IDP
        said = here(who, adult=adult) if first else there(who)
        step = self.bring(tab.asked, said, tab.browser if browser == "own" else browser)
        if isinstance(step, Redirect) and first:
            tab.here, tab.adult, tab.asked = who, adult, self.one.op.schools.asked[-1]
            assert tab.asked[0] == THERE_IDP
        elif isinstance(step, AskToLink):
            assert tab.here
            tab.there, tab.page = who, f"/link/{step.linking}"
        else:
            assert not isinstance(step, Redirect), "an answer goes once, and to its own tab"

    @precondition(lambda self: any(tab.page for tab in self.tabs))
    @rule(
        data=st.data(),
        said=st.sampled_from(["yes", "replace", "no"]),
        browser=st.sampled_from((*BROWSERS, "own", "own", "own")),
    )
    def confirm(self, data: st.DataObject, said: str, browser: str) -> None:
        tab = data.draw(st.sampled_from([one for one in self.tabs if one.page]))
        self.one.op.browser = tab.browser if browser == "own" else browser
        done = self.one.post(tab.page, answer=said)
        if not done.headers.get("Location", "").startswith("/link/done"):
            return
        assert said != "no"
        assert self.one.op.browser == tab.browser
        assert tab.here not in self.made or said == "replace"
        assert done.headers["Location"].endswith("no" if tab.adult else "yes")
        self.made[tab.here] = Made(tab.there, tab.adult)
        self.tabs.remove(tab)

    @precondition(lambda self: self.made)
    @rule(data=st.data())
    def approve(self, data: st.DataObject) -> None:
        who = data.draw(st.sampled_from(sorted(self.made)))
        waits = [row for row in self.rows(who) if row.state is LinkState.PENDING]
        assert len(waits) == (not self.made[who].adult and not self.made[who].approved)
        for row in waits:
            self.one.op.world.links.approve(row.id, "99XB", self.one.op.clock.now())
            self.made[who].approved = True

    @precondition(lambda self: self.made)
    @rule(data=st.data())
    def revoke(self, data: st.DataObject) -> None:
        who = data.draw(st.sampled_from(sorted(self.made)))
        assert self.one.op.world.links.revoke([row.id for row in self.rows(who)]) == 1
        del self.made[who]

    @rule(who=st.sampled_from(PEOPLE), adult=st.booleans(), browser=st.sampled_from(BROWSERS))
    def log_in_here(self, who: str, adult: bool, browser: str) -> None:
        self.one.op.browser = browser
        made = self.made.get(who)
        works = made is not None and (made.approved or adult)
        if made is not None and not made.adult and not made.approved:
            works = False
        got = self.one.got(HERE, here(who, adult=adult))
        assert got["eckid"] == eck_id(f"{made.there} there" if works and made else f"{who} here")
        self.check(got, who)

    @rule(who=st.sampled_from(PEOPLE))
    def log_in_there(self, who: str) -> None:
        got = self.one.got(BEFORE, there(who))
        assert got["eckid"] == eck_id(f"{who} there"), "a link goes one way"

    @invariant()
    def links_are_those_that_were_proven(self) -> None:
        rows = self.one.op.world.links.rows.values()
        proven = {(of_here(who), of_there(made.there)) for who, made in self.made.items()}
        assert {(row.holder, row.linked) for row in rows} == proven
        assert len(rows) == len(self.made)

    def rows(self, who: str) -> list[LinkRow]:
        return [row for row in self.one.op.world.links.rows.values() if row.holder == of_here(who)]

    def check(self, got: dict[str, object], who: str) -> None:
        text = str(got)
        assert text.count("ketenid.nl") == 1
        assert got["school_brin"] == "99XB"
        for value in ("Lotte B", "bron", "99XC", *(f"{one}@" for one in PEOPLE)):
            assert value not in text

    def bring(self, asked: tuple[IdpId, AuthenticationRequest], said: Said, browser: str) -> Step | None:
        """The answer to this request in a browser; None when it has nowhere to go."""
        self.one.op.browser = browser
        try:
            step = self.one.mbo.bring(asked, said)
        except SluisError:
            return None
        assert isinstance(step, Redirect | AskToLink | Refused)
        return step


def of_here(who: str) -> str:
    return account_hash(KEY, HERE_IDP, f"{who}@petteflat.example")


def of_there(who: str) -> str:
    return account_hash(KEY, THERE_IDP, f"{who}@bron.example")


TestLinksOfSchools = LinksOfSchools.TestCase
TestLinksOfSchools.settings = settings(max_examples=20, stateful_step_count=25, deadline=None)
