"""What linked accounts do at their edges: another ECK iD in the vault, a race, an account that nobody names."""

from dataclasses import dataclass, replace

import pytest

from gateway.attributes.canonical import Reading
from gateway.attributes.values import RawAttributes
from gateway.domain.eck_id import EckId
from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.sector import Sector
from gateway.federation.snapshot import Federation
from gateway.pseudonyms.links import Side, check_may_link
from gateway.pseudonyms.sources import Found
from gateway.release.linked import LinkedAccounts
from gateway.release.linking import LinkMaking
from gateway.release.people import HeldLogin
from gateway.storage.contracts import LinkRow
from gateway.storage.vault_entry import VaultEntry
from tests.support.releasing import NOW, World
from tests.support.user_held import ADULT_AT_SCHOOL, EDUID, ROC, ROC_IDP, SAID_BY_EDUID, parties

ANOTHER = EckId("https://ketenid.nl/pilot/" + "0e" * 64, Sector.MBO)
OTHER_EDUID = {**SAID_BY_EDUID, "urn:oasis:names:tc:SAML:attribute:subject-id": ("another@eduid.nl",)}


@dataclass
class Linked:
    world: World
    federation: Federation
    links: LinkedAccounts
    making: LinkMaking

    def reading(self, said: dict[str, tuple[str, ...]], idp: str) -> Reading:
        party = self.federation.identity_providers[idp]
        return self.world.pipeline(self.federation).read(RawAttributes(tuple(said.items())), party, now=NOW)

    def sides(self, holder: dict[str, tuple[str, ...]] = SAID_BY_EDUID) -> tuple[Side, Side]:
        idps = self.federation.identity_providers
        return (
            self.making.holder(idps[EDUID], self.reading(holder, EDUID)),
            self.making.account(idps[ROC_IDP], self.reading(ADULT_AT_SCHOOL, ROC_IDP), self.world.service, now=NOW),
        )

    def row(self, link: str, holder: dict[str, tuple[str, ...]] = SAID_BY_EDUID) -> LinkRow:
        mine, theirs = self.sides(holder)
        return self.making.prepared(mine, theirs, ROC, link, now=NOW)


@pytest.fixture
def linked() -> Linked:
    world, federation, _ = parties()
    releases = world.pipeline(federation)
    return Linked(world, federation, releases.links, releases.making)


def code_of(go: object, *arguments: object, **more: object) -> ErrorCode:
    with pytest.raises(SluisError) as caught:
        go(*arguments, **more)  # type: ignore[operator]
    return caught.value.code


def test_another_eck_id_than_when_it_was_linked_suspends_it_at_a_login_by_the_link(linked: Linked) -> None:
    row = linked.row("1" * 40)
    linked.making.make(row, None)
    found = linked.links.find(row.holder, ROC.brin, now=NOW)
    linked.links.check_unchanged(found, None, now=NOW, reference="0")
    assert code_of(linked.links.check_unchanged, found, ANOTHER, now=NOW, reference="0") is ErrorCode.LINK_SUSPENDED
    assert code_of(linked.links.find, row.holder, ROC.brin, now=NOW) is ErrorCode.LINK_SUSPENDED
    assert [one.kind for one in linked.world.records.anomalies] == ["link_suspended"]


def test_a_login_by_a_link_looks_whether_the_eck_id_is_still_the_same(
    linked: Linked, monkeypatch: pytest.MonkeyPatch
) -> None:
    linked.making.make(linked.row("1" * 40), None)
    releases, idp = linked.world.pipeline(linked.federation), linked.federation.identity_providers[EDUID]

    def propose() -> object:
        reading = linked.reading(SAID_BY_EDUID, EDUID)
        return releases.proposed(
            service=linked.world.service, idp=idp, reading=reading, now=NOW, held=HeldLogin(ROC.brin, by_link=True)
        )

    propose()
    monkeypatch.setattr(releases._deciding._eck_ids, "find", lambda *_: Found(ANOTHER))
    assert code_of(propose) is ErrorCode.LINK_SUSPENDED
    assert [one.kind for one in linked.world.records.anomalies] == ["link_suspended"]


def test_nobody_consents_without_an_account(linked: Linked) -> None:
    releases, idp = linked.world.pipeline(linked.federation), linked.federation.identity_providers[EDUID]
    nobody = replace(linked.reading(SAID_BY_EDUID, EDUID), account=None)
    assert code_of(releases.consented, idp, nobody, linked.world.service.id, "{}", now=NOW) is ErrorCode.ACCOUNT_MISSING


def test_one_that_was_revoked_meanwhile_is_not_brought_back_by_suspending_it(linked: Linked) -> None:
    row = linked.row("1" * 40)
    linked.making.make(row, None)
    found = linked.links.find(row.holder, ROC.brin, now=NOW)
    linked.world.links.rows.clear()
    assert code_of(linked.links.check_unchanged, found, ANOTHER, now=NOW, reference="0") is ErrorCode.LINK_SUSPENDED
    assert linked.world.links.rows == {}
    assert linked.world.records.anomalies == []


def test_of_two_made_at_once_one_is(linked: Linked) -> None:
    linked.making.make(linked.row("1" * 40), None)
    assert code_of(linked.making.make, linked.row("2" * 40, OTHER_EDUID), None) is ErrorCode.LINK_TAKEN


def test_a_school_to_which_nobody_comes_with_eduid_costs_no_look(linked: Linked) -> None:
    elsewhere = replace(ROC, brin=ROC.brin.__class__("99ZZ"))
    reading = linked.reading({}, ROC_IDP)
    idp = linked.federation.identity_providers[ROC_IDP]
    linked.links.seen(idp, reading, None, elsewhere, now=NOW, reference="0")
    assert code_of(linked.links.seen, idp, reading, None, ROC, now=NOW, reference="0") is ErrorCode.ACCOUNT_MISSING


def test_two_accounts_of_schools_or_two_of_people_are_no_pair(linked: Linked) -> None:
    holder, account = linked.sides()
    for wrong in ((account, account), (holder, holder)):
        assert code_of(check_may_link, *wrong, ROC) is ErrorCode.LINK_OTHER_SCHOOL
    check_may_link(holder, account, ROC)


def test_the_administration_may_say_who_is_of_age(linked: Linked, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = VaultEntry(account="a" * 64, school="99YA", eck_ids={}, adult=False)
    monkeypatch.setattr(linked.making._eck_ids, "provisioned", lambda *_, **__: entry)
    holder, account = linked.sides()
    assert linked.reading(ADULT_AT_SCHOOL, ROC_IDP).adult is True, "the login alone would do"
    assert code_of(check_may_link, holder, account, ROC) is ErrorCode.USER_HELD_MINOR
