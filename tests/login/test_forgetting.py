"""Who was forgotten is not found in the short-lived store any more, and nothing new comes of what they did before."""

from dataclasses import replace

from gateway.login.forgetting import Forgetting
from tests.support.op import op
from tests.support.releasing import ACCOUNT, SENT
from tests.support.signing_on import registry

OFFLINE = "openid profile offline_access"


def forgetting(provider):
    return Forgetting(registry(provider.store, provider.randomness), provider.store)


def stored(provider) -> bytes:
    return b"".join(one.read_bytes() for one in sorted(provider.directory.glob("short-lived.sqlite*")))


def test_tokens_give_nothing_and_nothing_is_found(tmp_path):
    provider = op(tmp_path, offline_access=True)
    tokens = provider.tokens(scope=OFFLINE)
    session = provider.id_token(tokens)["sid"]
    idp = provider.world.idp.id
    person = forgetting(provider)
    assert (person.count(idp, ACCOUNT).visits, person.count(idp, ACCOUNT).logins) == (1, 1)
    assert provider.userinfo(tokens["access_token"]).status_code == 200

    done = person.forget(idp, ACCOUNT)

    assert (done.visits, done.logins, done.left) == (1, 1, 0)
    assert person.count(idp, ACCOUNT).visits == 0
    rows = len(provider.world.records.ledger)
    assert provider.store.get(f"kept:{session}") is None
    assert provider.userinfo(tokens["access_token"]).status_code == 401
    assert provider.refresh(tokens["refresh_token"]).json["error"] == "invalid_grant"
    assert len(provider.world.records.ledger) == rows, "no new row says of them"


def test_who_was_not_forgotten_notices_nothing(tmp_path):
    provider = op(tmp_path)
    first = provider.tokens()
    provider.browser = "another browser"
    provider.sent = {
        name: ("someone.else@regenboog.example",) if values == (ACCOUNT,) else values for name, values in SENT.items()
    }
    other = provider.tokens()
    assert forgetting(provider).forget(provider.world.idp.id, ACCOUNT).visits == 1
    assert provider.userinfo(first["access_token"]).status_code == 401
    assert provider.userinfo(other["access_token"]).status_code == 200


def test_the_same_user_id_at_another_school_is_another_person(tmp_path):
    provider = op(tmp_path)
    tokens = provider.tokens()
    assert forgetting(provider).forget(replace(provider.world.idp, id="elsewhere").id, ACCOUNT).visits == 0
    assert provider.userinfo(tokens["access_token"]).status_code == 200


def test_a_login_afterwards_is_a_new_one(tmp_path):
    provider = op(tmp_path)
    provider.tokens()
    forgetting(provider).forget(provider.world.idp.id, ACCOUNT)
    again = provider.tokens()
    assert provider.userinfo(again["access_token"]).status_code == 200
    assert forgetting(provider).count(provider.world.idp.id, ACCOUNT).visits == 1


def test_nothing_in_the_store_says_who_it_is_of(tmp_path):
    provider = op(tmp_path, offline_access=True)
    provider.tokens(scope=OFFLINE)
    raw = stored(provider)
    for values in SENT.values():
        for value in values:
            assert len(value) < 6 or value.encode() not in raw
