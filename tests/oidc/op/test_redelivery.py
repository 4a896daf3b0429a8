"""A client that does not hear of a logout is told again, beside the requests, until it hears or time is up."""

from dataclasses import replace
from threading import Event
from urllib.parse import urlencode

import pytest

from gateway.cli import beside
from gateway.cli.beside import keep_doing
from gateway.domain.errors import ErrorCode, SluisError
from gateway.oidc.op.redelivery import DELAYS, LogoutCourier, Redelivery
from gateway.parts import assemble
from gateway.roles import redelivery_of
from gateway.settings.loader import load
from tests.support.configuration import write_configuration
from tests.support.jose import verified
from tests.support.op import op
from tests.support.op_client import back, basic, relying_party
from tests.support.signing_on import HeldOutbox

TOLD = "https://other.example/backchannel"


def told_of_a_logout(tmp_path, *, logins=1, broken=False, **http):
    """A provider whose client `other` was logged in, and did or did not hear of the logout."""
    other = relying_party("other", backchannel_logout_uri=TOLD)
    provider = op(tmp_path)
    provider.services = (other,)
    provider.world.agreements += (replace(provider.world.agreements[0], service=other.id),)
    provider.load()
    tokens = provider.tokens()
    for _ in range(logins):
        code = back(provider.authorize(client_id="other"))["code"]
        provider.exchange(code, headers=basic(name="other"))
    provider.http.__dict__.update(http)
    provider.outbox.broken = broken
    asked = urlencode({"id_token_hint": tokens["id_token"]})
    provider.page = provider.app.test_client().get(f"/oidc/logout?{asked}").get_data(as_text=True)
    return provider


def redelivery(provider, federation=None):
    return Redelivery(
        outbox=provider.outbox,
        federation=federation or provider.federation(),
        courier=LogoutCourier(provider.provider.sessions(provider.http, provider.outbox), provider.world.metrics),
    )


def counted(provider, outcome):
    line = f'sluis_logout_tokens_total{{outcome="{outcome}",service="other"}} 1.0'
    return line in provider.world.metrics.render().decode()


def test_who_hears_at_once_is_not_told_again(tmp_path):
    provider = told_of_a_logout(tmp_path)
    assert len(provider.http.sent) == 1
    assert not provider.outbox.letters


def test_a_database_that_hangs_makes_nobody_seem_silent_who_heard(tmp_path, monkeypatch):
    """The token goes without waiting for it, and nothing is told again when it is back."""
    goes_on, settled = Event(), Event()
    keep, done = HeldOutbox.keep, HeldOutbox.done

    def hanging(outbox, service, contents):
        assert goes_on.wait(120)
        return keep(outbox, service, contents)

    def last(outbox, letter):
        done(outbox, letter)
        settled.set()

    monkeypatch.setattr(HeldOutbox, "keep", hanging)
    monkeypatch.setattr(HeldOutbox, "done", last)
    provider = told_of_a_logout(tmp_path)
    assert len(provider.http.sent) == 1
    assert "gaf geen antwoord" not in provider.page
    goes_on.set()
    assert settled.wait(120)
    assert not provider.outbox.letters


@pytest.mark.parametrize("trouble", [{"hangs": True}, {"status": 500}, {"status": 400}])
def test_who_does_not_is_told_again_with_a_token_of_that_moment(tmp_path, trouble):
    provider = told_of_a_logout(tmp_path, **trouble)
    assert "gaf geen antwoord" in provider.page
    assert list(provider.outbox.later.values()) == [DELAYS[0]]
    provider.http.__dict__.update(hangs=False, status=200)
    provider.clock.forward(hours=1)

    redelivery(provider).run()

    first, again = (verified(form["logout_token"], provider.jwks()) for _, form in provider.http.sent)
    assert [first[name] for name in ("sid", "sub", "aud")] == [again[name] for name in ("sid", "sub", "aud")]
    assert first["jti"] != again["jti"]
    assert again["iat"] == int(provider.clock.now().timestamp())
    assert not provider.outbox.letters
    assert counted(provider, "delivered")


def test_each_try_comes_later_and_the_last_is_the_last(tmp_path):
    provider = told_of_a_logout(tmp_path, hangs=True)
    waited = []
    for _ in range(20):
        waited += provider.outbox.later.values()
        redelivery(provider).run()
        if not provider.outbox.letters:
            break
    assert waited == list(DELAYS)
    assert sum(waited) < 4 * 3600
    assert len(provider.http.sent) == 1 + len(DELAYS)
    assert counted(provider, "given_up")


def test_a_silent_client_is_asked_once_however_many_logins_it_had(tmp_path):
    provider = told_of_a_logout(tmp_path, logins=3, hangs=True)
    assert len(provider.http.sent) == 1
    assert len(provider.outbox.letters) == 3
    redelivery(provider).run()
    assert len(provider.http.sent) == 2
    assert {one.tries for one in provider.outbox.letters.values()} == {2}


def test_a_client_that_left_the_federation_is_forgotten(tmp_path):
    provider = told_of_a_logout(tmp_path, hangs=True)
    provider.services = ()
    provider.world.agreements = provider.world.agreements[:1]
    redelivery(provider).run()
    assert len(provider.http.sent) == 1
    assert not provider.outbox.letters


@pytest.mark.parametrize("hangs", [False, True])
def test_a_database_that_is_gone_keeps_nobody_from_being_told(tmp_path, hangs):
    provider = told_of_a_logout(tmp_path, hangs=hangs, broken=True)
    assert len(provider.http.sent) == 1
    assert ("gaf geen antwoord" in provider.page) is hangs


def test_the_thread_beside_goes_on_whatever_fails(monkeypatch):
    monkeypatch.setattr(beside, "EVERY_SECONDS", 0.001)
    done, stopped, said = Event(), Event(), []
    fails = [SluisError(ErrorCode.STORE_UNAVAILABLE), ValueError("of a bug")]
    monkeypatch.setattr(beside.log, "warning", lambda *_, **more: said.append(more["code"]))
    monkeypatch.setattr(beside.log, "error", lambda *_, **more: said.append(more["where"]))

    def job():
        if fails:
            raise fails.pop(0)
        done.set()

    thread = keep_doing(job, name="redelivery", stopped=stopped)
    assert done.wait(120)
    stopped.set()
    thread.join(120)
    assert said == [ErrorCode.STORE_UNAVAILABLE, "redelivery"]


def test_a_gateway_without_keys_for_tokens_has_nobody_to_tell(tmp_path):
    assert redelivery_of(assemble(load(write_configuration(tmp_path)))) is None
