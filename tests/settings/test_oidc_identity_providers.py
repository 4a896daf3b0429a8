"""Entries of OpenID providers: what an operator reads of one that is not right, and what comes of one that is."""

import pytest

from gateway.domain.protocol import Protocol
from gateway.federation.build import build
from gateway.federation.clients import ClientAuthentication
from gateway.settings.loader import load
from gateway.settings.problems import Level, Problems
from tests.support.configuration import KEYS, write_configuration
from tests.support.held import HeldClock

FILE = "identity-providers/hub.yaml"
ENTRY = """\
id: hub
protocol: oidc
names: {nl: De Hub}
issuer: https://hub.example/op
client_id: sluis
dialect: oidc-standard
schools: [99XC]
acr_values: [urn:example:level2]
"""
SECRET = ENTRY + "authentication: client_secret_post\nclient_secret: {file: keys/hub.secret}\n"
SCHOOLS = """\
- {brin: 99XB, names: {nl: Petteflat College}, sector: vo, domains: [petteflat.example]}
- {brin: 99XC, names: {nl: Zonnebloem}, sector: vo, domains: [zonnebloem.example]}
"""


TOKEN_KEY = """\
oidc_signing:
  - {id: o1, state: active, since: 2026-08-01T00:00:00Z, algorithm: ES256, key: {file: keys/oidc.key}}
"""


def federation(directory, entry=ENTRY, *, keys=KEYS + TOKEN_KEY, **files):
    files = {
        "schools/schools.yaml": SCHOOLS,
        "keys.yaml": keys,
        FILE: entry,
        **{name.replace("__", "/"): text for name, text in files.items()},
    }
    write_configuration(directory, files)
    (directory / "keys/hub.secret").write_text("from hub to sluis\n")
    (directory / "keys/hub.secret").chmod(0o600)
    return build(load(directory), clock=HeldClock())[0]


def said(directory, entry, **files):
    with pytest.raises(Problems) as refused:
        federation(directory, entry, **files)
    return [str(one) for one in refused.value.problems if one.place.file == FILE and one.level is Level.ERROR]


def changed(old, new, entry=ENTRY):
    assert old in entry
    return entry.replace(old, new)


def test_an_openid_provider_is_an_identity_provider(tmp_path):
    idp = federation(tmp_path).idp_by_entity_id["https://hub.example/op"]

    assert idp.protocol is Protocol.OIDC
    assert idp.oidc.client_id == "sluis"
    assert idp.oidc.authentication is ClientAuthentication.PRIVATE_KEY_JWT
    assert idp.oidc.contexts == ("urn:example:level2",)
    assert not idp.allow_unsolicited
    with pytest.raises(TypeError, match="does not speak SAML"):
        _ = idp.saml


def test_a_saml_identity_provider_is_no_openid_provider(tmp_path):
    with pytest.raises(TypeError, match="does not speak OpenID Connect"):
        _ = federation(tmp_path).identity_providers["petteflat"].oidc


def test_a_secret_is_read_and_never_shown(tmp_path):
    idp = federation(tmp_path, SECRET).identity_providers["hub"]

    assert idp.oidc.secret == "from hub to sluis"
    assert "from hub" not in repr(idp)


@pytest.mark.parametrize(
    ("entry", "line", "says"),
    [
        (changed("protocol: oidc", "protocol: oicd"), 2, "did you mean oidc?"),
        (changed("https://hub", "http://hub"), 4, "an issuer is https; http is for loopback alone"),
        (changed("example/op", "example/op?tenant=1"), 4, "an issuer has no query and no fragment"),
        (changed("example/op", "example/op#"), 4, "an issuer has no query and no fragment"),
        (changed("https://hub.example/op", "hub.example"), 4, "an address begins with https://"),
        (ENTRY + "client_ids: [sluis]\n", 9, "did you mean client_id?"),
        (changed("client_id: sluis\n", ""), 1, "client_id is missing"),
        (changed("oidc-standard", "oidc_standard"), 6, "did you mean oidc-standard?"),
        (changed("oidc-standard", "surf"), 6, "not one of the possible values"),
        (ENTRY + "scopes: [profile]\n", 1, "openid is one of them"),
        (ENTRY + 'scopes: [openid, "two words"]\n', 9, "it does not have the right form"),
        (ENTRY + "metadata: hub.xml\n", 9, "unknown key metadata"),
        (ENTRY + "allow_unsolicited: true\n", 9, "unknown key allow_unsolicited"),
        (ENTRY + "authentication: none\n", 9, "not one of the possible values"),
        (ENTRY + "authentication: client_secret_basic\n", 1, "client_secret_basic needs one"),
        (ENTRY + "client_secret: {env: HUB}\n", 1, "private_key_jwt needs none"),
        (changed("{file: keys/hub.secret}", "hunter2", SECRET), 10, "a secret does not stand here"),
        (changed("keys/hub.secret", "keys/no.secret", SECRET), 10, "keys/no.secret cannot be read"),
        (changed("keys/hub.secret", "keys/bytes.secret", SECRET), 10, "it is not UTF-8"),
    ],
)  # fmt: skip
def test_an_entry_that_is_not_right(tmp_path, entry, line, says):
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys/bytes.secret").write_bytes(b"\xff\xfe")
    (tmp_path / "keys/bytes.secret").chmod(0o600)

    [problem] = said(tmp_path, entry)

    assert f"{FILE}:{line}" in problem
    assert says in problem
    assert "hunter2" not in problem


def test_two_entries_of_one_issuer(tmp_path):
    other = ENTRY.replace("id: hub", "id: again").replace("99XC", "99XB")

    [problem] = said(tmp_path, ENTRY, **{"identity-providers__again.yaml": other})

    assert "the issuer https://hub.example/op stands at identity-providers/again.yaml:4 already" in problem


def test_where_the_gateway_proves_itself_it_has_a_key(tmp_path):
    assert said(tmp_path, ENTRY, keys=KEYS) == [
        (
            f"{FILE}:1: private_key_jwt signs with a key of `oidc_signing`, and keys.yaml has none; "
            "add a key, or authenticate with a client_secret"
        )
    ]
