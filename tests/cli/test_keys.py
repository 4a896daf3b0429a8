"""`sluis keys`, as an operator types it: no step too early, none that loses something, and the file stays theirs."""

import json
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from cryptography import x509
from sqlalchemy import Engine

from gateway.cli import main
from gateway.domain.randomness import SystemRandomness
from gateway.settings.keys import load_keys
from gateway.settings.loader import load
from gateway.storage import schema
from gateway.storage.engine import open_engine
from gateway.storage.migrate import upgrade
from gateway.storage.sealing import Sealer
from tests.support.configuration import FILES, write_configuration

K = "keys.yaml"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return write_configuration(tmp_path)


def keys(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["keys", *map(str, arguments)])


def done(*arguments: str | Path) -> str:
    result = keys(*arguments)
    assert result.exit_code == 0, result.output
    return result.output


def refused(*arguments: str | Path) -> str:
    result = keys(*arguments)
    assert result.exit_code == 1, result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.output


def aged(directory: Path, key_id: str, **ago: float) -> None:
    """As if a key had come into its state so long ago."""
    since = f"{datetime.now(UTC) - timedelta(**ago):%Y-%m-%dT%H:%M:%SZ}"
    text = (directory / K).read_text()
    before, found, after = text.partition(f"id: {key_id}")
    at = after.index("since: ") + len("since: ")
    (directory / K).write_text(before + found + after[:at] + since + after[at + 20 :])


def with_database(directory: Path) -> Engine:
    """As after the first start."""
    engine = open_engine("sqlite:///var/lasting.sqlite", directory=directory)
    upgrade(engine)
    return engine


def states(directory: Path, ring: str) -> dict[str, str]:
    return {one.id: one.state.value for one in getattr(load(directory).keys, ring)}


def test_a_key_is_announced_used_and_retired(directory: Path):
    assert "saml_signing saml2 is next" in done("new", directory, "saml_signing")
    assert states(directory, "saml_signing") == {"saml1": "active", "saml2": "next"}
    ring = load_keys(load(directory)).saml_signing
    assert ring.next[0].private_key.key_size == 2048, "as the ring's active key"

    aged(directory, "saml2", days=15)
    assert "saml_signing saml1 is previous" in done("activate", directory, "saml_signing", "saml2")
    assert load_keys(load(directory)).saml_signing.active.certificate == ring.next[0].certificate

    aged(directory, "saml1", days=2)
    assert "its file may be deleted" in done("retire", directory, "saml_signing", "saml1")
    assert states(directory, "saml_signing") == {"saml1": "retired", "saml2": "active"}
    assert done("new", directory, "saml_signing").count("saml3") >= 1, "an id is never used again"


@pytest.mark.parametrize(
    ("ring", "key_id"),
    [("sealing", "s2"), ("pseudonyms", "p2"), ("ledger", "l2"), ("saml_decryption", "enc1"), ("oidc_signing", "oidc1")],
)
def test_every_ring_gets_a_key_that_the_gateway_can_read(directory: Path, ring: str, key_id: str):
    done("new", directory, ring)

    state = "active" if key_id.endswith("1") else "next"
    assert states(directory, ring)[key_id] == state, "the first of a ring is used at once"
    load_keys(load(directory))
    made = [path for path in (directory / "keys").iterdir() if path.name not in FILES and path.suffix != ".crt"]
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in made)


def test_what_the_operator_wrote_stays(directory: Path):
    text = "# ours, since the audit\n" + (directory / K).read_text() + "# the end\n"
    (directory / K).write_text(text)
    (directory / K).chmod(0o640)

    done("new", directory, "sealing")
    aged(directory, "s2", hours=1)
    done("activate", directory, "sealing", "s2")

    lines = (directory / K).read_text().splitlines()
    assert [line for line in lines if not line.startswith("sealing")] == [
        line for line in text.splitlines() if not line.startswith("sealing")
    ]
    assert stat.S_IMODE((directory / K).stat().st_mode) == 0o640
    assert sorted(path.name for path in directory.glob(".keys*")) == []


@pytest.mark.parametrize(("kind", "algorithm"), [("rsa-2048", "RS256"), ("p-256", "ES256"), ("p-384", "ES384")])
def test_each_algorithm_of_tokens_is_a_ring_of_its_own(directory: Path, kind: str, algorithm: str):
    done("new", directory, "oidc_signing", "--kind", "p-256")
    done("new", directory, "oidc_signing", "--kind", kind)

    last = load(directory).keys.oidc_signing[-1]
    assert (last.algorithm, last.state.value) == (algorithm, "next" if kind == "p-256" else "active")
    load_keys(load(directory))


def test_an_ec_key_may_follow_an_rsa_key_for_signing_and_not_for_decryption(directory: Path):
    done("new", directory, "saml_signing", "--kind", "p-384")
    assert load_keys(load(directory)).saml_signing.next[0].private_key.curve.name == "secp384r1"

    assert "keys that others encrypt for are RSA" in refused("new", directory, "saml_decryption", "--kind", "p-256")


def test_a_key_lies_encrypted_elsewhere_and_the_next_one_as_well(directory: Path, tmp_path_factory, monkeypatch):
    monkeypatch.setenv("SLUIS_PASSPHRASE", "correct horse battery staple")
    elsewhere = tmp_path_factory.mktemp("elsewhere")

    for ring in ("saml_signing", "sealing"):
        done("new", directory, ring, "--into", elsewhere, "--passphrase-env", "SLUIS_PASSPHRASE")
        done("new", directory, ring)

    load_keys(load(directory))
    made = [path.read_text() for path in elsewhere.iterdir() if path.suffix != ".crt"]
    assert len(made) == 4
    assert all(text.startswith("-----BEGIN ENCRYPTED PRIVATE KEY-----") for text in made)
    assert "correct horse" not in (directory / K).read_text()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("saml_signing", "--passphrase-env", "SLUIS_NOT_SET"), "the environment variable SLUIS_NOT_SET is not set"),
        (("saml_signing", "--passphrase-file", "keys/p"), "lies in the configuration itself"),
        (("saml_signing", "--passphrase-env", "A", "--passphrase-file", "/b"), "name one of"),
        (("saml_signing", "--id", "saml1"), "an id is never used again"),
        (("saml_signing", "--id", "Nope!"), "id"),
        (("sealing", "--kind", "p-256"), "sealing has secrets, which have no kind"),
    ],
)
def test_a_key_that_cannot_be_made_leaves_nothing_behind(directory: Path, arguments, words: str, monkeypatch):
    monkeypatch.delenv("SLUIS_NOT_SET", raising=False)
    before = {path.name: path.read_bytes() for path in (directory / "keys").iterdir()} | {
        K: (directory / K).read_bytes()
    }

    assert words in refused("new", directory, *arguments)

    after = {path.name: path.read_bytes() for path in (directory / "keys").iterdir()} | {
        K: (directory / K).read_bytes()
    }
    assert after == before


@pytest.mark.parametrize(
    ("ring", "key_id", "enough"),
    [
        ("saml_signing", "saml2", {"days": 14}),
        ("oidc_signing", "oidc2", {"days": 1}),
        ("sealing", "s2", {"minutes": 10}),
        ("pseudonyms", "p2", {"minutes": 10}),
        ("ledger", "l2", {"minutes": 10}),
    ],
)
def test_a_key_is_used_when_those_know_it_who_must(directory: Path, ring: str, key_id: str, enough: dict[str, float]):
    if ring == "oidc_signing":
        done("new", directory, ring)
    done("new", directory, ring)
    long_enough = timedelta(**enough)

    aged(directory, key_id, seconds=(long_enough - timedelta(minutes=5)).total_seconds())
    said = refused("activate", directory, ring, key_id)
    assert f"{ring} {key_id} may not be activated yet before " in said
    assert "With --force: " in said
    assert states(directory, ring)[key_id] == "next"

    aged(directory, key_id, seconds=(long_enough + timedelta(seconds=1)).total_seconds())
    done("activate", directory, ring, key_id)


def test_force_takes_a_step_early_and_says_what_it_costs(directory: Path):
    done("new", directory, "saml_signing")

    said = done("activate", directory, "saml_signing", "saml2", "--force")

    assert "forced: a party that does not know it yet refuses every login" in said
    assert states(directory, "saml_signing") == {"saml1": "previous", "saml2": "active"}


def test_the_oldest_pseudonym_key_stays_in_front_whatever_the_order_was(directory: Path):
    """Learners with an ECK iD are known by what the oldest key derived."""
    first = load_keys(load(directory)).pseudonyms.first
    done("new", directory, "pseudonyms")
    text = (directory / K).read_text()
    start, end = text.index("pseudonyms: ["), text.index("]", text.index("pseudonyms: ["))
    one, _, two = text[start + len("pseudonyms: [") : end].partition(", {id: p2")
    (directory / K).write_text(text[:start] + "pseudonyms: [{id: p2" + two + ", " + one + text[end:])
    assert list(states(directory, "pseudonyms")) == ["p2", "p1"]

    aged(directory, "p2", hours=1)
    done("activate", directory, "pseudonyms", "p2")
    assert load_keys(load(directory)).pseudonyms.first == first
    done("new", directory, "pseudonyms")
    aged(directory, "p3", hours=1)
    done("activate", directory, "pseudonyms", "p3")

    assert states(directory, "pseudonyms") == {"p1": "previous", "p2": "previous", "p3": "active"}
    assert load_keys(load(directory)).pseudonyms.first == first


def test_no_pseudonym_key_retires_by_any_means(directory: Path):
    done("new", directory, "pseudonyms")
    assert "it has derived nothing yet: delete its entry instead" in refused("retire", directory, "pseudonyms", "p2")
    aged(directory, "p2", hours=1)
    done("activate", directory, "pseudonyms", "p2")
    aged(directory, "p1", days=5000)

    said = refused("retire", directory, "pseudonyms", "p1", "--force")

    assert "learners are known by what it derived" in said
    assert states(directory, "pseudonyms")["p1"] == "previous"


def test_check_refuses_a_pseudonym_key_that_was_retired_by_hand(directory: Path):
    done("new", directory, "pseudonyms")
    (directory / K).write_text((directory / K).read_text().replace("p2, state: next", "p2, state: retired"))

    result = CliRunner().invoke(main, ["check", str(directory)])

    assert result.exit_code == 1
    assert (
        "keys.yaml:4: the pseudonyms key p2 is retired, and every learner known by it is a stranger; "
        "state: previous, or delete the entry of a key that never was active"
    ) in result.output


def test_a_ledger_key_stays_while_a_chain_hangs_on_it(directory: Path):
    done("new", directory, "ledger")
    done("activate", directory, "ledger", "l2", "--force")
    assert "the database cannot be read, so nobody knows" in refused("retire", directory, "ledger", "l1", "--force")

    engine = with_database(directory)
    chain = {"serial": 1, "key_id": "l1", "began": datetime.now(UTC), "number": 1, "head": "h", "seal": "s"}
    with engine.begin() as connection:
        connection.execute(schema.ledger_writers.insert(), {"writer": "w", **chain})
    assert "1 of the ledger's chains can be proven by it alone" in refused(
        "retire", directory, "ledger", "l1", "--force"
    )
    engine.dispose()

    done("new", directory, "ledger")
    done("activate", directory, "ledger", "l3", "--force")
    done("retire", directory, "ledger", "l2")
    assert states(directory, "ledger") == {"l1": "previous", "l2": "retired", "l3": "active"}


@pytest.mark.parametrize(
    ("ring", "old", "new", "long"),
    [
        ("saml_signing", "saml1", "saml2", {"days": 1}),
        ("saml_decryption", "enc1", "enc2", {"days": 14}),
        ("sealing", "s1", "s2", {"days": 1, "hours": 10}),
    ],
)
def test_a_key_retires_when_nothing_live_depends_on_it(directory: Path, ring: str, old: str, new: str, long):
    with_database(directory).dispose()
    if ring == "saml_decryption":
        done("new", directory, ring)
    done("new", directory, ring)
    assert f"{ring} {old} is in use: activate another one first" in refused("retire", directory, ring, old, "--force")
    done("activate", directory, ring, new, "--force")
    depends = timedelta(**long)

    aged(directory, old, seconds=(depends - timedelta(minutes=5)).total_seconds())
    assert f"{ring} {old} may not retire before " in refused("retire", directory, ring, old)
    aged(directory, old, seconds=(depends + timedelta(seconds=1)).total_seconds())
    done("retire", directory, ring, old)
    assert "is retired already" in refused("retire", directory, ring, old)
    assert "a key goes from next to active" in refused("activate", directory, ring, old)


def test_a_sealing_key_stays_while_the_vault_hangs_on_it(directory: Path):
    """What lies in the vault lasts; without its key a school's learners are strangers."""
    engine = with_database(directory)
    sealer = Sealer(load_keys(load(directory)).sealing.all, SystemRandomness())
    row = {"school": "99XB", "sealed_key": sealer.seal(b"k" * 32, purpose="vault-key", key="99XB")}
    with engine.begin() as connection:
        connection.execute(schema.vault_schools.insert(), row)
    engine.dispose()
    done("new", directory, "sealing")
    done("activate", directory, "sealing", "s2", "--force")
    aged(directory, "s1", days=400)

    said = refused("retire", directory, "sealing", "s1", "--force")

    assert "keys of schools and identifiers that it seals: 1; `sluis vault reseal` first" in said
    assert said.count("With --force") == 0
    assert "`sluis vault reseal` first" in done("status", directory)


def test_schools_may_encrypt_for_a_key_that_is_announced(directory: Path):
    done("new", directory, "saml_decryption")
    done("new", directory, "saml_decryption")

    assert "make it `state: previous` by hand" in refused("retire", directory, "saml_decryption", "enc2")
    assert "With --force" in refused("retire", directory, "saml_decryption", "enc2")


def test_status_says_what_each_key_does_and_when_its_next_step_may_be_taken(directory: Path):
    done("new", directory, "saml_signing")
    done("new", directory, "sealing")
    aged(directory, "saml2", days=3)

    said = done("status", directory)

    assert "saml_signing saml1, active since 2026-08-01T00:00:00Z: signs SAML messages and metadata" in said
    assert "certificate: ends on 2036-01-01, " in said
    assert f"may be activated from {datetime.now(UTC) + timedelta(days=11):%Y-%m-%d}" in said
    assert "sealing s2, next since" in said
    assert "secret" not in said.replace("secrets", "")


def test_list_shows_no_secret_and_needs_none(directory: Path):
    for path in (directory / "keys").iterdir():
        if path.suffix != ".crt":
            path.unlink()

    listed = json.loads(done("list", directory, "--json"))

    assert (listed[0]["ring"], listed[0]["id"], listed[0]["state"]) == ("saml_signing", "saml1", "active")
    certificate = x509.load_pem_x509_certificate((directory / "keys/saml.crt").read_bytes())
    assert listed[0]["certificate_ends"].startswith(f"{certificate.not_valid_after_utc:%Y-%m-%d}")
    assert "saml_signing     saml1      active" in done("list", directory)


def test_a_key_that_is_not_there_and_a_ring_that_is_none(directory: Path):
    assert "saml_signing has no key saml9; it has: saml1" in refused("activate", directory, "saml_signing", "saml9")
    assert keys("activate", directory, "saml", "saml1").exit_code == 2


def test_a_file_that_it_cannot_change_safely_is_left_alone(directory: Path):
    text = (directory / K).read_text().replace("sealing: [{id: s1,", "sealing: [&s {id: s1,")
    text = text.replace("ledger: [{id: l1,", "more: *s\nledger: [{id: l1,")
    (directory / K).write_text(text)

    assert "keys.yaml" in refused("new", directory, "sealing")
    assert (directory / K).read_text() == text
