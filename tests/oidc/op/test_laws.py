"""Laws 1, 2 and 4 in what a client reads: ID token, UserInfo, introspection, over generated federations."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from gateway.attributes.dialects import dialect
from gateway.domain.attribute import IDENTIFIERS, Attribute
from gateway.domain.errors import SluisError
from gateway.federation.snapshot import Federation
from gateway.oidc.op.scopes import SCOPES
from tests.support.generated_logins import LOCAL_IDS, Login, logins, sound_logins
from tests.support.jose import CLIENT
from tests.support.op import Op
from tests.support.op_client import back, basic, client

pytestmark = pytest.mark.untraced

NAMES = dialect("oidc").outgoing
OF_THE_PROTOCOL = {"iss", "sub", "aud", "iat", "exp", "auth_time", "acr", "sid", "at_hash", "nonce"}
OF_INTROSPECTION = {"active", "scope", "client_id", "token_type", "exp", "iat", "sub", "aud", "iss"}
many = settings(max_examples=60, deadline=None, phases=[Phase.explicit, Phase.generate])
names_of_claims = st.frozensets(st.sampled_from([*NAMES.values(), "address", "phone_number"]), max_size=8)
scopes = st.frozensets(st.sampled_from(sorted(set(SCOPES) - {"openid", "offline_access"})))


@dataclass(frozen=True)
class Asked:
    """What a client asks for: by scope, and by name, at both places."""

    scopes: frozenset[str]
    id_token: frozenset[str]
    userinfo: frozenset[str]

    def parameters(self) -> dict[str, str]:
        places = {"id_token": dict.fromkeys(self.id_token), "userinfo": dict.fromkeys(self.userinfo)}
        return {"scope": " ".join(["openid", *sorted(self.scopes)]), "claims": json.dumps(places)}


asked = st.builds(Asked, scopes, names_of_claims, names_of_claims)


class Generated(Op):
    """The provider of a generated federation, whose first service is made a relying party."""

    def federation(self) -> Federation:
        made = self.world
        services = (made.service, *made.other_services)
        return Federation.of(
            schools=made.schools, identity_providers=(made.idp,), services=services, agreements=made.agreements
        )


def of(login: Login, directory: str) -> Op:
    entry = replace(login.world.service, client=client(), dialect="oidc")
    return Generated(replace(login.world, service=entry), Path(directory), sent=login.sent)


def released(login: Login) -> dict[str, list[str]]:
    """The decision's own values, under the names of claims; nothing where nothing is released."""
    entry = replace(login.world.service, client=client(), dialect="oidc")
    try:
        outcome = replace(login.world, service=entry).release(login.sent)
    except SluisError:
        return {}
    return {NAMES[one]: list(values) for one, values in outcome.released.values.items() if one in NAMES}


def of_a_person(told: dict[str, Any]) -> dict[str, list[str]]:
    """The claims that are not the protocol's, each as a list."""
    return {
        name: value if isinstance(value, list) else [value]
        for name, value in told.items()
        if name not in OF_THE_PROTOCOL
    }


def no_local_id(told: dict[str, Any], let_through: dict[str, list[str]]) -> None:
    """Law 4: but for the one identifier that was decided."""
    allowed = {value for values in let_through.values() for value in values}
    text = json.dumps(told)
    assert not [value for value in LOCAL_IDS.values() if value in text and value not in allowed]


@many
@given(sound_logins() | logins(), asked)
def test_laws_1_2_and_4_what_a_client_reads_is_what_was_decided_and_asked(login: Login, wish: Asked) -> None:
    decided = released(login)
    with TemporaryDirectory() as directory:
        op = of(login, directory)
        op.authorize(**wish.parameters(), client_id=CLIENT)
        if not op.schools.asked:
            return
        answer = op.finish()
        if not decided:
            assert "code=" not in answer.headers.get("Location", "")
            return
        tokens = op.exchange(back(answer)["code"]).json or {}
        id_token, userinfo = op.id_token(tokens), op.userinfo(tokens["access_token"]).json or {}
        status = op.post("/oidc/introspect", basic(), token=tokens["access_token"]).json or {}

    by_scope = {NAMES[one] for scope in wish.scopes for one in SCOPES[scope] if one in NAMES}
    assert of_a_person(id_token) == {name: decided[name] for name in wish.id_token if name in decided}
    assert of_a_person(userinfo) == {name: decided[name] for name in by_scope | wish.userinfo if name in decided}
    assert set(status) == OF_INTROSPECTION
    assert id_token["sub"] == userinfo["sub"] == status["sub"]
    identifiers = {NAMES[one] for one in IDENTIFIERS if one in NAMES}
    for told in (id_token, userinfo, status):
        assert len(identifiers & set(told)) <= 1
        assert told["sub"] not in {*login.eck_ids, *LOCAL_IDS.values()}
        no_local_id(told, decided)


def test_every_identifier_that_a_client_can_be_told_has_a_name_here() -> None:
    assert {Attribute.ECK_ID, Attribute.PROVISIONAL_ID} <= set(NAMES)
