"""Law 6, ledger first: what leaves is in the ledger before, as it leaves; with a ledger that fails nothing leaves."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.domain.attribute import Attribute
from gateway.domain.errors import ErrorCode, SluisError
from gateway.release.record import load
from gateway.storage import migrate
from gateway.storage.engine import open_engine
from gateway.storage.ledger_verification import verify
from tests.support.generated_logins import NAME_ID, Login, at, logins, sound_logins
from tests.support.ledger import LEDGER_KEY, sql_ledger
from tests.support.releasing import NOW, SENT, world

pytestmark = pytest.mark.untraced

many = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


class Disk:
    """A ledger in a file, what another process finds in that file, and a way to make the file fail."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / "lasting.sqlite"
        self.engine = open_engine("sqlite:///lasting.sqlite", directory=directory)
        migrate.upgrade(self.engine)
        self.ledger = sql_ledger(self.engine)

    def rows(self) -> list[tuple[str, str | None, str]]:
        with closing(sqlite3.connect(self._path)) as other:
            return other.execute("SELECT outcome, code, decision FROM ledger ORDER BY id").fetchall()

    def fail(self) -> None:
        self._path.rename(self._path.with_suffix(".away"))

    def recover(self) -> None:
        self._path.with_suffix(".away").rename(self._path)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    made = Disk(tmp_path)
    yield made
    made.ledger.close()
    made.engine.dispose()


@many
@given(st.lists(st.tuples(logins() | sound_logins(), st.booleans()), min_size=1, max_size=4))
def test_law_6_ledger_first(disk: Disk, tried: list[tuple[Login, bool]]) -> None:
    """Each release stands in the file when it is handed on; with a file that fails there is neither row nor release."""
    for login, fails in tried:
        before = disk.rows()
        if fails:
            disk.fail()
        try:
            outcome = at(login, ledger=disk.ledger).world.release(login.sent, name_id=NAME_ID)
        except SluisError as error:
            expected = None if fails else ("refused", error.code.value, "{}")
            assert (error.code is ErrorCode.LEDGER_UNAVAILABLE) is fails
        else:
            assert not fails
            [*_, (*_, decision)] = disk.rows()
            assert load(decision) == outcome.decision.rulings
            expected = ("released", None, decision)
        finally:
            if fails:
                disk.recover()
        assert disk.rows() == [*before, *([expected] if expected else [])]
        assert ("sluis_ledger_failures_total 1.0" in login.world.metrics.render().decode()) is fails
    assert verify(disk.engine, (LEDGER_KEY,)).flaws == ()


@many
@given(sound_logins())
def test_law_6_the_row_says_what_left_and_holds_nothing_of_it(login: Login) -> None:
    try:
        outcome = login.world.release(login.sent, name_id=NAME_ID)
    except SluisError:
        return
    [row] = login.world.records.ledger
    decision, subject = outcome.decision, outcome.released.subject
    assert load(row.decision) == decision.rulings
    assert {one for one, ruling in load(row.decision).items() if ruling.goes} == set(outcome.released.values)
    assert (row.at, row.service, row.idp) == (NOW, login.world.service.id, login.world.idp.id)
    assert (row.school, row.role, row.policy) == (str(login.named.brin), login.role, "generated")
    assert (row.agreement, row.attribute_set) == (decision.agreement.reference, decision.agreement.attribute_set)
    assert row.subject_kind == subject.kind
    personal = [Attribute.GIVEN_NAME, Attribute.SURNAME, Attribute.INITIALS, Attribute.EMAIL, subject.kind.attribute]
    values = [value for one in personal for value in outcome.released.values.get(one, ()) if len(value) > 3]
    assert [value for value in values if value in repr(row)] == []


def test_law_6_a_refusal_that_cannot_be_written_says_so_too() -> None:
    """A ledger that cannot be written lets nothing go, and says so; a refusal that cannot be written says so, too."""
    for sent in (SENT, {**SENT, "eckId": ("x",)}):
        given_world = world(Attribute.GIVEN_NAME)

        def full(_row: object, *, seen: object) -> None:
            raise SluisError(ErrorCode.LEDGER_UNAVAILABLE)

        given_world.records.append = full  # type: ignore[method-assign]
        with pytest.raises(SluisError) as caught:
            given_world.release(sent)
        assert caught.value.code is ErrorCode.LEDGER_UNAVAILABLE
