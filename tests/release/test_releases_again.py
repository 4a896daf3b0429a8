"""A release decided anew for somebody who is logged in already, and one that is only looked at."""

import json
from dataclasses import replace

import pytest

from gateway.attributes.canonical import Reading
from gateway.attributes.kept import dump, load
from gateway.attributes.values import RawAttributes
from gateway.domain.attribute import Attribute
from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.reduction import Reduction
from gateway.release import record
from gateway.release.record import Rule, Ruling
from tests.support.releasing import NOW, SENT, World, world


def reading_of(given_world: World) -> Reading:
    return given_world.pipeline().read(RawAttributes(tuple(SENT.items())), given_world.idp, now=NOW)


def released_again(given_world: World, reading: Reading, **more):
    return given_world.pipeline().release(
        service=given_world.service, idp=given_world.idp, reading=reading, now=NOW, reference="0000000001", **more
    )


def test_what_a_session_kept_is_released_as_a_login_would():
    given_world = world(Attribute.GIVEN_NAME, Attribute.SCHOOL, Attribute.GROUP)
    first = given_world.release(SENT)
    again = released_again(given_world, load(dump(reading_of(given_world))))
    assert again.released == first.released
    assert [row.reference for row in given_world.records.ledger] == ["0123456789", "0000000001"]


def test_it_is_decided_by_the_agreements_of_this_moment():
    given_world = world(Attribute.GIVEN_NAME)
    reading = reading_of(given_world)
    with pytest.raises(SluisError) as caught:
        released_again(replace(given_world, agreements=()), reading)
    assert caught.value.code is ErrorCode.AGREEMENT_MISSING
    assert given_world.records.ledger[-1].code == ErrorCode.AGREEMENT_MISSING


def test_what_is_proposed_is_what_would_go_and_leaves_no_row():
    given_world = world(Attribute.GIVEN_NAME, Attribute.EMAIL)
    reading = reading_of(given_world)
    seen = given_world.pipeline().proposed(service=given_world.service, idp=given_world.idp, reading=reading, now=NOW)
    assert given_world.records.ledger == []
    assert seen.decision == released_again(given_world, reading).decision


@pytest.mark.parametrize("kept", [b"", b"[]", b"{}", b'{"account":"a","roles":["king"],"attributes":{}}', b"\xff"])
def test_what_another_gateway_kept_is_not_read(kept):
    with pytest.raises(ValueError, match=r".*"):
        load(kept)


def test_the_record_is_read_as_it_was_written():
    rulings = {
        Attribute.SURNAME: Ruling(Rule.RELEASED_BASE, Reduction.INITIAL),
        Attribute.ECK_ID: Ruling(Rule.IDENTIFIER_ECK_ID),
    }
    text = record.dump(rulings)
    assert text == '{"eck_id":{"rule":"identifier-eck-id"},"surname":{"rule":"released-base","reduction":"initial"}}'
    assert record.load(text) == rulings
    assert record.load("{}") == {}
    for other in ("[]", '{"surname":"released-base"}', '{"surname":{"rule":"let-it-go"}}', "{"):
        with pytest.raises(ValueError, match=r".*"):
            record.load(other)
    assert json.loads(text)["surname"]["reduction"] == "initial"
