"""Account links on SQL: who comes with which account, sealed; beside the seal stand keyed hashes, a school and days."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, Select, and_, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.link import LinkKind, LinkState
from gateway.domain.randomness import Randomness
from gateway.storage import schema
from gateway.storage.contracts import LinkRow
from gateway.storage.engine import utc
from gateway.storage.sealing import CannotOpen, Sealer, SecretKey
from gateway.storage.transaction import transaction

_PURPOSE = "account-link"
_links = schema.account_links
_column = schema.account_links.c


class SqlLinks:
    """Fulfils Links. `keys` seal, the first of them what is new."""

    def __init__(self, engine: Engine, *, keys: Sequence[SecretKey], randomness: Randomness) -> None:
        self._engine = engine
        self._sealer = Sealer(keys, randomness)

    def of_holder(self, holder: str, school: str) -> LinkRow | None:
        return next(iter(self._found(_column.holder == holder, _column.school == school)), None)

    def from_account(self, holder: str, at: str) -> tuple[LinkRow, ...]:
        return self._found(_column.holder == holder, _column.at == at)

    def of_linked(self, linked: str) -> tuple[LinkRow, ...]:
        return self._found(_column.linked == linked)

    def make(self, row: LinkRow, *, instead_of: Sequence[str] = ()) -> bool:
        try:
            with transaction(self._engine, through=(IntegrityError,)) as connection:
                connection.execute(delete(_links).where(_column.id.in_(instead_of)))
                connection.execute(insert(_links).values(self._values(row)))
        except IntegrityError:
            return False
        return True

    def change(self, row: LinkRow, *, was: LinkState) -> bool:
        values, unchanged = self._values(row), (_column.id == row.id, _column.state == was.value)
        with transaction(self._engine, through=(IntegrityError,)) as connection:
            return connection.execute(update(_links).where(*unchanged).values(values)).rowcount == 1

    def of_account(self, account: str) -> tuple[LinkRow, ...]:
        return self._found(links_of(account))

    def all(self, *, school: str | None = None, account: str | None = None, link: str | None = None) -> list[LinkRow]:
        """Those of a school, of an account on either side, or the one of this id; the newest last."""
        wanted = list[ColumnElement[bool]]()
        if school is not None:
            wanted.append(or_(_column.school == school, _column.at == school))
        if account is not None:
            wanted.append(links_of(account))
        if link is not None:
            wanted.append(_column.id == link)
        return list(self._found(*wanted))

    def revoke(self, links: Sequence[str]) -> int:
        with transaction(self._engine, through=(IntegrityError,)) as connection:
            return connection.execute(delete(_links).where(_column.id.in_(links))).rowcount

    def move(self, connection: Connection, old: str, new: str, *, idp: str, school: Callable[[str], str]) -> int:
        """Have the links of one account be another's, in a transaction that is under way; how many.

        `idp` is the identity provider of the other, `school` what takes the place of a school.
        """
        rows = connection.execute(select(_links).where(links_of(old))).all()
        for row in map(self._opened, rows):
            content = row.content
            if row.linked == old:
                content = json.dumps({**json.loads(content), "idp": idp}, separators=(",", ":")).encode()
            moved = replace(
                row,
                holder=new if row.holder == old else row.holder,
                linked=new if row.linked == old else row.linked,
                school=school(row.school),
                at=school(row.at) if row.at else None,
                content=content,
            )
            connection.execute(update(_links).where(_column.id == row.id).values(self._values(moved)))
        return len(rows)

    def reseal(self) -> int:
        """Seal all of them with the active key; how many. It can be ended and begun again."""
        return sum(self.change(row, was=row.state) for row in self._found())

    def _found(self, *wanted: ColumnElement[bool]) -> tuple[LinkRow, ...]:
        with transaction(self._engine, through=(IntegrityError,)) as connection:
            rows = connection.execute(select(_links).where(*wanted).order_by(_column.made, _column.id)).all()
        return tuple(self._opened(row) for row in rows)

    def _values(self, row: LinkRow) -> dict[str, Any]:
        return {
            "id": row.id,
            "kind": row.kind.value,
            "state": row.state.value,
            "holder": row.holder,
            "linked": row.linked,
            "school": row.school,
            "made": row.made,
            "seen": row.seen,
            "until": row.until,
            "at": row.at,
            "approved": row.approved,
            "approved_by": row.approved_by,
            "approval": row.approval,
            "told": row.told,
            "sealed": self._sealer.seal(row.content, purpose=_PURPOSE, key=row.bound_to),
        }

    def _opened(self, row: Row[Any]) -> LinkRow:
        found = LinkRow(
            id=row.id,
            kind=LinkKind(row.kind),
            state=LinkState(row.state),
            holder=row.holder,
            linked=row.linked,
            school=row.school,
            made=utc(row.made),
            seen=utc(row.seen),
            until=row.until,
            content=b"",
            at=row.at,
            approved=utc(row.approved) if row.approved else None,
            approved_by=row.approved_by,
            approval=row.approval,
            told=row.told,
        )
        try:
            content = self._sealer.open(row.sealed, purpose=_PURPOSE, key=found.bound_to)
        except CannotOpen as cause:
            raise SluisError(ErrorCode.STORE_UNAVAILABLE, cause=f"a link of {row.school}: {cause}") from cause
        return replace(found, content=content)


def delete_links_of(connection: Connection, account: str) -> int:
    """Remove the links of an account, on either side, in a transaction that is under way."""
    return connection.execute(delete(_links).where(links_of(account))).rowcount


def close_links_of(connection: Connection, accounts: Sequence[str] | Select[Any], school: str | None = None) -> int:
    """Have the links of accounts end that are no more, at one school or at any, in a transaction that is under way.

    Their owners are told. Who comes with an identity of their own has an account at no school.
    """
    linked: list[ColumnElement[bool]] = [_column.linked.in_(accounts)]
    holding: list[ColumnElement[bool]] = [_column.holder.in_(accounts), _column.at.is_not(None)]
    if school is not None:
        linked.append(_column.school == school)
        holding.append(_column.at == school)
    closed = update(_links).where(or_(and_(*linked), and_(*holding)), _column.state != LinkState.CLOSED.value)
    return connection.execute(closed.values(state=LinkState.CLOSED.value, told=False)).rowcount


def links_of(account: str) -> ColumnElement[bool]:
    """Which links an account is in, on either side."""
    return or_(_column.holder == account, _column.linked == account)
