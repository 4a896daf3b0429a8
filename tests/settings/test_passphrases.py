"""Keys that lie encrypted on disk, and keys that lie elsewhere: what opens them, and what is said when nothing does."""

from base64 import b64decode
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)

from gateway.settings.keys import KeyRing, load_keys
from gateway.settings.loader import load
from gateway.settings.problems import Problems
from tests.support.configuration import SECRET, edited, write_configuration
from tests.support.signing_keys import signing_key

PASSPHRASE = "correct horse battery staple"
SECRET_OCTETS = b64decode(SECRET)
KEY = signing_key("gateway").private_key
CARRIER = Ed25519PrivateKey.from_private_bytes(SECRET_OCTETS[:32])


def pem(key, encryption: KeySerializationEncryption | None = None) -> bytes:
    return key.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, encryption or BestAvailableEncryption(PASSPHRASE.encode())
    )


def keys_with(directory: Path, reference: str, files: dict[str, bytes], *, key: str = "keys/saml.key") -> KeyRing:
    """The keys of a configuration in which one reference is another, and some files are others."""
    write_configuration(directory, edited("keys.yaml", f"{{file: {key}}}", reference))
    for name, content in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        path.chmod(0o600)
    return load_keys(load(directory))


def said(directory: Path, reference: str, files: dict[str, bytes], *, key: str = "keys/saml.key") -> str:
    with pytest.raises(Problems) as caught:
        keys_with(directory, reference, files, key=key)
    (problem,) = caught.value.problems
    assert PASSPHRASE not in str(problem)
    assert "PRIVATE" not in str(problem)
    return str(problem)


def test_a_passphrase_from_the_environment_opens_a_key(tmp_path, monkeypatch):
    monkeypatch.setenv("SLUIS_PASSPHRASE", f" {PASSPHRASE}\n")
    reference = "{file: keys/saml.key, passphrase: {env: SLUIS_PASSPHRASE}}"

    ring = keys_with(tmp_path, reference, {"keys/saml.key": pem(KEY)})

    assert ring.saml_signing.active.private_key.private_numbers() == KEY.private_numbers()


def test_a_passphrase_from_a_file_outside_the_configuration_opens_a_key(tmp_path):
    reference = f"{{file: keys/saml.key, passphrase: {{file: {tmp_path}/elsewhere}}}}"

    files = {"keys/saml.key": pem(KEY), "../elsewhere": f"{PASSPHRASE}\n".encode()}
    ring = keys_with(tmp_path / "configuration", reference, files)

    assert ring.saml_signing.active.private_key.private_numbers() == KEY.private_numbers()


def test_a_secret_lies_encrypted_as_an_ed25519_key(tmp_path, monkeypatch):
    monkeypatch.setenv("SLUIS_PASSPHRASE", PASSPHRASE)
    reference = "{file: keys/sealing.pem, passphrase: {env: SLUIS_PASSPHRASE}}"

    ring = keys_with(tmp_path, reference, {"keys/sealing.pem": pem(CARRIER)}, key="keys/sealing.secret")

    assert ring.sealing.active.secret == SECRET_OCTETS[:32]


def test_keys_and_certificates_may_lie_outside_the_configuration(tmp_path):
    directory, elsewhere = tmp_path / "configuration", tmp_path / "elsewhere"
    write_configuration(
        directory,
        edited(
            "keys.yaml",
            "key: {file: keys/saml.key}, certificate: keys/saml.crt",
            f"key: {{file: {elsewhere}/saml.key}}, certificate: {elsewhere}/saml.crt",
        ),
    )
    elsewhere.mkdir()
    for name in ("saml.key", "saml.crt"):
        (directory / "keys" / name).rename(elsewhere / name)

    assert load_keys(load(directory)).saml_signing.active.certificate == signing_key("gateway").certificate


ENV = "{file: keys/saml.key, passphrase: {env: SLUIS_PASSPHRASE}}"


@pytest.mark.parametrize(
    ("reference", "files", "words"),
    [
        (
            "{file: keys/saml.key}",
            {"keys/saml.key": pem(KEY)},
            (
                "the key is encrypted: name where its passphrase is, beside the file: "
                "{file: ..., passphrase: {file: ...} or {env: ...}}"
            ),
        ),
        (
            "{file: keys/saml.key, passphrase: {file: /nowhere/passphrase}}",
            {"keys/saml.key": pem(KEY)},
            "its passphrase: /nowhere/passphrase cannot be read: No such file or directory",
        ),
        (
            "{file: keys/saml.key, passphrase: {env: SLUIS_NOT_SET}}",
            {"keys/saml.key": pem(KEY)},
            "its passphrase: the environment variable SLUIS_NOT_SET is not set",
        ),
        (
            "{file: keys/saml.key, passphrase: {file: keys/passphrase}}",
            {"keys/saml.key": pem(KEY), "keys/passphrase": PASSPHRASE.encode()},
            (
                "its passphrase keys/passphrase lies in the configuration itself, "
                "where whoever copies the key finds it: keep it elsewhere"
            ),
        ),
        (ENV, {"keys/saml.key": pem(KEY, BestAvailableEncryption(b"another"))}, "the passphrase does not open the key"),
        (
            ENV,
            {"keys/saml.key": pem(KEY, NoEncryption())},
            "a passphrase is named, but the key is not encrypted: `openssl pkey -aes256` encrypts one",
        ),
        ("{file: keys/saml.key}", {"keys/saml.key": b"nonsense"}, "the key is not a private key in PEM"),
    ],
    ids=["none named", "no file", "not set", "beside the key", "the wrong one", "not encrypted", "no key"],
)
def test_what_to_do_is_said_when_a_key_does_not_open(reference, files, words, tmp_path, monkeypatch):
    monkeypatch.setenv("SLUIS_PASSPHRASE", PASSPHRASE)
    monkeypatch.delenv("SLUIS_NOT_SET", raising=False)

    told = said(tmp_path, reference, files)

    assert told.startswith(f"keys.yaml:2: the saml_signing key saml1: {words}")


def test_a_file_with_the_passphrase_is_closed_to_others(tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text(PASSPHRASE)
    elsewhere.chmod(0o644)
    reference = f"{{file: keys/saml.key, passphrase: {{file: {elsewhere}}}}}"

    told = said(tmp_path / "configuration", reference, {"keys/saml.key": pem(KEY)})

    assert f"its passphrase: {elsewhere} is open to others on this machine: chmod 600 {elsewhere}" in told


def test_a_secret_in_pem_is_one_that_holds_32_octets(tmp_path, monkeypatch):
    monkeypatch.setenv("SLUIS_PASSPHRASE", PASSPHRASE)
    reference = "{file: keys/sealing.pem, passphrase: {env: SLUIS_PASSPHRASE}}"

    told = said(
        tmp_path,
        reference,
        {"keys/sealing.pem": pem(ec.generate_private_key(ec.SECP256R1()))},
        key="keys/sealing.secret",
    )

    assert "the sealing key s1: a secret in PEM is an Ed25519 key" in told


def test_a_secret_that_is_not_encrypted_has_no_passphrase(tmp_path, monkeypatch):
    monkeypatch.setenv("SLUIS_PASSPHRASE", PASSPHRASE)
    reference = "{file: keys/sealing.secret, passphrase: {env: SLUIS_PASSPHRASE}}"

    told = said(tmp_path, reference, {}, key="keys/sealing.secret")

    assert "the sealing key s1: a passphrase is named, but the key is not encrypted" in told
    assert SECRET not in told
