"""Generated federations: schools of all sectors, both dialects, agreements in and out of force, two services."""

from dataclasses import replace
from datetime import timedelta

from gateway.attributes.dialects import NAMES, dialect
from gateway.domain.attribute import IDENTIFIERS, Attribute
from gateway.domain.brin import Brin
from gateway.domain.fallback import Fallback
from gateway.domain.language import Language
from gateway.domain.purpose import Purpose
from gateway.domain.reduction import Reduction, choosable
from gateway.domain.release_class import Classes, ReleaseClass
from gateway.domain.role import Role
from gateway.domain.sector import Sector
from gateway.federation.clients import NameIdFormat
from gateway.federation.models import Agreement, AttributeSet, IdpId, School, Service, ServiceId
from gateway.release.policy import AttributePolicy, Policy
from tests.support.dice import Dice
from tests.support.releasing import TODAY, World, world
from tests.support.small_federation import LEESPLEIN, REKENTUIN, identity_provider

BRINS = ("99XA", "99XB", "99XC01", "99XC02")
BRANCHES = (Brin("99XA07"), Brin("99XB01"), Brin("99XC01"))
"""Two of institutions with one entry, one with an entry of its own."""
BOARDS = ("noord", "zuid")
PURPOSES = (Purpose.ACCESS, Purpose.GREETING)
GROUPS = ("H2A", "h2b", "H3C")
OF_THE_PERSON = (Attribute.GIVEN_NAME, Attribute.SURNAME, Attribute.GROUP, Attribute.SUBGROUP, Attribute.INITIALS)

_ATTRIBUTES, _ROLES, _SECTORS = tuple(Attribute), tuple(Role), tuple(Sector)
_CLASSES = (ReleaseClass.BASE, *ReleaseClass)


def schools(dice: Dice) -> tuple[School, ...]:
    """Up to four schools, two of them branches of one institution."""
    return tuple(
        School(
            Brin(brin),
            {Language.NL: f"School {brin}"},
            dice.one(_SECTORS),
            board=dice.one([*BOARDS, None]),
            domains=(f"{brin.lower()}.example",),
            digi_delivery_id=dice.one([f"guid-{brin}", None]),
            denies={service: frozenset(dice.some(OF_THE_PERSON, at_most=2)) for service in (REKENTUIN, LEESPLEIN)},
        )
        for brin in dice.some(BRINS, at_least=1)
    )


def policy(dice: Dice) -> Policy:
    """Every class for everything, some of it by role, sector or both, and attributes that the policy has forgotten."""
    forgotten = dice.some(_ATTRIBUTES, at_most=2)
    return Policy("generated", TODAY, {one: _classed(dice, one) for one in Attribute if one not in forgotten})


def _classed(dice: Dice, attribute: Attribute) -> AttributePolicy:
    by_role, by_sector, by_both = {}, {}, {}
    if dice.one([True, False, False]):
        by_role = dice.mapping(_ROLES, _CLASSES, at_most=2)
        by_sector = dice.mapping(_SECTORS, _CLASSES, at_most=2)
        by_both = dice.mapping([(sector, role) for sector in Sector for role in Role], _CLASSES, at_most=3)
    fitting = dice.one([PURPOSES, PURPOSES[:1], ()])
    reduction = dice.one([None, None, None, *choosable(attribute)])
    return AttributePolicy(Classes(dice.one(_CLASSES), by_role, by_sector, by_both), frozenset(fitting), reduction)


def agreement(dice: Dice, versions: list[int], known: tuple[School, ...], wish: Fallback) -> Agreement:
    """Of some schools or boards, begun or not, ended or not, about this service or another, with any fallback."""
    return Agreement(
        dice.one([REKENTUIN, REKENTUIN, REKENTUIN, LEESPLEIN]),
        dice.one(versions),
        TODAY + timedelta(days=dice.one([-400, -1, 0, 0, 1])),
        dice.one([None, None, TODAY - timedelta(days=1), TODAY, TODAY + timedelta(days=300)]),
        f"A-{dice.one(range(1, 99))}",
        schools=frozenset(dice.some([school.brin for school in known])),
        boards=frozenset(dice.some(BOARDS, at_most=1)),
        fallback=dice.one([wish, wish, *Fallback]),
        groups=frozenset(one.casefold() for one in dice.one([(), (), GROUPS[1:2], GROUPS[:2], ("elsewhere",)])),
        branches=frozenset(dice.one([(), (), BRANCHES[:1], BRANCHES])),
        suspended=dice.one([None, None, None, "a breach"]),
        reductions=dice.one([{}, {}, {Attribute.SURNAME: Reduction.INITIAL}, {Attribute.GIVEN_NAME: Reduction.NONE}]),
        namesakes=dice.one([True, False]),
    )


def attribute_set(dice: Dice, number: int, carries: frozenset[Attribute]) -> AttributeSet:
    """Some attributes, of some roles alone, some reduced; second identifiers, too, which no configuration may ask."""
    asked = dice.mapping(sorted(carries - IDENTIFIERS), PURPOSES, at_least=3)
    asked |= dice.mapping(sorted(carries & IDENTIFIERS), PURPOSES, at_most=2)
    roles = {one: frozenset(dice.some(_ROLES, at_least=1)) for one in dice.some(sorted(asked), at_most=3)}
    wanted = {one: dice.one(choosable(one)) for one in dice.some(sorted(asked.keys() - IDENTIFIERS), at_most=2)}
    return AttributeSet(number, {Attribute.ECK_ID: Purpose.ACCESS, **asked}, roles=roles, reductions=wanted)


def service(dice: Dice, like: Service, service_id: ServiceId, versions: int) -> Service:
    """A service with so many numbered sets, which reads either dialect."""
    reads = dice.one(NAMES)
    carries = dialect(reads).carries
    return replace(
        like,
        id=service_id,
        dialect=reads,
        fallback=dice.one([one for one in Fallback if one.attribute is None or one.attribute in carries]),
        sectors=frozenset(dice.some(_SECTORS, at_least=1)),
        attribute_sets={number: attribute_set(dice, number, carries) for number in range(1, versions + 1)},
    )


def federation(dice: Dice) -> World:
    """Two services with several sets each, and an identity provider that speaks for some of the schools."""
    known = schools(dice)
    versions = dice.one([1, 2, 3])
    made = world(name_id=dice.one(list(NameIdFormat)))
    here, there = (service(dice, made.service, one, versions) for one in (REKENTUIN, LEESPLEIN))
    hub = identity_provider(IdpId("hub"), *(known if dice.often() else known[1:]))
    agreed = [agreement(dice, [*here.attribute_sets], known, here.fallback) for _ in range(dice.one(range(5)))]
    return replace(
        made,
        service=here,
        other_services=(there,),
        idp=replace(hub, dialect=dice.one(NAMES)),
        agreements=tuple(agreed),
        policy=policy(dice),
        schools=known,
    )
