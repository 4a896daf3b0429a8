"""Somebody who logs in somewhere in a generated federation."""

from dataclasses import dataclass, replace

from hypothesis import strategies as st

from gateway.attributes.dialects import dialect
from gateway.domain.attribute import Attribute
from gateway.domain.brin import Brin
from gateway.domain.language import Language
from gateway.domain.release_class import Classes, ReleaseClass
from gateway.domain.role import Role, one_role
from gateway.federation.models import Agreement, AttributeSet, School
from gateway.release.policy import AttributePolicy
from tests.support.dice import Dice
from tests.support.generated_federation import BRANCHES, GROUPS, OF_THE_PERSON, agreement, federation
from tests.support.releasing import ECK_ID, OTHER_ECK_ID, TODAY, World

ACCOUNT = "konto7391@school.example"
NAME_ID = "konto7391-name-id"
NO_ECK_ID = "geheim-4711"
LOCAL_IDS = {
    Attribute.REAL_ID: "real-55021@school",
    Attribute.PROFILE_ID: "55021@1.school",
    Attribute.LAS_KEY: "las-90817",
    Attribute.PUPIL_NUMBER: "leerling-82736",
}
"""What a school calls a learner by. It stays in the gateway, but for a fallback."""
ROLES = {**{role.value: role for role in Role}, "member": Role.AFFILIATE, "teacher": Role.EMPLOYEE}

_BORN = (("20140102",), ("20000229",), (), ("20140102", "20000229"), ("20300101",))


@dataclass(frozen=True)
class Login:
    """A generated world, and what an identity provider says in it. `named` is the school of the BRIN or domain.

    `branch` is the branch that it names: of 6 characters, the school's own or another of the institution.
    """

    world: World
    named: School
    branch: Brin | None
    sent: dict[str, tuple[str, ...]]
    roles: frozenset[Role]
    eck_ids: tuple[str, ...]

    @property
    def role(self) -> Role | None:
        return one_role(self.roles)

    @property
    def agreements_in_force(self) -> list[Agreement]:
        """By the letter of the rule, without the indexes of the snapshot; the one that counts comes first."""
        counting = [
            one
            for one in self.world.agreements
            if (self.named.brin in one.schools or self.named.board in one.boards)
            and self._is_covered(one)
            and one.service == self.world.service.id
            and one.valid_from <= TODAY
            and (one.valid_until is None or one.valid_until >= TODAY)
        ]
        return sorted(counting, key=lambda one: (self.named.brin not in one.schools, TODAY - one.valid_from))

    def _is_covered(self, agreement: Agreement) -> bool:
        if agreement.branches and self.branch not in agreement.branches:
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
        return self._sent_as(Attribute.GROUP) + self._sent_as(Attribute.SUBGROUP)

    @property
    def canonical(self) -> dict[Attribute, tuple[str, ...]]:
        """What the person has, with what the gateway knows better: the school, and the role that theirs come to."""
        school = self.named
        registered = {
            Attribute.SCHOOL: str(school.brin.main),
            Attribute.SCHOOL_BRANCH: self.branch and has_brins(self.world) and str(self.branch),
            Attribute.SCHOOL_NAME: school.names[Language.NL],
            Attribute.SCHOOL_DOMAIN: school.domains[0],
            Attribute.DIGI_DELIVERY_ID: school.digi_delivery_id,
            Attribute.ROLE: self.role and str(self.role),
        }
        found = {one: self._sent_as(one) for one in Attribute if one not in registered}
        return found | {one: (value,) if value else () for one, value in registered.items()}

    def _sent_as(self, attribute: Attribute) -> tuple[str, ...]:
        incoming = dialect(self.world.idp.dialect).incoming
        names = [name for name, one in incoming.items() if one is attribute]
        return tuple(dict.fromkeys(value for name in names for value in self.sent.get(name, ()) if value))

    @property
    def is_spoken_for(self) -> bool:
        return self.named.brin in self.world.idp.schools


def at(login: Login, **changes: object) -> Login:
    """The same person in a world with these changes."""
    return replace(login, world=replace(login.world, **changes))


def logins() -> st.SearchStrategy[Login]:
    """Somebody of one of the schools: any role or a riddle, no, one or two ECK iDs, names that nobody knows."""
    return _seeds.map(lambda seed: _any_login(Dice(seed)))


def sound_logins() -> st.SearchStrategy[Login]:
    """The same without what is refused at the door: mostly something goes."""
    return _seeds.map(lambda seed: sound_login(Dice(seed)))


_seeds = st.integers(0, 2**64 - 1)
_ROLES_SENT = (["student"], ["student"], ["student", "member"], ["employee"], ["teacher", "staff"], ["affiliate"])
_ECK_IDS = ([ECK_ID], [ECK_ID], [], [""])
_BAD_ECK_IDS = ([ECK_ID, ""], [ECK_ID, OTHER_ECK_ID], [NO_ECK_ID])
_ECK_ID_GOES = AttributePolicy(Classes(ReleaseClass.BASE))
_ECK_ID_OF_PUPILS = AttributePolicy(Classes(ReleaseClass.BASE, {Role.EMPLOYEE: ReleaseClass.NEVER}))


def _any_login(dice: Dice) -> Login:
    made = federation(dice)
    roles = dice.one([*_ROLES_SENT, dice.some([*ROLES, "king"], at_most=3)])
    return _login(dice, made, dice.one(made.schools), roles, dice.one([*_ECK_IDS, *_BAD_ECK_IDS]))


def sound_login(dice: Dice) -> Login:
    made = federation(dice)
    named = dice.one(made.schools)
    login = _login(dice, made, named, dice.one(_ROLES_SENT), dice.one(_ECK_IDS))
    limited = dice.one([True, False])
    in_force = replace(
        agreement(dice, [*made.service.attribute_sets], made.schools, made.service.fallback),
        service=made.service.id,
        valid_from=TODAY,
        valid_until=None,
        schools=frozenset({named.brin}),
        groups=frozenset(group.casefold() for group in login.groups[:1]) if limited else frozenset(),
        branches=frozenset({login.branch}) if limited and login.branch else frozenset(),
        suspended=None,
    )
    classed = {
        **made.policy.attributes,
        Attribute.PROVISIONAL_ID: AttributePolicy(Classes(ReleaseClass.BASE)),
        Attribute.ECK_ID: dice.one([_ECK_ID_GOES, _ECK_ID_GOES, _ECK_ID_OF_PUPILS]),
    }
    return at(
        login,
        idp=replace(made.idp, schools=made.idp.schools | {named.brin}),
        agreements=(*(replace(one, suspended=None) for one in made.agreements), in_force),
        policy=replace(made.policy, attributes=classed),
    )


def _login(dice: Dice, made: World, named: School, roles: list[str], eck_ids: list[str]) -> Login:
    absent = dice.some([*LOCAL_IDS, *OF_THE_PERSON], at_most=4)
    of_named = [one for one in BRANCHES if one.main == named.brin]
    branch = named.brin if named.brin.branch else dice.one([None, *of_named])
    values: dict[Attribute, tuple[str, ...]] = {
        Attribute.ROLE: tuple(roles),
        Attribute.ECK_ID: tuple(eck_ids),
        Attribute.SCHOOL: (str(named.brin),),
        **({Attribute.SCHOOL_BRANCH: (str(branch),)} if branch else {}),
        Attribute.SCHOOL_DOMAIN: named.domains,
        Attribute.SCHOOL_NAME: ("As the school calls itself",),
        Attribute.EMAIL: ("fenna@mail.example",),
        Attribute.BIRTH_DATE: dice.one(_BORN),
        **{attribute: (value,) for attribute, value in LOCAL_IDS.items() if attribute not in absent},
        **{attribute: (dice.word(),) for attribute in OF_THE_PERSON if attribute not in absent},
        Attribute.GROUP: tuple(dice.some(GROUPS, at_least=1, at_most=2)),
    }
    sent = {
        "shoeSize": (dice.word(),),
        dialect(made.idp.dialect).account[0][0]: (ACCOUNT,),
        **on_the_wire(values, made.idp.dialect),
    }
    if not has_brins(made):
        branch = named.brin if named.brin.branch else None
    known_roles = frozenset(ROLES[role] for role in roles if role in ROLES)
    return Login(made, named, branch, sent, known_roles, tuple(one for one in eck_ids if one))


def has_brins(made: World) -> bool:
    """Whether the dialect has a name for BRINs; else the school is known by its domain, and its branch by nothing."""
    return Attribute.SCHOOL in dialect(made.idp.dialect).incoming.values()


def on_the_wire(values: dict[Attribute, tuple[str, ...]], dialect_name: str) -> dict[str, tuple[str, ...]]:
    """What an identity provider of this dialect would send; what the dialect has no name for it does not send."""
    names: dict[Attribute, str] = {}
    for name, attribute in dialect(dialect_name).incoming.items():
        names.setdefault(attribute, name)
    return {names[attribute]: value for attribute, value in values.items() if attribute in names}
