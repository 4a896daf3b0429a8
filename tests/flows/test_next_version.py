"""The same logins, where all that was kept of them was kept by a gateway of the next version: it runs beside this one.

And the other way round: a gateway of this version finds what the one before it kept, in which fields are missing that
were added since.
"""

from dataclasses import MISSING, fields

import pytest

from gateway.federation.models import IdpId, ServiceId
from gateway.login.messages import LoginRequest, UpstreamSession
from gateway.login.sso.parties import Initiator
from gateway.login.sso.registry import Given, Visit
from gateway.login.sso.session import Session
from gateway.login.transactions import Transaction, decode, encode
from gateway.oidc.op.grants import Code, Grant
from gateway.oidc.op.reply import Reply
from gateway.release.people import HeldLogin
from gateway.storage.sealed_store import SealedStore
from gateway.storage.sqlite_store import SqliteStore
from tests.flows.test_eduid import (
    test_a_guest_is_known_by_their_own_eck_id_once_a_school_says_yes_for_a_parent,
    test_by_either_way_the_service_sees_one_person_until_the_link_ends,
    test_over_openid_the_school_itself_says_whose_an_eduid_is,
)
from tests.flows.test_login import test_a_pupil_gets_in_and_the_service_gets_the_eck_id_and_what_was_agreed
from tests.flows.test_logout import test_from_a_service, test_from_the_person, test_from_the_school
from tests.flows.test_openid_login import test_one_login_serves_both_protocols
from tests.oidc.op.test_dpop import test_renewed_tokens_stay_bound
from tests.support.next_version import all_reading_as_next, as_the_next_would_keep, reading_as_next

__all__ = [
    "test_a_guest_is_known_by_their_own_eck_id_once_a_school_says_yes_for_a_parent",
    "test_a_pupil_gets_in_and_the_service_gets_the_eck_id_and_what_was_agreed",
    "test_by_either_way_the_service_sees_one_person_until_the_link_ends",
    "test_from_a_service",
    "test_from_the_person",
    "test_from_the_school",
    "test_one_login_serves_both_protocols",
    "test_over_openid_the_school_itself_says_whose_an_eduid_is",
    "test_renewed_tokens_stay_bound",
]

FIRST = {
    Transaction: {"login", "reference", "browser", "begun", "request"},
    LoginRequest: {"service", "reply"},
    UpstreamSession: set(),
    HeldLogin: {"school"},
    Visit: {"id", "browser", "idp", "account", "upstream", "shared"},
    Given: {"service", "session", "name"},
    Initiator: {"kind"},
    Session: {
        *("visit", "idp", "reading", "knows", "context"),
        *("instant", "authorities", "until", "idle", "used"),
    },
    Grant: {"session", "service", "subject", "scopes", "userinfo", "auth_time", "context", "until"},
    Code: {"grant", "redirect_uri", "challenge", "nonce", "claims"},
    Reply: {"redirect_uri", "form_post", "state", "nonce", "scopes", "challenge"},
}
"""What each form had from the first version on. A field that comes later has a default: nobody kept it before."""


@pytest.fixture(autouse=True)
def _kept_by_the_next_version(monkeypatch: pytest.MonkeyPatch) -> None:
    for store in (SealedStore, SqliteStore):
        for read in ("get", "take"):
            monkeypatch.setattr(store, read, reading_as_next(getattr(store, read)))
        for read in ("get_all", "take_all"):
            monkeypatch.setattr(store, read, all_reading_as_next(getattr(store, read)))


@pytest.mark.parametrize(("form", "first"), FIRST.items(), ids=lambda one: getattr(one, "__name__", ""))
def test_a_field_that_comes_later_has_a_default(form: type, first: set[str]) -> None:
    needed = {one.name for one in fields(form) if one.default is MISSING and one.default_factory is MISSING}
    assert needed == first


def test_a_login_of_the_version_before_goes_on() -> None:
    kept = (
        b'{"login":"00","reference":"R1","browser":"b","begun":5.0,"idp":"school",'
        b'"request":{"service":"rekentuin","reply":"a note","contexts":["urn:x"]}}'
    )
    request = LoginRequest(service=ServiceId("rekentuin"), reply="a note", contexts=("urn:x",))
    found = decode(kept)
    assert found == Transaction("00", "R1", "b", 5.0, request, IdpId("school"))
    assert decode(as_the_next_would_keep(encode(found)) or b"") == found
