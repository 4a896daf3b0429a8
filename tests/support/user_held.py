"""An mbo school that runs an attribute API, eduID beside it, and a learning service that its students use."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from gateway.attributes.canonical import Reading
from gateway.attributes.values import RawAttributes
from gateway.domain.brin import Brin
from gateway.domain.errors import ErrorCode
from gateway.domain.fallback import Fallback
from gateway.domain.http import HttpAnswer, HttpFailed
from gateway.domain.language import Language
from gateway.domain.sector import Sector
from gateway.domain.user_held import UserHeld
from gateway.federation.at_eduid import AttributeApi, SchoolAtEduid
from gateway.federation.models import Agreement, IdentityProvider, IdpId, School, ServiceId
from gateway.federation.snapshot import Federation
from gateway.login.messages import Authentication, AuthenticationRequest
from gateway.login.steps import AskConsent, AskToLink, Redirect, Refused, ShowMine, Step
from gateway.release.consent import ConsentNeeded, what_goes
from gateway.release.outcome import Outcome
from gateway.release.people import HeldLogin
from gateway.release.pipeline import Releases
from tests.support.jose import CLIENT
from tests.support.op import Op
from tests.support.op_client import PASSWORD, relying_party
from tests.support.releasing import NOW, TODAY, World
from tests.support.small_federation import identity_provider

ROC_IDP, EDUID = IdpId("roc"), IdpId("eduid")
REQUESTER = "https://roc.example/sp"
API = AttributeApi("https://api.roc.example", "sluis", "pass:word", ("eduperson_entitlement", "urn:x:adult"))
ROC = School(
    Brin("99YA"),
    {Language.NL: "ROC Voorbeeld"},
    Sector.MBO,
    domains=("roc.example",),
    at_eduid=SchoolAtEduid(REQUESTER, API),
)
NO_API = replace(ROC, at_eduid=SchoolAtEduid(REQUESTER))
"""The same school without an attribute API: its students link eduID themselves."""
ECK_ID = "https://ketenid.nl/pilot/" + "0c" * 64
AIMED = "6f1c2f5e-8f0b-4d63-9a2e-0b7f6f7a9b10"
GLOBAL = "b7c1de60-2b1c-4b8f-8f59-0d3f2f8f8d11"
MACE = "urn:mace:dir:attribute-def:"
EDUID_IDP = replace(identity_provider(EDUID, ROC), dialect="eduid", names={Language.NL: "eduID"})
SAID_BY_EDUID: dict[str, tuple[str, ...]] = {
    "urn:mace:eduid.nl:1.1": (AIMED,),
    "urn:oasis:names:tc:SAML:attribute:subject-id": (f"{GLOBAL}@eduid.nl",),
    f"{MACE}uid": (GLOBAL,),
    f"{MACE}givenName": ("Zelfgekozen",),
    f"{MACE}sn": ("Achternaam",),
    f"{MACE}mail": ("prive@mail.example",),
    f"{MACE}eduPersonScopedAffiliation": ("student@elders.example",),
}
SAID_BY_SCHOOL: dict[str, Any] = {
    "eckid": [ECK_ID],
    "given_name": ["Mo"],
    "eduperson_scoped_affiliation": ["student@roc.example"],
    "schac_home_organization": ["roc.example"],
    "eduperson_entitlement": ["urn:x:library", "urn:x:adult"],
}
SAID_AT_SCHOOL: dict[str, tuple[str, ...]] = {
    "uid": ("mo@roc.example",),
    "givenName": ("Mo",),
    "eduPersonAffiliation": ("student",),
    "nlEduPersonHomeOrganizationId": ("99YA",),
    "eckId": (ECK_ID,),
}

ADULT_AT_SCHOOL: dict[str, tuple[str, ...]] = {**SAID_AT_SCHOOL, "isAdult": ("true",)}


@dataclass
class HeldApi:
    """Fulfils Http as the school's attribute API."""

    status: int = 200
    fields: Any = field(default_factory=lambda: dict(SAID_BY_SCHOOL))
    body: bytes | None = None
    down: bool = False
    asked: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)

    def get(self, url: str, *, headers: Mapping[str, str]) -> HttpAnswer:
        self.asked.append((url, headers))
        if self.down:
            raise HttpFailed("ReadTimeoutError")
        return HttpAnswer(self.status, json.dumps(self.fields).encode() if self.body is None else self.body)

    def post(self, url: str, *, headers: Mapping[str, str], form: Mapping[str, str]) -> HttpAnswer:
        raise AssertionError(url)


@dataclass
class Mbo:
    """The gateway, and the browser of one student in front of it."""

    op: Op
    api: HeldApi
    consents: bool = True
    """Whether the student says yes to whatever they are asked."""

    def begin(self, **changes: str | None) -> str:
        """A login that waits for a choice, of a browser that was closed since the last."""
        self.op.cookie.drop()
        asked = self.op.authorize(**changes)
        assert asked.status_code == 303
        return asked.headers["Location"].split("/")[2]

    def choose(self, login: str, *, held: bool) -> Step:
        with self.op.app.test_request_context():
            return self.op.dispatcher.choose(login, ROC.brin, self.op.browser, held=held)

    def answer(self, said: dict[str, tuple[str, ...]], **facts: Any) -> Step:
        """Whoever was asked last answers."""
        step = self.bring(self.op.schools.asked[-1], said, **facts)
        return self.consent(step) if self.consents and isinstance(step, AskConsent) else step

    def bring(self, asked: tuple[IdpId, AuthenticationRequest], said: dict[str, tuple[str, ...]], **facts: Any) -> Step:
        """The answer to this request, in the browser of now. Raises SluisError when it has nowhere to go."""
        idp, request = asked
        how = {"context": PASSWORD, "instant": self.op.clock.now(), **facts}
        with self.op.app.test_request_context():
            expectation = self.op.dispatcher.expect(request.attempt, self.op.browser)
            return self.op.dispatcher.finish(
                expectation, Authentication(idp, RawAttributes(tuple(said.items())), **how)
            )

    def post(self, path: str, site: str = "same-origin", **form: str) -> TestResponse:
        """A form of the gateway's own pages."""
        return self.op.app.test_client().post(path, data=form, headers={"Sec-Fetch-Site": site})

    def my_page(self, said: dict[str, tuple[str, ...]], **form: str) -> str:
        """The address of the page that opens for somebody who says so where the form leads."""
        assert self.post("/me", **form).status_code == 303
        step = self.answer(said)
        assert isinstance(step, ShowMine)
        return f"/me/{step.page}"

    def consent(self, step: AskConsent) -> Step:
        """The person says yes to what the page shows."""
        with self.op.app.test_request_context():
            shown = self.op.consenting.question(step.asked, self.op.browser).shown
            return self.op.dispatcher.consented(step.asked, self.op.browser, shown=shown)

    def by_eduid(self, said: dict[str, tuple[str, ...]] | None = None, **changes: str | None) -> Step:
        assert isinstance(self.choose(self.begin(**changes), held=True), Redirect)
        return self.answer(SAID_BY_EDUID if said is None else said)

    def by_school(self, **more: tuple[str, ...]) -> Step:
        assert isinstance(self.choose(self.begin(), held=False), Redirect)
        return self.answer({**SAID_AT_SCHOOL, **more})

    def page(self, step: Step) -> str:
        """What the person sees."""
        with self.op.app.test_request_context():
            return self.op.respond(step).get_data(as_text=True)  # type: ignore[union-attr]

    def userinfo(self, step: Step) -> dict[str, Any]:
        """What the service gets after a login that went well."""
        assert isinstance(step, Redirect), step
        code = dict(part.split("=") for part in step.url.partition("?")[2].split("&"))["code"]
        tokens = self.op.exchange(code)
        assert tokens.status_code == 200, tokens.json
        answer = self.op.userinfo((tokens.json or {})["access_token"])
        assert answer.status_code == 200, answer.json
        return dict(answer.json or {})


def released_with_consent(
    world: World, pipeline: Releases, idp: IdentityProvider, reading: Reading, held: HeldLogin
) -> Outcome:
    """The release to somebody who lets go what they are shown: nothing is on record before, and the same goes."""

    def release(held: HeldLogin) -> Outcome:
        return pipeline.release(service=world.service, idp=idp, reading=reading, now=NOW, reference="0", held=held)

    with pytest.raises(ConsentNeeded) as needed:
        release(held)
    assert world.records.ledger == []
    shown = needed.value.outcome
    pipeline.consented(idp, reading, world.service.id, what_goes(shown), now=NOW)
    outcome = release(replace(held, said=shown.said, by_link=shown.by_link))
    assert dict(outcome.released.values) == dict(shown.released.values)
    return outcome


@dataclass
class Sitting:
    """A person who links, in the browser of the gateway's pages."""

    roc: Mbo
    login: str = ""
    page: str = ""

    def begin(self) -> "Sitting":
        """Eduid is not known at the school, and the page offers to link."""
        step = refused(self.roc.by_eduid())
        assert step.error.code is ErrorCode.LINK_NEEDED, step.error.code
        assert step.other_way is not None
        assert step.other_way.link
        self.login = step.other_way.login
        return self

    def start(self) -> TestResponse:
        return self.post(f"/login/{self.login}/link", school=str(ROC.brin))

    def prove(self, said: dict[str, tuple[str, ...]], **facts: Any) -> Step:
        return self.roc.answer(said, **facts)

    def to_question(
        self,
        *,
        holder: dict[str, tuple[str, ...]] = SAID_BY_EDUID,
        account: dict[str, tuple[str, ...]] | None = None,
    ) -> Step:
        """Both logins; what comes of the second."""
        assert self.start().status_code == 303
        assert isinstance(self.prove(holder), Redirect)
        step = self.prove(ADULT_AT_SCHOOL if account is None else account)
        if isinstance(step, AskToLink):
            self.page = f"/link/{step.linking}"
        return step

    def get(self) -> str:
        return self.roc.op.app.test_client().get(self.page).get_data(as_text=True)

    def say(self, answer: str) -> TestResponse:
        return self.post(self.page, answer=answer)

    def post(self, path: str, **form: str) -> TestResponse:
        return self.roc.post(path, **form)

    def link(self, **wishes: Any) -> None:
        """From the offer to the link, and back to eduID for the login that waits."""
        self.begin().to_question(**wishes)
        assert self.say("yes").headers["Location"] == "https://eduid.example/sso"


def refused(step: Step) -> Refused:
    assert isinstance(step, Refused), step
    return step


def parties(
    *, user_held: UserHeld = UserHeld.ALLOWED, school: School = ROC, fallback: Fallback = Fallback.NONE
) -> tuple[World, Federation, HeldApi]:
    """The school's world, the federation with eduID in it, and the school's API."""
    api = HeldApi()
    service = replace(relying_party(), sectors=frozenset({Sector.MBO}))
    agreement = Agreement(
        ServiceId(CLIENT), 1, TODAY, None, "A-9", schools=frozenset({ROC.brin}), fallback=fallback, user_held=user_held
    )
    roc = replace(identity_provider(ROC_IDP, ROC), adult_name="isAdult")
    world = World(service, roc, (agreement,), http=api)
    federation = Federation.of(
        schools=(school,), identity_providers=(roc, EDUID_IDP), services=(service,), agreements=(agreement,)
    )
    return world, federation, api


def mbo(directory: Path, *, school: School = ROC, **wishes: Any) -> Mbo:
    """The same, behind the pages and endpoints of a gateway."""
    world, _, api = parties(school=school, **wishes)
    return Mbo(Op(world, directory, more_idps=(EDUID_IDP,), more_schools=(school,)), api)
