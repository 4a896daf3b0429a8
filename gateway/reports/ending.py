"""The agreements of a school, and what is the matter with each on a day."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from gateway.domain.language import Language, in_language
from gateway.federation.dates import SOON
from gateway.federation.models import Agreement, School
from gateway.federation.snapshot import Federation


class State(StrEnum):
    """`ending`: within 30 days."""

    IN_FORCE = "in-force"
    ENDING = "ending"
    ENDED = "ended"
    NOT_YET = "not-yet"
    SUSPENDED = "suspended"


@dataclass(frozen=True, slots=True)
class AgreementLine:
    """An agreement of the school or its board. `newest_set` is what the service asks by now."""

    service: str
    name: str
    reference: str
    attribute_set: int
    newest_set: int
    valid_from: date
    valid_until: date | None
    state: State


def agreements_of(
    federation: Federation, school: School, *, since: date, today: date, language: Language
) -> Iterator[AgreementLine]:
    """Those that were in force on a day from `since` on, or will be; what ends first stands first."""
    found = [
        one
        for one in federation.agreements
        if (school.brin in one.schools or school.board in one.boards)
        and (one.valid_until is None or one.valid_until >= since)
    ]
    for one in sorted(found, key=lambda one: (one.valid_until or date.max, one.service, one.valid_from)):
        service = federation.services[one.service]
        yield AgreementLine(
            service=service.id,
            name=in_language(service.names, language),
            reference=one.reference,
            attribute_set=one.attribute_set,
            newest_set=max(service.attribute_sets),
            valid_from=one.valid_from,
            valid_until=one.valid_until,
            state=_state(one, today),
        )


def _state(agreement: Agreement, today: date) -> State:
    until = agreement.valid_until
    if until is not None and until < today:
        return State.ENDED
    if agreement.suspended is not None:
        return State.SUSPENDED
    if agreement.valid_from > today:
        return State.NOT_YET
    return State.ENDING if until is not None and until < today + SOON else State.IN_FORCE
