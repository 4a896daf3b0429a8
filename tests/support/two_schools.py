"""A pupil with accounts at two schools, a learning service that both use, and the gateway in front of it.

At the one (`HERE`) they log in for the service; at the other (`THERE`) they have the ECK iD by which it knows them.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from werkzeug.test import TestResponse

from gateway.domain.brin import Brin
from gateway.domain.fallback import Fallback
from gateway.domain.language import Language
from gateway.domain.link import LinkKind
from gateway.domain.sector import Sector
from gateway.federation.models import Agreement, EckIdSource, IdentityProvider, IdpId, School, ServiceId
from gateway.login.steps import AskToLink, Redirect, Step
from gateway.storage.vault import Vault
from tests.support.jose import CLIENT
from tests.support.op import Op
from tests.support.op_client import relying_party
from tests.support.releasing import TODAY, World
from tests.support.small_federation import identity_provider
from tests.support.user_held import HeldApi, Mbo

Said = dict[str, tuple[str, ...]]
HERE = School(Brin("99XB"), {Language.NL: "Petteflat College"}, Sector.VO, domains=("petteflat.example",))
THERE = School(Brin("99XC"), {Language.NL: "De Bron"}, Sector.VSO, domains=("bron.example",))
BEFORE = replace(THERE, sector=Sector.PO)
HERE_IDP, THERE_IDP = IdpId("petteflat"), IdpId("bron")
ECK_ID_HERE = "https://ketenid.nl/pilot/" + "1a" * 64
ECK_ID_THERE = "https://ketenid.nl/pilot/" + "2b" * 64
ANOTHER_ECK_ID = "https://ketenid.nl/pilot/" + "3c" * 64
AT_HERE: Said = {
    "uid": ("lotte@petteflat.example",),
    "givenName": ("Lotte",),
    "eduPersonAffiliation": ("student",),
    "nlEduPersonHomeOrganizationId": ("99XB",),
    "nlEduPersonUnit": ("V4",),
}
AT_THERE: Said = {
    "uid": ("lotte.berg@bron.example",),
    "givenName": ("Lotte B",),
    "eduPersonAffiliation": ("student",),
    "nlEduPersonHomeOrganizationId": ("99XC",),
    "nlEduPersonUnit": ("bron 3",),
    "eckId": (ECK_ID_THERE,),
}
OF_AGE: Said = {"isAdult": ("true",)}


@dataclass
class TwoSchools:
    """The gateway, and the browser of one pupil in front of it."""

    op: Op
    page: str = ""
    chosen: LinkKind = LinkKind.GUEST
    mbo: Mbo = field(init=False)

    def __post_init__(self) -> None:
        self.mbo = Mbo(self.op, HeldApi())

    def post(self, path: str, site: str = "same-origin", **form: str) -> TestResponse:
        return self.mbo.post(path, site, **form)

    def get(self, path: str, **query: str) -> TestResponse:
        return self.op.app.test_client().get(path, query_string=query)

    def text(self, path: str, **query: str) -> str:
        answer = self.get(path, **query)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return answer.get_data(as_text=True)

    def answer(self, said: Said, **facts: Any) -> Step:
        """Whoever was asked last answers."""
        return self.mbo.answer(said, **facts)

    def start(self, **changes: str) -> TestResponse:
        form = {"kind": self.chosen.value, "at": str(HERE.brin), "school": str(THERE.brin), **changes}
        return self.post("/link", **form)

    def to_question(self, here: Said = AT_HERE, there: Said = AT_THERE) -> Step:
        """Both logins; what comes of the second."""
        assert self.start().status_code == 303
        assert isinstance(self.answer(here), Redirect)
        assert self.op.schools.asked[-1][0] == THERE_IDP
        step = self.answer(there)
        if isinstance(step, AskToLink):
            self.page = f"/link/{step.linking}"
        return step

    def link(self, here: Said = AT_HERE, there: Said = AT_THERE, said: str = "yes") -> str:
        """From both logins to the yes; where that leads."""
        step = self.to_question(here, there)
        assert isinstance(step, AskToLink), step
        return self.post(self.page, answer=said).headers["Location"]

    def approve(self) -> None:
        """As the command does."""
        for row in tuple(self.op.world.links.rows.values()):
            assert self.op.world.links.approve(row.id, str(HERE.brin), self.op.clock.now())

    def log_in(self, school: School = HERE, said: Said = AT_HERE) -> Step:
        """A login for the service, of a browser that was closed since the last."""
        login = self.mbo.begin()
        with self.op.app.test_request_context():
            assert isinstance(self.op.dispatcher.choose(login, school.brin, self.op.browser), Redirect)
        return self.answer(said)

    def got(self, school: School = HERE, said: Said = AT_HERE) -> dict[str, Any]:
        """What the service gets after it."""
        return self.mbo.userinfo(self.log_in(school, said))

    def set(self, **changes: Any) -> None:
        """Another agreement of the school at which the pupil logs in, from now on."""
        here, *rest = self.op.world.agreements
        self.op.world.agreements = (replace(here, **changes), *rest)
        self.op.load()


def two_schools(
    directory: Path,
    *,
    here: School = HERE,
    there: School = THERE,
    kinds: tuple[LinkKind, ...] = (LinkKind.GUEST,),
    sectors: frozenset[Sector] = frozenset({Sector.PO, Sector.VO, Sector.VSO}),
    vault: Vault | None = None,
    fallback: Fallback = Fallback.PROVISIONAL,
) -> TwoSchools:
    """`kinds` are the links that the agreement of `here` lets be of use; that of `there` lets none."""
    service = replace(relying_party(), sectors=sectors)

    def agreed(school: School, **more: Any) -> Agreement:
        schools = frozenset({school.brin})
        return Agreement(ServiceId(CLIENT), 1, TODAY, None, f"A-{school.brin}", schools=schools, **more)

    def idp(name: IdpId, school: School) -> IdentityProvider:
        sources = (EckIdSource.ASSERTION, *((EckIdSource.VAULT,) if vault else ()))
        made = replace(identity_provider(name, school), adult_name="isAdult", names={Language.NL: f"Inloggen {name}"})
        return replace(made, eck_id_sources=sources)

    world = World(
        service,
        idp(HERE_IDP, here),
        (agreed(here, links=frozenset(kinds), fallback=fallback), agreed(there)),
        vault=vault,
    )
    op = Op(world, directory, more_idps=(idp(THERE_IDP, there),), more_schools=(here, there))
    return TwoSchools(op, chosen=kinds[0] if kinds else LinkKind.GUEST)
