"""`sluis check`, `init` and `metadata`, as an operator types them."""

import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from lxml import etree

from gateway.cli import main
from gateway.cli.reference import reference
from gateway.domain.errors import ErrorCode, SluisError
from gateway.saml.addresses import Addresses
from gateway.settings.keys import load_keys
from gateway.settings.loader import load
from gateway.xml.signatures import verify
from tests.support.configuration import FILES, KEYS, edited, write_configuration
from tests.support.signing_keys import signing_key

REPOSITORY = Path(__file__).parents[2]


def sluis(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(one) for one in arguments])


def init(directory: Path, *more: str) -> Result:
    return sluis("init", directory, "--rsa-bits", "2048", *more)


class TestCheck:
    def test_says_how_much_there_is_when_nothing_is_wrong(self, tmp_path):
        result = sluis("check", write_configuration(tmp_path))

        assert result.exit_code == 0
        assert result.output == "0 errors, 0 warnings; 1 school, 1 identity provider, 1 service\n"

    def test_exits_1_with_every_error_in_the_order_of_the_files(self, tmp_path):
        changed = {**edited("gateway.yaml", "15m", "soon"), **edited("agreements/agreements.yaml", "2026-08-01", "x")}

        result = sluis("check", write_configuration(tmp_path, changed))

        assert result.exit_code == 1
        lines = result.output.splitlines()
        assert lines[0].startswith("agreements/agreements.yaml:4: from: a day is written 2026-08-01")
        assert lines[1].startswith("gateway.yaml:6: lifetimes.transaction: a duration is a number")
        assert lines[2:] == ["2 errors, 0 warnings"]

    def test_a_warning_is_no_error(self, tmp_path):
        result = sluis("check", write_configuration(tmp_path, {"agreements/agreements.yaml": "[]\n"}))

        assert result.exit_code == 0
        assert "services/leesplein.yaml:1: warning: no school has an agreement with leesplein" in result.output
        assert "0 errors, 1 warning; " in result.output

    def test_commands_that_only_read_repeat_no_warnings_but_every_error(self, tmp_path):
        warned = write_configuration(tmp_path / "warned", {"agreements/agreements.yaml": "[]\n"})
        wrong = write_configuration(tmp_path / "wrong", edited("gateway.yaml", "15m", "soon"))

        quiet, loud = sluis("explain", warned, "--matrix", "--csv"), sluis("explain", wrong, "--matrix", "--csv")

        assert (quiet.exit_code, quiet.stderr) == (0, "")
        assert loud.exit_code == 1
        assert "gateway.yaml:6: lifetimes.transaction" in loud.stderr

    def test_as_json(self, tmp_path):
        result = sluis("check", "--json", write_configuration(tmp_path, edited("gateway.yaml", "listen:", "listn:")))

        assert result.exit_code == 1
        assert json.loads(result.output) == [
            {
                "level": "error",
                "file": "gateway.yaml",
                "line": 2,
                "what": "unknown key listn",
                "instead": "did you mean listen?",
            }
        ]

    def test_a_directory_that_is_not_there(self, tmp_path):
        result = sluis("check", tmp_path / "nowhere")

        assert result.exit_code == 2
        assert "does not exist" in result.output

    def test_starts_without_loading_the_gateway(self):
        loaded = "import gateway.cli.check, sys; print([m for m in ('flask', 'saml2', 'gunicorn') if m in sys.modules])"

        printed = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)

        assert printed.stdout == "[]\n"


class TestInit:
    def test_what_it_writes_has_no_error_and_serves_nobody_yet(self, tmp_path):
        directory = tmp_path / "new"

        assert init(directory, "--base-url", "https://login.example.nl").exit_code == 0
        result = sluis("check", directory)

        assert result.exit_code == 0
        assert "0 errors, 2 warnings; 0 schools, 0 identity providers, 0 services" in result.output

    def test_secrets_are_for_the_owner_alone(self, tmp_path):
        init(tmp_path, "--base-url", "https://login.example.nl")

        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "keys").iterdir()}
        assert {name for name, mode in modes.items() if mode == 0o600} == {
            "saml-1.key",
            "saml-2.key",
            "encryption-1.key",
            "oidc-1.key",
            "oidc-2.key",
            "sealing-1.secret",
            "pseudonyms-1.secret",
            "ledger-1.secret",
        }
        assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700

    def test_makes_a_key_to_use_and_the_next_for_three_years(self, tmp_path):
        sluis("init", tmp_path, "--base-url", "https://login.example.nl")

        certificates = [
            x509.load_pem_x509_certificate((tmp_path / f"keys/saml-{number}.crt").read_bytes()) for number in (1, 2)
        ]
        keys = [certificate.public_key() for certificate in certificates]
        assert all(isinstance(key, rsa.RSAPublicKey) and key.key_size == 3072 for key in keys)
        assert keys[0] != keys[1]
        for certificate in certificates:
            assert 1094 <= (certificate.not_valid_after_utc - certificate.not_valid_before_utc).days <= 1096

    @pytest.mark.parametrize(("kind", "curve"), [("p-256", "secp256r1"), ("p-384", "secp384r1")])
    def test_signs_saml_with_ec_keys_where_that_is_wanted(self, kind, curve, tmp_path):
        assert init(tmp_path, "--base-url", "https://login.example.nl", "--saml-signing", kind).exit_code == 0

        ring = load_keys(load(tmp_path))
        assert {key.private_key.curve.name for key in ring.saml_signing.all} == {curve}
        assert ring.saml_decryption.active.private_key.key_size == 2048, "peers cannot encrypt for an EC key"
        assert sluis("check", tmp_path).exit_code == 0

    def test_two_gateways_share_no_secret(self, tmp_path):
        for name in ("one", "two"):
            init(tmp_path / name, "--base-url", "https://login.example.nl")

        for secret in ("sealing-1.secret", "pseudonyms-1.secret", "saml-1.key"):
            one, two = ((tmp_path / name / "keys" / secret).read_bytes() for name in ("one", "two"))
            assert one != two
        sealing, pseudonyms = (tmp_path / "one/keys" / name for name in ("sealing-1.secret", "pseudonyms-1.secret"))
        assert sealing.read_bytes() != pseudonyms.read_bytes()

    def test_leaves_a_directory_alone_that_has_something_in_it(self, tmp_path):
        (tmp_path / "notes").write_text("mine")

        result = init(tmp_path, "--base-url", "https://login.example.nl")

        assert result.exit_code == 1
        assert "is not empty: nothing was written" in result.output
        assert [path.name for path in tmp_path.iterdir()] == ["notes"]

    @pytest.mark.parametrize(
        ("url", "words"),
        [
            ("http://login.example.nl", "a public address is https; http is for loopback alone"),
            ("https://login.example.nl/", "without a path or a slash at the end"),
        ],
    )
    def test_a_base_url_that_will_not_do(self, url, words, tmp_path):
        result = init(tmp_path / "new", "--base-url", url)

        assert result.exit_code == 2
        assert words in " ".join(result.output.split())
        assert not (tmp_path / "new").exists()

    def test_asks_for_the_base_url(self, tmp_path):
        assert "--base-url" in init(tmp_path / "new").output

    @pytest.mark.parametrize(
        ("url", "listen"),
        [
            ("https://login.example.nl", "127.0.0.1:8080"),
            ("http://127.0.0.9:8123", "127.0.0.9:8123"),
            ("http://localhost", "localhost:80"),
            ("http://[::1]:8123", "[::1]:8123"),
            ("https://localhost", "127.0.0.1:8080"),
        ],
    )
    def test_without_tls_the_gateway_listens_at_its_public_address(self, url, listen, tmp_path):
        init(tmp_path, "--base-url", url)

        assert load(tmp_path).gateway.listen == listen

    def test_the_examples_of_entries_are_sound(self, tmp_path):
        init(tmp_path, "--base-url", "https://login.example.nl")
        for example in tmp_path.glob("*/example.yaml.txt"):
            example.rename(example.with_suffix(""))

        result = sluis("check", tmp_path)

        errors = [line for line in result.output.splitlines() if ": warning: " not in line][:-1]
        assert len(errors) == 2, "only the metadata of the examples is missing"
        assert all("the file cannot be read: No such file or directory" in line for line in errors)

    def test_its_policy_is_that_of_the_example(self):
        shipped = REPOSITORY / "gateway/cli/starter/policy.yaml"
        assert (REPOSITORY / "config/policy.yaml").read_text() == shipped.read_text()


class TestKeysOnly:
    def test_makes_keys_that_lie_encrypted_where_a_passphrase_is_named(self, tmp_path, monkeypatch):
        monkeypatch.setenv("SLUIS_PASSPHRASE", "correct horse battery staple")
        text = KEYS
        for name in ("saml.key", "sealing.secret"):
            text = text.replace(
                f"{{file: keys/{name}}}", f"{{file: keys/{name}, passphrase: {{env: SLUIS_PASSPHRASE}}}}"
            )
        write_configuration(tmp_path, {"keys.yaml": text})
        for name in ("saml.key", "saml.crt", "sealing.secret"):
            (tmp_path / "keys" / name).unlink()

        assert init(tmp_path, "--keys-only").exit_code == 0

        assert sluis("check", tmp_path).exit_code == 0
        for name in ("saml.key", "sealing.secret"):
            assert (tmp_path / "keys" / name).read_text().startswith("-----BEGIN ENCRYPTED PRIVATE KEY-----")

    def test_makes_nothing_with_a_passphrase_that_could_be_guessed(self, tmp_path, monkeypatch):
        monkeypatch.setenv("SLUIS_PASSPHRASE", "geheim")
        reference = "{file: keys/new.key, passphrase: {env: SLUIS_PASSPHRASE}}, certificate: keys/new.crt"
        changed = edited("keys.yaml", "{file: keys/saml.key}, certificate: keys/saml.crt", reference)
        write_configuration(tmp_path, changed)

        result = init(tmp_path, "--keys-only")

        assert result.exit_code == 1
        assert "the passphrase can be guessed; `openssl rand -base64 32` makes one that cannot" in result.output
        assert not (tmp_path / "keys/new.key").exists()

    def test_makes_the_keys_that_are_named_and_not_there(self, tmp_path):
        write_configuration(tmp_path)
        kept = (tmp_path / "keys/sealing.secret").read_bytes()
        for name in ("saml.key", "saml.crt", "pseudonyms.secret"):
            (tmp_path / "keys" / name).unlink()

        result = init(tmp_path, "--keys-only")

        assert result.output == "made keys/saml.key\nmade keys/pseudonyms.secret\n"
        assert (tmp_path / "keys/sealing.secret").read_bytes() == kept
        assert sluis("check", tmp_path).exit_code == 0

    def test_a_next_key_is_an_entry_and_this(self, tmp_path):
        entry = next(line for line in KEYS.splitlines() if "saml1" in line)
        more = entry.replace("saml1, state: active", "saml2, state: next").replace("keys/saml", "keys/next")
        write_configuration(tmp_path, edited("keys.yaml", entry, f"{entry}\n{more}"))

        assert init(tmp_path, "--keys-only").output == "made keys/next.key\n"
        assert sluis("check", tmp_path).exit_code == 0

    def test_writes_over_nothing(self, tmp_path):
        write_configuration(tmp_path)
        before = {path: path.read_bytes() for path in (tmp_path / "keys").iterdir()}

        assert init(tmp_path, "--keys-only").output == "no key to make\n"
        assert {path: path.read_bytes() for path in (tmp_path / "keys").iterdir()} == before

    def test_makes_no_key_beside_a_certificate_of_another(self, tmp_path):
        write_configuration(tmp_path)
        (tmp_path / "keys/saml.key").unlink()

        assert init(tmp_path, "--keys-only").output == "no key to make\n"
        assert not (tmp_path / "keys/saml.key").exists()
        assert "keys/saml.key cannot be read" in sluis("check", tmp_path).output

    def test_needs_a_configuration(self, tmp_path):
        result = init(tmp_path, "--keys-only")

        assert result.exit_code == 1
        assert "gateway.yaml:1: the file is not there" in result.output


class TestExample:
    def test_the_example_is_sound_once_it_has_keys(self, tmp_path):
        directory = tmp_path / "config"
        for path in (REPOSITORY / "config").rglob("*.*"):
            if path.relative_to(REPOSITORY / "config").parts[0] not in ("keys", "var"):
                copy = directory / path.relative_to(REPOSITORY / "config")
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_bytes(path.read_bytes())

        assert init(directory, "--keys-only").exit_code == 0
        result = sluis("check", directory)

        assert result.exit_code == 0
        assert "0 errors, 1 warning; 2 schools, 2 identity providers, 3 services" in result.output
        assert "asks more than anybody gives" in result.output

    def test_no_private_key_is_in_it(self):
        tracked = subprocess.run(
            ["git", "ls-files", "config"], cwd=REPOSITORY, capture_output=True, text=True, check=False
        ).stdout.split()

        assert not [path for path in tracked if b"PRIVATE" in (REPOSITORY / path).read_bytes()]
        assert not [path for path in tracked if path.startswith("config/keys/")]

    def test_every_yaml_file_of_it_says_what_it_is_for(self):
        for path in (REPOSITORY / "config").rglob("*.yaml"):
            assert path.read_text().startswith("#"), path
            assert yaml.safe_load(path.read_text())


class TestMetadata:
    @pytest.mark.parametrize("role", ["sp", "idp"])
    def test_prints_the_signed_document(self, role, tmp_path):
        directory = write_configuration(tmp_path)
        printed = subprocess.run(
            [sys.executable, "-m", "gateway.cli", "metadata", role, directory], capture_output=True, check=True
        )

        root = verify(etree.fromstring(printed.stdout), [signing_key("gateway").certificate])

        addresses = Addresses("https://login.example.nl")
        assert root.get("entityID") == (addresses.sp_entity_id if role == "sp" else addresses.idp_entity_id)
        assert not (directory / "var").exists(), "nothing is written"

    def test_a_configuration_with_an_error_has_none(self, tmp_path):
        result = sluis("metadata", "sp", write_configuration(tmp_path, edited("gateway.yaml", "15m", "soon")))

        assert result.exit_code == 1
        assert result.stdout == ""
        assert "gateway.yaml:6: lifetimes.transaction" in result.stderr


def test_every_command_has_help():
    commands = ["check", "db", "explain", "find", "init", "metadata", "reload", "serve"]

    listed = sluis("--help").output
    for command in commands:
        assert f"  {command} " in listed
        assert sluis(command, "--help").exit_code == 0


def test_a_command_that_is_none():
    assert "No such command 'chek'" in sluis("chek").output


def test_the_files_of_the_sound_configuration_are_all_read(tmp_path):
    settings = load(write_configuration(tmp_path))

    documents = {entry.document.file for entry in (*settings.services, *settings.schools, *settings.agreements)}
    assert documents | {entry.document.file for entry in settings.identity_providers} == set(FILES) - {
        "gateway.yaml",
        "keys.yaml",
        "policy.yaml",
    }


def test_commands_that_need_no_parties_say_what_keeps_them(tmp_path):
    directory = write_configuration(tmp_path, edited("gateway.yaml", "15m", "soon"))

    result = sluis("db", "status", directory)

    assert result.exit_code == 1
    assert "gateway.yaml:6: lifetimes.transaction" in result.stderr


def test_the_reference_page_is_what_the_commands_say():
    page = Path(__file__).parents[2] / "docs/reference/commands.md"

    assert page.read_text() == reference(), "run: python -m gateway.cli.reference > docs/reference/commands.md"


def test_the_reference_page_has_a_word_for_every_option():
    assert "|  |" not in reference()


def test_a_store_that_does_not_answer_is_said_by_sessions_end(tmp_path, monkeypatch):
    def gone(*_: object) -> None:
        raise SluisError(ErrorCode.STORE_UNAVAILABLE)

    monkeypatch.setattr("gateway.login.sso.registry.Registry.of_account", gone)
    done = sluis("sessions", "end", write_configuration(tmp_path), "--idp", "petteflat", "--account", "somebody")
    assert done.exit_code == 1
    assert "the short-lived store cannot be used: store_unavailable" in done.output
