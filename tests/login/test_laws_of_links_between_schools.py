"""From vmbo to mbo, over OpenID Connect: one identifier a login, each learner's own, in any order of what happens.

A learner has an ECK iD of vo at the school before; at the mbo school one of mbo comes sooner or later. In between the
accounts are linked, the link is ended or the school year is, and they log in at either school.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.domain.link import LinkKind
from gateway.domain.sector import Sector
from tests.support.dice import Dice
from tests.support.two_schools import (
    AT_HERE,
    AT_THERE,
    ECK_ID_HERE,
    ECK_ID_THERE,
    HERE,
    OF_AGE,
    THERE,
    Said,
    TwoSchools,
    two_schools,
)

VMBO, MBO = replace(THERE, sector=Sector.VO), replace(HERE, sector=Sector.MBO)
IDENTIFIERS = {"eckid", "provisional_id", "nl_edu_person_real_id", "nl_edu_person_profile_id", "las_key"}
LEARNERS, STEPS = ("lotte", "sem"), 24


@dataclass
class Learner:
    """One person. `arrived`: the mbo school has their ECK iD; `linked`: and the link has not ended."""

    name: str
    here: Said
    there: Said
    arrived: bool = False
    linked: bool = False
    subs: dict[str, set[str]] = field(default_factory=dict)
    """What the service knew them by, for each identifier that it got."""

    @property
    def at_mbo(self) -> Said:
        return {**self.here, **OF_AGE, **({"eckId": (self.eck_id_of_mbo,)} if self.arrived else {})}

    @property
    def eck_id_of_mbo(self) -> str:
        return _of(self.name, ECK_ID_HERE)

    @property
    def eck_id_of_vo(self) -> str:
        return _of(self.name, ECK_ID_THERE)


def _of(name: str, eck_id: str) -> str:
    return eck_id if name == LEARNERS[0] else eck_id[:-2] + "99"


def learners() -> Iterator[Learner]:
    for name in LEARNERS:
        there = {**AT_THERE, "uid": (f"{name}@bron.example",), "eckId": (_of(name, ECK_ID_THERE),)}
        yield Learner(name, {**AT_HERE, "uid": (f"{name}@petteflat.example",)}, there)


def logs_in(school: TwoSchools, one: Learner, *, at_mbo: bool) -> None:
    got = school.got(MBO, one.at_mbo) if at_mbo else school.got(VMBO, one.there)
    [(kind, identifier)] = [(name, got[name]) for name in got.keys() & IDENTIFIERS]
    if not at_mbo or one.linked:
        assert identifier == one.eck_id_of_vo
    elif one.arrived:
        assert identifier == one.eck_id_of_mbo
    else:
        assert kind == "provisional_id"
    one.subs.setdefault(identifier, set()).add(got["sub"])


@pytest.mark.parametrize("seed", range(4))
def test_each_learner_has_one_identifier_a_login_and_nobody_elses(tmp_path: Path, seed: int) -> None:
    dice, everybody = Dice(seed), list(learners())
    school = two_schools(
        tmp_path, here=MBO, there=VMBO, kinds=(LinkKind.TRANSITION,), sectors=frozenset({Sector.VO, Sector.MBO})
    )
    year_ends = dice.one(range(STEPS // 2, STEPS))
    for step in range(STEPS):
        one = dice.one(everybody)
        if step == year_ends:
            school.op.clock.forward(seconds=timedelta(days=400).total_seconds())
            for every in everybody:
                every.linked = False
        elif not one.linked and dice.one(range(4)) == 0:
            assert school.link(one.at_mbo, one.there) == "/link/done?pending=no"
            one.linked = True
        one.arrived |= dice.one(range(6)) == 0
        logs_in(school, one, at_mbo=dice.one([True, True, False]))
    for one in everybody:
        one.arrived = True
        logs_in(school, one, at_mbo=True)
    # One learner's identifiers are not the other's, and the service knew the one by one `sub` under each.
    mine, others = (set(one.subs) | set().union(*one.subs.values()) for one in everybody)
    assert not mine & others
    assert all(len(subs) == 1 for one in everybody for subs in one.subs.values())
    assert {row.kind for row in school.op.world.records.anomalies} <= {"eck_id_missing"}, "a year without is reported"
