"""Keys and secrets: where they are read, whom they must be closed to, and what is said when they will not do."""

from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from gateway.settings.certificates import check_certificates
from gateway.settings.keys import load_keys
from gateway.settings.loader import load
from gateway.settings.problems import Level, Place, Problems
from gateway.settings.secrets import SecretReference
from gateway.settings.stores import check_stores
from gateway.storage.redis_address import SCHEMES
from tests.support.configuration import FILES, SECRET, edited, write_configuration
from tests.support.signing_keys import certificate_of, signing_key

G, K = "gateway.yaml", "keys.yaml"
PKCS8 = serialization.PrivateFormat.PKCS8


def _entry(key_id: str) -> str:
    line = next(line for line in FILES[K].splitlines() if f"id: {key_id}," in line)
    return line[line.index("{") : line.rindex("}") + 1]


def _said(directory) -> list[str]:
    with pytest.raises(Problems) as caught:
        load_keys(load(directory))
    return [str(problem) for problem in caught.value.problems]


def test_loads_every_key_and_shows_none(tmp_path):
    ring = load_keys(load(write_configuration(tmp_path)))

    assert [key.id for key in (*ring.sealing.all, *ring.pseudonyms.all, *ring.ledger.all)] == ["s1", "p1", "l1"]
    assert ring.sealing.active.secret == b"secret secret secret secret secret!"
    assert ring.saml_signing.active.certificate == signing_key("gateway").certificate
    assert "secret" not in repr(ring)
    assert "PRIVATE" not in repr(ring)


def test_a_secret_comes_from_the_environment_as_well(tmp_path, monkeypatch):
    monkeypatch.setenv("SLUIS_SEALING", f" {SECRET}\n")
    directory = write_configuration(tmp_path, edited(K, "{file: keys/sealing.secret}", "{env: SLUIS_SEALING}"))

    assert load_keys(load(directory)).sealing.active.secret == b"secret secret secret secret secret!"


def test_everything_that_is_wrong_with_keys_comes_at_once(tmp_path, monkeypatch):
    monkeypatch.delenv("SLUIS_NOT_SET", raising=False)
    directory = write_configuration(tmp_path, edited(K, "{file: keys/pseudonyms.secret}", "{env: SLUIS_NOT_SET}"))
    (directory / "keys/sealing.secret").unlink()
    (directory / "keys/saml.crt").unlink()

    missing = (
        "cannot be read: No such file or directory; `sluis init DIR --keys-only` makes the keys that are not there"
    )
    assert _said(directory) == [
        f"keys.yaml:2: the saml_signing key saml1: keys/saml.crt {missing}",
        f"keys.yaml:3: the sealing key s1: keys/sealing.secret {missing}",
        "keys.yaml:4: the pseudonyms key p1: the environment variable SLUIS_NOT_SET is not set",
    ]


@pytest.mark.parametrize("mode", [0o604, 0o644, 0o620, 0o602, 0o666])
def test_a_secret_that_others_can_read_or_its_group_can_change_is_refused(mode, tmp_path):
    directory = write_configuration(tmp_path)
    (directory / "keys/sealing.secret").chmod(mode)

    assert "keys/sealing.secret is open to others on this machine: chmod 600 keys/sealing.secret" in _said(directory)[0]


@pytest.mark.parametrize("mode", [0o400, 0o600, 0o440])
def test_a_secret_of_the_owner_or_that_an_orchestrator_hands_to_the_group_is_taken(mode, tmp_path):
    directory = write_configuration(tmp_path)
    (directory / "keys/sealing.secret").chmod(mode)

    load_keys(load(directory))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "keys/sealing.secret is empty"),
        (b"not base64 at all", "the sealing key s1: it is not base64, as `openssl rand -base64 32` makes it"),
        (b"dG9vIHNob3J0", "at least 32 bytes"),
        ("c2VjcmV0é".encode(), "the sealing key s1"),
    ],
)
def test_a_secret_that_is_none(content, words, tmp_path):
    directory = write_configuration(tmp_path)
    (directory / "keys/sealing.secret").write_bytes(content)

    said = _said(directory)
    assert len(said) == 1
    assert said[0].startswith("keys.yaml:3: ")
    assert words in said[0]
    assert "dG9v" not in said[0]


def test_an_id_that_stands_twice(tmp_path):
    entry = _entry("s1")
    directory = write_configuration(tmp_path, edited(K, entry, f"{entry}, {entry.replace('active', 'previous')}"))

    assert _said(directory) == ["keys.yaml:3: the id s1 stands twice in sealing; give every key its own"]


@pytest.mark.parametrize(
    ("state", "words"), [("active", "sealing has 2 active keys"), ("next", "sealing has no active key")]
)
def test_a_ring_has_one_active_key(state, words, tmp_path):
    first, second = _entry("s1"), _entry("s1").replace("s1", "s2")
    both = ", ".join(entry.replace("state: active", f"state: {state}") for entry in (first, second))
    directory = write_configuration(tmp_path, edited(K, first, both))

    assert _said(directory) == [f"keys.yaml:3: {words}; one of a ring is active"]


def test_keys_of_a_ring_go_by_their_state(tmp_path):
    states = {"s1": "previous", "s2": "retired", "s3": "previous", "s4": "active", "s5": "next"}
    entries = [_entry("s1").replace("s1", one).replace("active", state) for one, state in states.items()]
    entries[1] = entries[1].replace("keys/sealing.secret", "keys/gone.secret")
    directory = write_configuration(tmp_path, edited(K, _entry("s1"), ", ".join(entries)))

    ring = load_keys(load(directory)).sealing

    assert [key.id for key in ring.all] == ["s4", "s5", "s1", "s3"]
    assert [key.id for key in ring.announced] == ["s4", "s5"]
    assert ring.first.id == "s1"


def _pem(key, encryption=None) -> bytes:
    return key.private_bytes(Encoding.PEM, PKCS8, encryption or serialization.NoEncryption())


@pytest.mark.parametrize(
    ("pem", "words"),
    [
        (lambda: _pem(signing_key("somebody else").private_key), "the certificate belongs to another key"),
        (lambda: _pem(signing_key("small", 1024).private_key), "RSA of at least 2048 bits"),
        (lambda: _pem(ec.generate_private_key(ec.SECP256R1())), "the certificate belongs to another key"),
        (lambda: _pem(ec.generate_private_key(ec.SECP521R1())), "RSA of at least 2048 bits, or EC on P-256 or P-384"),
        (lambda: b"-----BEGIN PRIVATE KEY-----", "not a private key in PEM"),
        (
            lambda: _pem(signing_key("gateway").private_key, serialization.BestAvailableEncryption(b"pass")),
            "the key is encrypted: name where its passphrase is, beside the file",
        ),
    ],
    ids=["of another certificate", "too small", "elliptic", "of another curve", "not PEM", "with a passphrase"],
)
def test_a_signing_key_that_will_not_do(pem, words, tmp_path):
    directory = write_configuration(tmp_path)
    (directory / "keys/saml.key").write_bytes(pem())

    said = _said(directory)
    assert len(said) == 1
    assert said[0].startswith("keys.yaml:2: the saml_signing key saml1: ")
    assert words in said[0]


def test_a_certificate_that_is_none(tmp_path):
    directory = write_configuration(tmp_path)
    (directory / "keys/saml.crt").write_bytes(b"nothing")

    assert "the certificate is not one in PEM" in _said(directory)[0]


@pytest.mark.parametrize(
    ("now", "words"),
    [
        (datetime(2035, 10, 2, tzinfo=UTC), None),
        (datetime(2035, 10, 4, tzinfo=UTC), "the certificate ends on 2036-01-01, within 90 days"),
        (datetime(2035, 12, 15, tzinfo=UTC), "the certificate ends on 2036-01-01, within 30 days"),
        (datetime(2035, 12, 28, tzinfo=UTC), "the certificate ends on 2036-01-01, within 7 days"),
        (datetime(2036, 1, 2, tzinfo=UTC), "the certificate ended on 2036-01-01"),
    ],
)
def test_warns_before_the_gateways_own_certificate_ends(now, words, tmp_path):
    directory = write_configuration(tmp_path)
    certificate = certificate_of(signing_key("gateway").private_key, "gateway")
    (directory / "keys/saml.crt").write_bytes(certificate.public_bytes(Encoding.PEM))
    settings = load(directory)

    problems = list(check_certificates(load_keys(settings).certificates, now))

    assert [problem.level for problem in problems] == ([Level.WARNING] if words else [])
    assert all(words in str(problem) and problem.place == Place(K, 2) for problem in problems)


def _stores(tmp_path, stores: str) -> list[str]:
    directory = write_configuration(tmp_path, edited(G, "lifetimes: ", f"stores:\n{stores}lifetimes: "))
    return [str(problem) for problem in check_stores(load(directory))]


def test_addresses_of_stores_are_looked_at_before_anybody_connects(tmp_path, monkeypatch):
    monkeypatch.setenv("SLUIS_REDIS_URL", "http://me:hidden@redis")
    monkeypatch.delenv("SLUIS_DATABASE_URL", raising=False)

    kinds = [f"{scheme}://" for scheme in SCHEMES]
    said = _stores(
        tmp_path,
        "  short_lived:\n    kind: redis\n    url: {env: SLUIS_REDIS_URL}\n"
        "  lasting:\n    url: {env: SLUIS_DATABASE_URL}\n",
    )

    assert said == [
        "gateway.yaml:9: the address is of another kind of store; it begins with " + ", ".join(kinds),
        "gateway.yaml:11: the environment variable SLUIS_DATABASE_URL is not set",
    ]


@pytest.mark.parametrize("address", ['"redis://redis.example:6379/0"', "{env: SLUIS_REDIS_URL}"])
def test_an_address_without_a_password_may_stand_in_the_file(address, tmp_path, monkeypatch):
    monkeypatch.setenv("SLUIS_REDIS_URL", "rediss://:hidden@redis.example:6380/0")

    assert _stores(tmp_path, f"  short_lived: {{kind: redis, url: {address}}}\n") == []


def test_bytes_that_are_no_text_are_no_address(tmp_path):
    (tmp_path / "url").write_bytes(b"\xff\xfe")
    (tmp_path / "url").chmod(0o600)

    assert _stores(tmp_path, "  lasting: {url: {file: url}}\n") == ["gateway.yaml:7: url is not UTF-8"]


def test_a_reference_shows_where_a_secret_is_and_not_what(tmp_path):
    (tmp_path / "key").write_text("hidden")
    reference = SecretReference(file="key")

    (tmp_path / "key").chmod(0o600)
    assert reference.read(tmp_path) == b"hidden"
    assert "hidden" not in repr(reference)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("url: 'redis://a', tls: {ca: gateway.yaml}", "the address is not of a Redis over TLS"),
        ("url: 'rediss://a', tls: {ca: nowhere.pem}", "nowhere.pem is not there"),
        ("url: 'rediss://a', tls: {certificate: gateway.yaml}", "a certificate and its key belong together"),
        ("url: 'redis://a', sentinel_user: s", "the address names no Sentinels"),
        ("url: 'redis://a', password: {env: SLUIS_NOT_SET}", "the environment variable SLUIS_NOT_SET is not set"),
        ("url: 'redis://a?x=1'", "the address of a Redis has no options: they are keys of their own"),
        ("url: {env: SLUIS_REDIS_URL}, password: {env: SLUIS_PASSWORD}", "the address has a password in it too"),
    ],
)
def test_what_does_not_fit_a_redis(keys: str, said: str, tmp_path, monkeypatch):
    monkeypatch.setenv("SLUIS_REDIS_URL", "redis://:hidden@a")
    monkeypatch.setenv("SLUIS_PASSWORD", "hidden")

    (problem,) = _stores(tmp_path, f"  short_lived: {{kind: redis, {keys}}}\n")

    assert said in problem
    assert "hidden" not in problem
