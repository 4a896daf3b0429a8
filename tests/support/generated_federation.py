"""Generated federations and logins in them: schools of all sectors, both dialects, agreements in and out of force."""

from dataclasses import dataclass, replace
from datetime import timedelta

from hypothesis import strategies as st

from gateway.attributes.dialects import NAMES, dialect
from gateway.domain.attribute import IDENTIFIERS, Attribute
from gateway.domain.brin import Brin
from gateway.domain.fallback import Fallback
from gateway.domain.language import Language
from gateway.domain.purpose import Purpose
from gateway.domain.reduction import Reduction, choosable
from gateway.domain.release_class import Classes, ReleaseClass
from gateway.domain.role import Role, one_role
from gateway.domain.sector import Sector
from gateway.federation.clients import NameIdFormat
from gateway.federation.models import Agreement, AttributeSet, IdpId, School, ServiceId
from gateway.release.policy import AttributePolicy, Policy
from tests.support.releasing import ECK_ID, OTHER_ECK_ID, TODAY, World, world
from tests.support.small_federation import identity_provider

ACCOUNT = "konto7391@school.example"
NAME_ID = "konto7391-name-id"
PUPIL_NUMBER = "leerling-82736"
REAL_ID = "real-55021@school"
PROFILE_ID = "55021@1.school"
LAS_KEY = "las-90817"
NO_ECK_ID = "geheim-4711"
LOCAL_IDS = {
    Attribute.REAL_ID: REAL_ID,
    Attribute.PROFILE_ID: PROFILE_ID,
    Attribute.LAS_KEY: LAS_KEY,
    Attribute.PUPIL_NUMBER: PUPIL_NUMBER,
}
"""What a school calls a learner by. It stays in the gateway, but for a fallback."""

ROLES = {**{role.value: role for role in Role}, "member": Role.AFFILIATE, "teacher": Role.EMPLOYEE}
BRINS = ("99XA", "99XB", "99XC01", "99XC02")
BOARDS = ("noord", "zuid")
PURPOSES = (Purpose.ACCESS, Purpose.GREETING)
GROUPS = ("H2A", "h2b")

_TEXT = st.text(st.characters(categories=("L",), max_codepoint=0x17F), min_size=1, max_size=12)
_OF_THE_PERSON = (Attribute.GIVEN_NAME, Attribute.SURNAME, Attribute.GROUP, Attribute.SUBGROUP, Attribute.INITIALS)


@dataclass(frozen=True)
class Login:
    """A generated world, and what an identity provider says in it. `named` is the school of the BRIN or domain."""

    world: World
    named: School
    sent: dict[str, tuple[str, ...]]
    roles: frozenset[Role]
    eck_ids: tuple[str, ...]

    @property
    def role(self) -> Role | None:
        return one_role(self.roles)

    @property
    def agreements_in_force(self) -> list[Agreement]:
        """By the letter of the rule, without the indexes of the snapshot."""
        return [
            one
            for one in self.world.agreements
            if (self.named.brin in one.schools or self.named.board in one.boards)
            and self._is_covered(one)
            and one.service == self.world.service.id
            and one.valid_from <= TODAY
            and (one.valid_until is None or one.valid_until >= TODAY)
        ]

    def _is_covered(self, agreement: Agreement) -> bool:
        if agreement.branches and self.named.brin not in agreement.branches:
            return False
        theirs = {group.casefold() for group in self.groups}
        return not agreement.groups or self.role is not Role.STUDENT or bool(theirs & agreement.groups)

    def accepted(self, agreement: Agreement) -> AttributeSet:
        return self.world.service.attribute_sets[agreement.attribute_set]

    @property
    def is_suspended(self) -> bool:
        return any(one.suspended for one in self.agreements_in_force)

    @property
    def groups(self) -> tuple[str, ...]:
        incoming = dialect(self.world.idp.dialect).incoming
        named = [name for name, one in incoming.items() if one in (Attribute.GROUP, Attribute.SUBGROUP)]
        return tuple(value for name in named for value in self.sent.get(name, ()))

    @property
    def is_spoken_for(self) -> bool:
        return self.named.brin in self.world.idp.schools


@st.composite
def schools(draw: st.DrawFn) -> tuple[School, ...]:
    """Up to four schools, two of them branches of one institution."""
    return tuple(
        School(
            Brin(brin),
            {Language.NL: f"School {brin}"},
            draw(st.sampled_from(Sector)),
            board=draw(st.sampled_from([*BOARDS, None])),
            domains=(f"{brin.lower()}.example",),
            digi_delivery_id=draw(st.sampled_from([f"guid-{brin}", None])),
            denies={ServiceId("rekentuin"): draw(st.frozensets(st.sampled_from(_OF_THE_PERSON), max_size=1))},
        )
        for brin in draw(st.lists(st.sampled_from(BRINS), min_size=1, unique=True))
    )


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    """Every class for everything, some of it by role, and attributes that the policy has forgotten."""
    classes = st.sampled_from([ReleaseClass.BASE, *ReleaseClass])
    forgotten = draw(st.frozensets(st.sampled_from(Attribute), max_size=2))
    by_role = draw(st.dictionaries(st.sampled_from(Attribute), st.tuples(st.sampled_from(Role), classes), max_size=3))
    in_sector = st.tuples(st.sampled_from(Sector), classes)
    by_sector = draw(st.dictionaries(st.sampled_from(Attribute), in_sector, max_size=3))
    drawn = draw(st.lists(classes, min_size=len(Attribute), max_size=len(Attribute)))
    return Policy(
        "generated",
        TODAY,
        {
            attribute: AttributePolicy(
                Classes(
                    one,
                    dict([by_role[attribute]] if attribute in by_role else []),
                    dict([by_sector[attribute]] if attribute in by_sector else []),
                ),
                frozenset(draw(st.sampled_from([list(PURPOSES), list(PURPOSES[:1]), []]))),
                draw(st.sampled_from([None, None, None, *choosable(attribute)])),
            )
            for attribute, one in zip(Attribute, drawn, strict=True)
            if attribute not in forgotten
        },
    )


@st.composite
def agreements(draw: st.DrawFn, versions: list[int], known: tuple[School, ...], wish: Fallback) -> Agreement:
    """Of some schools or boards, begun or not, ended or not, about this service or another, with any fallback."""
    return Agreement(
        ServiceId(draw(st.sampled_from(["rekentuin", "rekentuin", "rekentuin", "leesplein"]))),
        draw(st.sampled_from(versions)),
        TODAY + timedelta(days=draw(st.sampled_from([-400, -1, 0, 0, 1]))),
        draw(st.sampled_from([None, None, TODAY - timedelta(days=1), TODAY, TODAY + timedelta(days=300)])),
        f"A-{draw(st.integers(1, 99))}",
        schools=draw(st.frozensets(st.sampled_from([school.brin for school in known]))),
        boards=draw(st.frozensets(st.sampled_from(BOARDS), max_size=1)),
        fallback=draw(st.just(wish) | st.sampled_from(Fallback)),
        groups=draw(st.sampled_from([frozenset(), frozenset(), frozenset(GROUPS[1:]), frozenset({"elsewhere"})])),
        branches=draw(st.sampled_from([frozenset(), frozenset(), frozenset({Brin("99XC01")})])),
        suspended=draw(st.sampled_from([None, None, None, "a breach"])),
        reductions=draw(st.sampled_from([{}, {}, {Attribute.SURNAME: Reduction.INITIAL}])),
        namesakes=draw(st.booleans()),
    )


@st.composite
def attribute_sets(draw: st.DrawFn, number: int, asked: dict[Attribute, Purpose]) -> AttributeSet:
    """Some attributes of some roles alone, some reduced."""
    some = st.sampled_from(sorted(asked))
    roles = draw(st.dictionaries(some, st.frozensets(st.sampled_from(Role), min_size=1), max_size=2))
    wanted = {one: draw(st.sampled_from(choosable(one))) for one in draw(st.sets(some, max_size=1))}
    return AttributeSet(number, {Attribute.ECK_ID: Purpose.ACCESS, **asked}, roles=roles, reductions=wanted)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """A service with several sets, and an identity provider that speaks for some of the schools."""
    known = draw(schools())
    reads = draw(st.sampled_from(NAMES))
    carries = dialect(reads).carries
    purposes = st.dictionaries(st.sampled_from(sorted(carries - IDENTIFIERS)), st.sampled_from(PURPOSES), min_size=3)
    sets = draw(st.lists(purposes, min_size=1, max_size=2))
    numbered = {n: draw(attribute_sets(n, asked)) for n, asked in enumerate(sets, start=1)}
    made = world(
        name_id=draw(st.sampled_from(NameIdFormat)),
        wish=draw(st.sampled_from([one for one in Fallback if one.attribute is None or one.attribute in carries])),
        sectors=draw(st.frozensets(st.sampled_from(Sector), min_size=1)),
    )
    hub = identity_provider(IdpId("hub"), *(known if draw(st.integers(0, 5)) else known[1:]))
    return replace(
        made,
        service=replace(made.service, attribute_sets=numbered, dialect=reads),
        idp=replace(hub, dialect=draw(st.sampled_from(NAMES))),
        agreements=tuple(draw(st.lists(agreements(sorted(numbered), known, made.service.fallback), max_size=3))),
        policy=draw(policies()),
        schools=known,
    )


@st.composite
def logins(draw: st.DrawFn) -> Login:
    """Somebody of one of the schools: any role or a riddle, no, one or two ECK iDs, names that nobody knows."""
    made = draw(worlds())
    roles = draw(
        st.sampled_from([["student"], ["student", "member"], ["employee"], ["teacher", "staff"], ["affiliate"]])
        | st.lists(st.sampled_from([*ROLES, "king"]), max_size=3)
    )
    eck_ids = draw(st.sampled_from([[ECK_ID], [ECK_ID], [], [""], [ECK_ID, ""], [ECK_ID, OTHER_ECK_ID], [NO_ECK_ID]]))
    return _login(draw, made, draw(st.sampled_from(made.schools)), roles, eck_ids)


@st.composite
def sound_logins(draw: st.DrawFn) -> Login:
    """The same without what is refused at the door: mostly something goes."""
    made = draw(worlds())
    named = draw(st.sampled_from(made.schools))
    versions = st.sampled_from(sorted(made.service.attribute_sets))
    in_force = replace(
        draw(agreements([draw(versions)], made.schools, made.service.fallback)),
        service=made.service.id,
        valid_from=TODAY,
        valid_until=None,
        schools=frozenset({named.brin}),
        groups=frozenset(),
        branches=frozenset(),
        suspended=None,
    )
    classed = {
        **made.policy.attributes,
        Attribute.PROVISIONAL_ID: AttributePolicy(Classes(ReleaseClass.BASE)),
        Attribute.ECK_ID: draw(st.sampled_from([_ECK_ID_GOES, _ECK_ID_GOES, _ECK_ID_OF_PUPILS])),
    }
    made = replace(
        made,
        idp=replace(made.idp, schools=made.idp.schools | {named.brin}),
        agreements=(*(replace(one, suspended=None) for one in made.agreements), in_force),
        policy=replace(made.policy, attributes=classed),
    )
    roles = draw(st.sampled_from([["student"], ["student", "member"], ["employee"], ["teacher", "staff"]]))
    return _login(draw, made, named, roles, draw(st.sampled_from([[ECK_ID], [ECK_ID], [], [""]])))


_ECK_ID_GOES = AttributePolicy(Classes(ReleaseClass.BASE))
_ECK_ID_OF_PUPILS = AttributePolicy(Classes(ReleaseClass.BASE, {Role.EMPLOYEE: ReleaseClass.NEVER}))


def _login(draw: st.DrawFn, made: World, named: School, roles: list[str], eck_ids: list[str]) -> Login:
    absent = draw(st.frozensets(st.sampled_from([*LOCAL_IDS, *_OF_THE_PERSON]), max_size=4))
    values: dict[Attribute, tuple[str, ...]] = {
        Attribute.ROLE: tuple(roles),
        Attribute.ECK_ID: tuple(eck_ids),
        Attribute.SCHOOL: (str(named.brin),),
        Attribute.SCHOOL_DOMAIN: named.domains,
        Attribute.SCHOOL_NAME: ("As the school calls itself",),
        Attribute.EMAIL: ("fenna@mail.example",),
        Attribute.BIRTH_DATE: ("20140102",),
        **{attribute: (value,) for attribute, value in LOCAL_IDS.items() if attribute not in absent},
        **{attribute: (draw(_TEXT),) for attribute in _OF_THE_PERSON if attribute not in absent},
        Attribute.GROUP: (draw(st.sampled_from([*GROUPS, "H3C"])),),
    }
    sent = {
        "shoeSize": (draw(_TEXT),),
        dialect(made.idp.dialect).account[0][0]: (ACCOUNT,),
        **on_the_wire(values, made.idp.dialect),
    }
    known_roles = frozenset(ROLES[role] for role in roles if role in ROLES)
    return Login(made, named, sent, known_roles, tuple(one for one in eck_ids if one))


def on_the_wire(values: dict[Attribute, tuple[str, ...]], dialect_name: str) -> dict[str, tuple[str, ...]]:
    """What an identity provider of this dialect would send; what the dialect has no name for it does not send."""
    names: dict[Attribute, str] = {}
    for name, attribute in dialect(dialect_name).incoming.items():
        names.setdefault(attribute, name)
    return {names[attribute]: value for attribute, value in values.items() if attribute in names}
