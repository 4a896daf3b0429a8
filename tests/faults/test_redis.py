"""Redis stops, comes back empty, hangs, is full, in the middle of logins: what people see, and what is not used up."""

from tests.faults.page import Ending, Fault, note
from tests.faults.people import AtSchool, begins, english, nothing_acknowledged_is_lost, well
from tests.support.outage_client import Pupil
from tests.support.outages import OnServers
from tests.support.redis_server import operator

WITHOUT_REDIS = (503, {"short_lived": "store_unavailable"})
OUTAGES = 'sluis_store_outages_total{store="short_lived"}'
AVAILABLE = 'sluis_store_available{store="short_lived"}'


def nobody_begins(gateway: OnServers) -> None:
    """So many that the gateway no longer asks Redis for each; every one of them sees the same page."""
    pages = {str(begins(gateway)) for _ in range(4)}
    assert len(pages) == 1
    assert gateway.metric(AVAILABLE) == "0.0"


def test_it_stops_and_starts_with_what_it_had(stores: OnServers) -> None:
    pupil, outages = AtSchool.sent_by(stores), float(stores.metric(OUTAGES) or 0)
    stores.redis.stop()
    saw = pupil.comes_back()
    assert "SAMLResponse" not in saw.page
    assert stores.ready() == WITHOUT_REDIS
    assert stores.app.test_client().get("/health/live").status_code == 200
    nobody_begins(stores)
    assert float(stores.metric(OUTAGES)) == outages + 1
    assert stores.acknowledged == []

    stores.redis.start()
    recovered = well(stores)
    lost = pupil.ending()
    assert stores.ready() == (200, {})
    assert stores.metric(AVAILABLE) == "1.0"
    assert float(stores.metric(OUTAGES)) == outages + 1
    assert len(stores.acknowledged) == 2
    nothing_acknowledged_is_lost(stores)
    note(Fault.REDIS_RESTARTED, saw=saw, lost=lost, well=recovered)


def test_it_starts_empty(stores: OnServers) -> None:
    pupil = AtSchool.sent_by(stores)
    stores.redis.stop()
    for file in stores.redis.directory.rglob("appendonly.aof*"):
        file.unlink()
    nobody_begins(stores)
    stores.redis.start()
    recovered = well(stores)
    saw = pupil.comes_back()
    assert "SAMLResponse" not in saw.page
    assert pupil.ending() is Ending.ANEW
    nothing_acknowledged_is_lost(stores)
    note(Fault.REDIS_EMPTY, saw=saw, lost=Ending.ANEW, well=recovered)


def test_it_hangs(stores: OnServers) -> None:
    pupil = AtSchool.sent_by(stores)
    stores.redis.freeze()
    try:
        saw = pupil.comes_back()
        nobody_begins(stores)
    finally:
        stores.redis.thaw()
    recovered = well(stores)
    lost = pupil.ending()
    nothing_acknowledged_is_lost(stores)
    note(Fault.REDIS_HANGS, saw=saw, lost=lost, well=recovered)


def test_it_is_full(stores: OnServers) -> None:
    pupil = AtSchool.sent_by(stores)
    with operator(stores.redis) as asked:
        asked.config_set("maxmemory", "1")
        try:
            saw = pupil.comes_back()
            nobody_begins_while_full = {str(begins(stores)) for _ in range(4)}
        finally:
            asked.config_set("maxmemory", "0")
    assert nobody_begins_while_full == {str(saw)}
    recovered = well(stores)
    lost = pupil.ending()
    nothing_acknowledged_is_lost(stores)
    note(Fault.REDIS_FULL, saw=saw, lost=lost, well=recovered)


def test_sessions_codes_and_tokens_wait_for_it_and_are_not_used_up(stores: OnServers) -> None:
    person = english(stores)
    person.login()
    pupil = Pupil(stores.app, stores.person())
    _, tokens = pupil.redeem(pupil.code())
    code = pupil.code()
    stores.redis.stop()

    status, _, page = person.ask()
    assert (status, "Fenna" in page) == (503, False), "no single sign-on"
    assert "Success" not in person.told(page)
    status, told = pupil.redeem(code)
    assert (status, told["error"]) == (503, "temporarily_unavailable")
    assert "id_token" not in told
    status, told = pupil.userinfo(tokens["access_token"])
    assert (status, told["error"], "given_name" in told) == (503, "temporarily_unavailable", False)

    stores.redis.start()
    stores.wait_for_the_breaker()
    person.login_in_session()
    status, told = pupil.redeem(code)
    assert status == 200, "the code was not used up"
    for token in (told["access_token"], tokens["access_token"]):
        assert pupil.userinfo(token)[1]["given_name"] == "Fenna"
