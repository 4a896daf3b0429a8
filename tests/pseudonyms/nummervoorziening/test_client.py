"""The client of Nummervoorziening against a stand-in that reads its messages by hand."""

from datetime import UTC, datetime
from pathlib import Path
from threading import Event

import pytest

from gateway.demo.nummervoorziening import CHAIN, SECTORS
from gateway.domain.eck_id import TEST_SEGMENTS, EckId
from gateway.domain.sector import Sector
from gateway.domain.stampseudonym import Stampseudonym
from gateway.pseudonyms.nummervoorziening.client import Named
from gateway.pseudonyms.nummervoorziening.faults import NummervoorzieningFailed, Trouble, of_fault
from tests.pseudonyms.nummervoorziening.conftest import OIN
from tests.support.tls_front import authority

PO = SECTORS["Primair onderwijs"]
OLD, NEW, NEWER = ("0" * 64, "1" * 64, "2" * 64)


def trouble_of(ask) -> Trouble:
    with pytest.raises(NummervoorzieningFailed) as caught:
        ask()
    return caught.value.trouble


def test_it_works_and_says_so_to_whom(running):
    assert running.client().available(OIN)
    assert running.service.asked == [("ping", OIN)]


def test_from_a_hash_to_an_eck_id(running):
    client = running.client()
    stamp = client.stampseudonym(OIN, OLD)
    assert Stampseudonym.parse(stamp, segments=TEST_SEGMENTS).value == stamp == running.service.stampseudonym(OLD)
    eck_id = client.eck_id(OIN, stamp, chain=CHAIN, sector=PO)
    assert EckId.parse(eck_id, sector=Sector.PO, segments=TEST_SEGMENTS).value == eck_id
    assert eck_id != client.eck_id(OIN, stamp, chain=CHAIN, sector=SECTORS["Voortgezet onderwijs"])


def test_chains_and_sectors(running):
    client = running.client()
    assert client.chains(OIN) == [Named(CHAIN, "Educatieve contentketen")]
    assert Named(PO, "Primair onderwijs") in client.sectors(OIN)


def test_a_batch_is_asked_for_until_it_is_finished_and_fetched_once(running):
    running.service.rounds = 2
    client = running.client()
    identifier = client.submit_hashes(OIN, {0: OLD, 1: "not a hash", 2: NEW})
    assert trouble_of(lambda: client.batch(OIN, identifier)) is Trouble.TOO_SOON
    assert trouble_of(lambda: client.batch(OIN, identifier)) is Trouble.NOT_FINISHED
    found = client.batch(OIN, identifier)
    assert found.values == {0: running.service.stampseudonym(OLD), 2: running.service.stampseudonym(NEW)}
    assert found.failed == {1: "not valid"}
    assert found.values[0] not in repr(found)
    assert trouble_of(lambda: client.batch(OIN, identifier)) is Trouble.RETRIEVED_BEFORE
    assert trouble_of(lambda: client.batch(OIN, "another")) is Trouble.REMOVED


def test_a_batch_of_stampseudonyms(running):
    running.service.rounds = 0
    client = running.client()
    stamps = [running.service.stampseudonym(one) for one in (OLD, NEW)]
    identifier = client.submit_stampseudonyms(OIN, dict(enumerate(stamps)), chain=CHAIN, sector=PO)
    assert client.batch(OIN, identifier).values == {
        index: running.service.eck_id(stamp, PO) for index, stamp in enumerate(stamps)
    }


def test_no_more_batches_than_a_day_has(running):
    running.service.limit = 0
    assert trouble_of(lambda: running.client().submit_hashes(OIN, {0: OLD})) is Trouble.DAILY_LIMIT


def test_one_hash_takes_the_place_of_another_and_of_those_before(running):
    client = running.client()
    first = client.stampseudonym(OIN, OLD)
    assert client.replace(OIN, OLD, NEW) == first
    assert client.replace(OIN, NEW, NEWER) == first
    assert client.stampseudonym(OIN, NEWER) == first
    later = datetime(2027, 1, 1, tzinfo=UTC)
    assert client.replace(OIN, OLD, "3" * 64, effective=later) == running.service.stampseudonym("3" * 64) != first


@pytest.mark.parametrize(
    "ask",
    [
        lambda client: client.stampseudonym(OIN, ""),
        lambda client: client.eck_id(OIN, "https://ketenid.nl/pilot/x", chain=CHAIN, sector=PO),
        lambda client: client.eck_id(OIN, "https://ketenid.nl/sppilot/x", chain="another", sector=PO),
        lambda client: client.eck_id(OIN, "https://ketenid.nl/sppilot/x", chain=CHAIN, sector="another"),
        lambda client: client.submit_stampseudonyms(OIN, {0: "x"}, chain=CHAIN, sector="another"),
    ],
)
def test_what_it_will_not_do(running, ask):
    assert trouble_of(lambda: ask(running.client())) is Trouble.REFUSED


def test_an_empty_batch_is_not_even_sent(running):
    assert trouble_of(lambda: running.client().submit_hashes(OIN, {})) is Trouble.UNREADABLE
    assert running.service.asked == []


@pytest.mark.parametrize("nonsense", [b"", b"<html/>", b"not xml", b'<!DOCTYPE x [<!ENTITY e "e">]><x>&e;</x>'])
def test_nonsense_is_no_answer(running, nonsense):
    running.service.nonsense = nonsense
    assert trouble_of(lambda: running.client().stampseudonym(OIN, OLD)) is Trouble.UNREADABLE


def test_a_service_of_somebody_else_is_not_asked(running, tmp_path: Path):
    other = authority(tmp_path, "another")
    assert trouble_of(lambda: running.client(authorities=other.ca).available(OIN)) is Trouble.CERTIFICATE
    assert running.service.asked == []


def test_a_client_with_a_certificate_of_nobody_is_not_let_in(running, tmp_path: Path):
    certificate, key = authority(tmp_path, "another").issue("gateway")
    assert trouble_of(lambda: running.client(certificate=certificate, key=key).available(OIN)) is Trouble.CERTIFICATE
    assert running.service.asked == []


def test_nobody_there(running):
    assert trouble_of(lambda: running.client(url="https://127.0.0.1:9/").available(OIN)) is Trouble.UNREACHABLE


def test_one_that_hangs_may_have_heard(running):
    may = Event()
    running.service.delay = lambda: may.wait(60)
    try:
        assert trouble_of(lambda: running.client(seconds=0.2).available(OIN)) is Trouble.NO_ANSWER
    finally:
        may.set()


def test_faults_say_what_may_be_done_and_nothing_of_what_was_asked():
    assert of_fault("ping", "x.y.NotFinishedException").trouble is Trouble.NOT_FINISHED
    assert str(of_fault("ping", "a.SomeNewException")) == "ping: refused (SomeNewException)"
    assert str(of_fault("ping", "https://ketenid.nl/pilot/5c5c was wrong")) == "ping: refused"
    assert of_fault("ping", None).trouble is Trouble.REFUSED
