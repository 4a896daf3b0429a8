"""What is known of anomalies: one case for each account and kind, however many days it was seen."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, and_, func, or_, select, update

from gateway.domain.anomaly import Anomaly
from gateway.storage import schema, seen_eck_ids
from gateway.storage.engine import utc

_rows = schema.anomalies.c


@dataclass(frozen=True, slots=True)
class AnomalyCase:
    """One kind of anomaly of one account. `id` names it in commands; `reference` is that of its last login."""

    id: int
    kind: str
    idp: str
    school: str | None
    first: datetime
    last: datetime
    days: int
    reference: str
    resolved: bool


def cases(engine: Engine, *, kind: str | None, school: str | None, resolved: bool) -> Iterator[AnomalyCase]:
    """The open ones, or also those that were resolved; the newest first. Raises SQLAlchemyError."""
    wanted = select(
        func.max(_rows.id).label("id"),
        _rows.kind,
        _rows.idp,
        func.max(_rows.school).label("school"),
        func.min(_rows.at).label("first"),
        func.max(_rows.at).label("last"),
        func.count().label("days"),
        func.count(_rows.resolved).label("resolved"),
    ).group_by(_rows.kind, _rows.idp, _rows.account)
    if kind:
        wanted = wanted.where(_rows.kind == kind)
    if school:
        wanted = wanted.where(_rows.school == school)
    if not resolved:
        wanted = wanted.where(_rows.resolved.is_(None))
    with engine.connect() as connection:
        for row in connection.execute(wanted.order_by(func.max(_rows.at).desc())):
            yield AnomalyCase(
                id=row.id,
                kind=row.kind,
                idp=row.idp,
                school=row.school,
                first=utc(row.first),
                last=utc(row.last),
                days=row.days,
                reference=connection.scalars(select(_rows.reference).where(_rows.id == row.id)).one(),
                resolved=row.resolved == row.days,
            )


def accounts(
    engine: Engine, *, since: datetime, until: datetime, school: str, idps: Sequence[str]
) -> Mapping[Anomaly, int]:
    """At how many accounts of a school each kind was seen in a time; `idps` are those that speak for it alone.

    Kinds that this gateway does not know are left out. Raises SQLAlchemyError.
    """
    theirs = or_(_rows.school == school, and_(_rows.school.is_(None), _rows.idp.in_(idps)))
    whose = select(_rows.kind, _rows.idp, _rows.account).where(_rows.at >= since, _rows.at < until, theirs).distinct()
    counted = whose.subquery()
    wanted = select(counted.c.kind, func.count()).group_by(counted.c.kind)
    with engine.connect() as connection:
        found = {row[0]: row[1] for row in connection.execute(wanted)}
    return {kind: found[kind] for kind in Anomaly if kind in found}


def case(engine: Engine, number: int) -> AnomalyCase | None:
    """The case that this number names."""
    return next((one for one in cases(engine, kind=None, school=None, resolved=True) if one.id == number), None)


def resolve(engine: Engine, number: int, now: datetime) -> bool:
    """Close the case; seen again on another day it is open again. False when no open case has this number.

    Of accounts that share an ECK iD the case's account is the one that has it, from now on.
    """
    named = select(schema.anomalies).where(_rows.id == number)
    with engine.begin() as connection:
        row = connection.execute(named).one_or_none()
        if row is None:
            return False
        if row.kind == Anomaly.ECK_ID_SHARED:
            seen_eck_ids.give(connection, row.account, row.school or "")
        of_case = and_(_rows.kind == row.kind, _rows.idp == row.idp, _rows.account == row.account)
        closed = update(schema.anomalies).where(of_case, _rows.resolved.is_(None)).values(resolved=now)
        return connection.execute(closed).rowcount > 0
