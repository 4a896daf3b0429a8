"""An account that the school's administration says is gone: what is linked to it ends, and its owner is told."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from gateway.domain.errors import ErrorCode
from gateway.domain.link import LinkState
from gateway.domain.randomness import SystemRandomness
from gateway.domain.sector import Sector
from gateway.federation.models import EckIdSource
from gateway.login.steps import ShowMine
from gateway.pseudonyms.derivation import account_hash
from gateway.storage.links import SqlLinks
from gateway.storage.vault import Vault, delete_ended
from gateway.storage.vault_entry import VaultEntry
from tests.support.releasing import KEY
from tests.support.two_schools import (
    ANOTHER_ECK_ID,
    AT_HERE,
    ECK_ID_THERE,
    OF_AGE,
    THERE,
    THERE_IDP,
    TwoSchools,
    two_schools,
)
from tests.support.user_held import NO_API, ROC_IDP, SAID_BY_EDUID, Sitting, mbo, refused
from tests.support.vault import SEALING, database, vault_in

LOTTE = account_hash(KEY, THERE_IDP, "lotte.berg@bron.example")
MO = account_hash(KEY, ROC_IDP, "mo@roc.example")
UNTIL = date(2026, 12, 31)
AGE_HERE = {**AT_HERE, **OF_AGE}


@dataclass
class Kept:
    engine: Engine
    vault: Vault
    links: SqlLinks

    def state(self) -> LinkState:
        [row] = self.links.all()
        return row.state


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    with database(tmp_path) as engine:
        vault = vault_in(engine)
        vault.put([[entry(LOTTE, "99XC", Sector.VO, ECK_ID_THERE), entry(MO, "99YA", Sector.MBO, None)]], at_once=True)
        yield Kept(engine, vault, SqlLinks(engine, keys=[SEALING], randomness=SystemRandomness()))


def entry(account: str, school: str, sector: Sector, eck_id: str | None) -> VaultEntry:
    found = {sector: eck_id} if eck_id else {}
    return VaultEntry(account=account, school=school, eck_ids=found, adult=True, until=UNTIL)


@pytest.fixture
def guest(kept: Kept, tmp_path: Path) -> TwoSchools:
    made = two_schools(tmp_path, vault=kept.vault)
    made.op.world.links = kept.links  # type: ignore[assignment]
    made.op.load()
    there = {"uid": ("lotte.berg@bron.example",), "nlEduPersonHomeOrganizationId": ("99XC",)}
    made.link(here=AGE_HERE, there={**there, "eduPersonAffiliation": ("student",)})
    assert made.got(said=AGE_HERE)["eckid"] == ECK_ID_THERE
    return made


def told_once(guest: TwoSchools) -> None:
    step = refused(guest.log_in(said=AGE_HERE))
    assert step.error.code is ErrorCode.LINK_STOPPED
    assert "eckid" not in guest.got(said=AGE_HERE)


def test_removed_from_the_vault(kept: Kept, guest: TwoSchools) -> None:
    kept.vault.delete(LOTTE)
    assert kept.state() is LinkState.CLOSED
    told_once(guest)


def test_removed_at_another_school_changes_nothing(kept: Kept, guest: TwoSchools) -> None:
    kept.vault.delete(LOTTE, school="99YA")
    kept.vault.delete(MO)
    assert kept.state() is LinkState.LIVE
    assert guest.got(said=AGE_HERE)["eckid"] == ECK_ID_THERE


def test_the_account_here_is_removed(kept: Kept, guest: TwoSchools) -> None:
    here = account_hash(KEY, guest.op.world.idp.id, "lotte@petteflat.example")
    kept.vault.put([[replace(entry(here, "99XB", Sector.VO, None), until=None)]], at_once=True)
    kept.vault.delete(here, school="99XB")
    assert kept.state() is LinkState.CLOSED


def test_past_its_last_day_whether_or_not_records_were_purged(kept: Kept, guest: TwoSchools) -> None:
    guest.op.clock.forward(seconds=timedelta(days=115).total_seconds())
    assert guest.got(said=AGE_HERE)["eckid"] == ECK_ID_THERE, "on its last day"
    guest.op.clock.forward(seconds=timedelta(days=1).total_seconds())
    told_once(guest)
    assert kept.state() is LinkState.CLOSED


def test_a_purge_tells_links_before_what_it_takes_is_gone(kept: Kept, guest: TwoSchools) -> None:
    with kept.engine.begin() as connection:
        assert delete_ended(connection, date(2027, 1, 1)) == 2
    assert kept.state() is LinkState.CLOSED
    told_once(guest)


def test_another_eck_id_in_the_vault_is_seen_at_a_login_by_the_link(kept: Kept, guest: TwoSchools) -> None:
    kept.vault.put([[entry(LOTTE, "99XC", Sector.VO, ANOTHER_ECK_ID)]], at_once=True)
    told_once(guest)
    assert kept.state() is LinkState.SUSPENDED
    assert [one.kind for one in guest.op.world.records.anomalies] == ["link_suspended"]


def test_an_eck_id_that_is_gone_from_the_vault_is_none_that_goes(kept: Kept, guest: TwoSchools) -> None:
    kept.vault.put([[entry(LOTTE, "99XC", Sector.VO, None)]], at_once=True)
    assert "eckid" not in guest.got(said=AGE_HERE)
    assert kept.state() is LinkState.LIVE


def test_it_is_linked_anew_once_the_account_is_back(kept: Kept, guest: TwoSchools) -> None:
    kept.vault.delete(LOTTE)
    kept.vault.put([[entry(LOTTE, "99XC", Sector.VO, ECK_ID_THERE)]], at_once=True)
    assert kept.state() is LinkState.CLOSED, "an account of the same name may be another's"
    there = {"uid": ("lotte.berg@bron.example",), "nlEduPersonHomeOrganizationId": ("99XC",)}
    guest.link(here=AGE_HERE, there={**there, "eduPersonAffiliation": ("student",)})
    assert guest.got(said=AGE_HERE)["eckid"] == ECK_ID_THERE


def test_whoever_came_with_eduid_is_told_and_may_link_anew(kept: Kept, tmp_path: Path) -> None:
    roc = mbo(tmp_path, school=NO_API)
    sources = (EckIdSource.ASSERTION, EckIdSource.VAULT)
    roc.op.world.idp = replace(roc.op.world.idp, eck_id_sources=sources)
    roc.op.world.vault, roc.op.world.links = kept.vault, kept.links  # type: ignore[assignment]
    roc.op.load()
    Sitting(roc).link()
    roc.userinfo(roc.answer(SAID_BY_EDUID))
    kept.vault.delete(MO)
    step = refused(roc.by_eduid())
    assert step.error.code is ErrorCode.LINK_CLOSED
    assert step.other_way is not None
    assert step.other_way.link
    assert "is er niet meer" in roc.page(step)
    opened = roc.op.app.test_client().post("/me", data={"held": "99YA"}, headers={"Sec-Fetch-Site": "same-origin"})
    assert opened.status_code == 303
    mine = roc.answer(SAID_BY_EDUID)
    assert isinstance(mine, ShowMine)
    shown = roc.op.app.test_client().get(f"/me/{mine.page}").get_data(as_text=True)
    assert "Je school zegt dat dit account er niet meer is" in shown


def test_my_page_says_so_too(kept: Kept, guest: TwoSchools) -> None:
    kept.vault.delete(LOTTE)
    assert guest.post("/me", school=str(THERE.brin)).status_code == 303
    mine = guest.answer({"uid": ("lotte.berg@bron.example",), "nlEduPersonHomeOrganizationId": ("99XC",)})
    assert isinstance(mine, ShowMine)
    shown = guest.text(f"/me/{mine.page}")
    assert "De Bron of Petteflat College zegt dat je account daar er niet meer is" in shown
