"""The vault changes while somebody logs in: what goes is what is so when it is decided, and of one person."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.domain.sector import Sector
from gateway.federation.models import EckIdSource
from gateway.pseudonyms.derivation import account_hash
from gateway.storage.vault import Vault
from gateway.storage.vault_entry import VaultEntry
from tests.support.op import Op, op
from tests.support.op_client import back
from tests.support.releasing import ACCOUNT, ECK_ID, KEY, OTHER_ECK_ID, without
from tests.support.vault import database, vault_in


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    with database(tmp_path) as engine:
        yield vault_in(engine)


@pytest.fixture
def provider(tmp_path: Path, vault: Vault) -> Op:
    made = op(tmp_path)
    made.world.vault = vault
    made.world.idp = replace(made.world.idp, eck_id_sources=(EckIdSource.VAULT,))
    made.sent = without("eckId")
    made.load()
    return made


def entry(provider: Op, eck_id: str = ECK_ID) -> VaultEntry:
    account = account_hash(KEY, provider.world.idp.id, ACCOUNT)
    return VaultEntry(account=account, school="99XA", eck_ids={Sector.PO: eck_id})


def test_an_entry_that_is_removed_while_its_learner_is_at_the_school(provider: Op, vault: Vault) -> None:
    vault.put([[entry(provider)]], at_once=True)
    provider.authorize()
    vault.delete(entry(provider).account)
    tokens = provider.exchange(back(provider.finish())["code"]).json
    told = provider.userinfo(tokens["access_token"]).json
    assert "eckid" not in told
    assert told["provisional_id"] == told["sub"] == provider.id_token(tokens)["sub"]


def test_an_entry_that_is_removed_between_the_login_and_what_is_fetched_of_it(provider: Op, vault: Vault) -> None:
    """The service was told one `sub`; of another nothing may come under the same token."""
    vault.put([[entry(provider)]], at_once=True)
    tokens = provider.tokens()
    assert provider.userinfo(tokens["access_token"]).json["eckid"] == ECK_ID
    vault.delete_if(entry(provider).account, "99XA", lambda held: vault.etag(held) == vault.etag(entry(provider)))
    refused = provider.userinfo(tokens["access_token"])
    assert (refused.status_code, refused.json["error"]) == (401, "invalid_token")
    assert ECK_ID not in refused.text
    assert "provisional_id" in provider.userinfo(provider.tokens()["access_token"]).json


def test_an_entry_that_was_written_anew_is_not_removed_by_who_saw_it_before(provider: Op, vault: Vault) -> None:
    vault.put([[entry(provider)]], at_once=True)
    seen = vault.etag(entry(provider))
    vault.put([[entry(provider, OTHER_ECK_ID)]], at_once=True)
    assert not vault.delete_if(entry(provider).account, "99XA", lambda held: vault.etag(held) == seen)
    assert provider.userinfo(provider.tokens()["access_token"]).json["eckid"] == OTHER_ECK_ID
