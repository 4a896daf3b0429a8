"""A decision from the look-up of the agreement to its record, over 10,000 agreements and 10: microseconds of CPU."""

import statistics
import time
from dataclasses import replace

from gateway.attributes.values import Attributes
from gateway.domain.attribute import Attribute
from gateway.domain.brin import Brin
from gateway.domain.reduction import Reduction
from gateway.domain.role import Role
from gateway.federation.models import Agreement, Member
from gateway.federation.snapshot import Federation
from gateway.pseudonyms.subject import Subject, SubjectKind
from gateway.release.decision import Case, decide
from gateway.release.record import dump
from tests.support.releasing import SCHOOL, TODAY, world

_ROUNDS, _DECISIONS = 15, 400
_ASKED = (
    Attribute.GIVEN_NAME, Attribute.SURNAME_PREFIX, Attribute.SURNAME, Attribute.ROLE, Attribute.SCHOOL,
    Attribute.SCHOOL_NAME, Attribute.SCHOOL_BRANCH, Attribute.GROUP, Attribute.EMAIL, Attribute.ADULT,
)  # fmt: skip


def measure() -> dict[str, object]:
    """The median of rounds, so that a busy machine spoils none."""
    return {"decision_us": round(spent(10_000), 1), "decision_us_of_10_agreements": round(spent(10), 1)}


def spent(count: int) -> float:
    """Microseconds of one decision, over so many agreements."""
    given = world(*_ASKED)
    schools = [replace(SCHOOL, brin=_brin(number)) for number in range(count)]
    agreements = [
        Agreement(
            given.service.id, 1, TODAY, None, f"A-{school.brin}", schools=frozenset({school.brin}),
            groups=frozenset({"h2a"}), reductions={Attribute.SURNAME: Reduction.INITIAL},
        )
        for school in schools
    ]  # fmt: skip
    federation = Federation.of(schools=schools, identity_providers=(), services=(given.service,), agreements=agreements)
    values = dict.fromkeys(_ASKED, ("Value",)) | {Attribute.GROUP: ("H2A",), Attribute.BIRTH_DATE: ("20120304",)}
    del values[Attribute.ADULT]
    attributes, member = Attributes(values), Member(Role.STUDENT, None, ("H2A",))
    subject = Subject(SubjectKind.ECK_ID, "", "")
    rounds = []
    for number in range(_ROUNDS):
        some = schools[number % count :: max(1, count // _DECISIONS)]
        begun = time.process_time_ns()
        for at in range(_DECISIONS):
            school = some[at % len(some)]
            agreement = federation.agreement(given.service.id, school, TODAY, member)
            decision, _ = decide(
                Case(
                    service=given.service,
                    agreement=agreement,
                    policy=given.policy,
                    school=school,
                    role=Role.STUDENT,
                    subject=subject,
                    attributes=attributes,
                    today=TODAY,
                )
            )
            dump(decision.rulings)
        rounds.append((time.process_time_ns() - begun) / _DECISIONS / 1000)
    return statistics.median(rounds)


def _brin(number: int) -> Brin:
    hundreds = number // 100
    return Brin(f"{number % 100:02}{chr(65 + hundreds // 26)}{chr(65 + hundreds % 26)}")
