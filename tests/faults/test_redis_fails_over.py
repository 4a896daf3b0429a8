"""The master of a watched Redis dies while a pupil is at school: the replica has the login, and ends it."""

from pathlib import Path

from tests.faults.page import Fault, note
from tests.faults.people import AtSchool, begins, nothing_acknowledged_is_lost, well
from tests.support.outages import OnServers, beside
from tests.support.postgresql_server import url_of
from tests.support.redis_server import Sentinels, operator, sentinels
from tests.support.server_process import ServerProcess, eventually


def test_the_master_is_killed_while_the_pupil_is_at_school(stores: OnServers, tmp_path: Path) -> None:
    with (
        sentinels(tmp_path) as watched,
        beside(stores, tmp_path / "gateway", redis=watched.url, postgresql=url_of(stores.postgresql)) as gateway,
    ):
        pupil, before = AtSchool.sent_by(gateway), watched.master()
        watched.wait_for_replica()
        before.kill()
        saw = pupil.comes_back()
        assert {str(begins(gateway)) for _ in range(4)} == {str(saw)}
        eventually(lambda: _took_over(watched, before), "the replica is the master")
        recovered = well(gateway)
        lost = pupil.ending()
        nothing_acknowledged_is_lost(gateway)
    note(Fault.REDIS_FAILS_OVER, saw=saw, lost=lost, well=f"{recovered} of that")


def _took_over(watched: Sentinels, before: ServerProcess) -> bool:
    now = watched.master()
    if now is before:
        return False
    with operator(now) as asked:
        return asked.role()[0] == b"master"
