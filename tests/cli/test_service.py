"""`sluis service add-oidc`, as an operator types it."""

import json
import shutil
from hashlib import sha256

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.serialization import Encoding

from gateway.cli import main
from gateway.cli.loading import examine
from tests.support.client_certificates import authority, certificate
from tests.support.held import HeldClock
from tests.support.jose import client_key, public_jwk

URI = "https://klas.example/callback"


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    directory = tmp_path_factory.mktemp("fresh") / "conf"
    more = ("--rsa-bits", "2048", "--base-url", "https://login.example.nl")
    assert CliRunner().invoke(main, ["init", str(directory), *more]).exit_code == 0
    return directory


@pytest.fixture
def directory(fresh, tmp_path):
    return shutil.copytree(fresh, tmp_path / "conf")


def add(directory, *more, name="klas", uri=URI):
    return CliRunner().invoke(main, ["service", "add-oidc", str(directory), name, "--redirect-uri", uri, *more])


def told(result):
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout[result.stdout.index("{") :])


def service(directory):
    examination = examine(directory, HeldClock())
    assert examination.configuration is not None, examination.problems
    return examination.configuration.federation.service_by_client_id["klas"]


def test_a_client_is_written_and_its_secret_shown_once(directory):
    said = told(add(directory, "--attribute", "given_name=greeting", "--title", "De Klas"))

    assert said["issuer"] == "https://login.example.nl"
    assert said["discovery"] == "https://login.example.nl/.well-known/openid-configuration"
    assert said["documentation"] == "https://login.example.nl/docs/connect"
    entry = service(directory)
    assert entry.oidc.secret_hashes == (sha256(said["client_secret"].encode()).hexdigest(),)
    assert entry.oidc.redirect_uris == (URI,)
    assert said["client_secret"] not in (directory / "services/klas.yaml").read_text()
    assert {str(one) for one in entry.asks} == {"eck_id", "given_name"}
    (directory / "services/klas.yaml").unlink()
    assert told(add(directory))["client_secret"] != said["client_secret"]


def test_a_client_with_keys(directory, tmp_path):
    jwks = tmp_path / "keys.json"
    jwks.write_text(json.dumps({"keys": [public_jwk(client_key())]}))
    said = told(add(directory, "--auth", "private_key_jwt", "--jwks", str(jwks)))

    assert "client_secret" not in said
    assert service(directory).oidc.jwks == jwks.read_text()


def add_fapi2(directory, tmp_path, *more):
    jwks = tmp_path / "keys.json"
    jwks.write_text(json.dumps({"keys": [public_jwk(client_key())]}))
    return add(directory, "--fapi2", "--auth", "private_key_jwt", "--jwks", str(jwks), *more)


def test_a_client_under_fapi2(directory, tmp_path):
    said = told(add_fapi2(directory, tmp_path))

    assert said["require_pushed_authorization_requests"] is True
    assert said["dpop_bound_access_tokens"] is True
    assert said["id_token_signed_response_alg"] == "ES256"
    client = service(directory).oidc
    assert client.fapi2
    assert client.require_pushed
    assert client.dpop_bound


def test_a_client_with_a_certificate(directory):
    (directory / "ca.pem").write_bytes(authority().public_bytes(Encoding.PEM))
    with (directory / "gateway.yaml").open("a") as gateway:
        gateway.write("client_certificates: {authorities: ca.pem}\n")
    said = told(add(directory, "--fapi2", "--auth", "tls_client_auth", "--subject-dn", "CN=klas,O=Letterbos"))
    assert "client_secret" not in said
    assert said["tls_client_certificate_bound_access_tokens"] is True
    client = service(directory).oidc
    assert client.certificate_name.value == "CN=klas,O=Letterbos"
    assert client.certificate_bound
    assert not client.dpop_bound


@pytest.mark.parametrize(("skew", "right"), [("9s", False), ("10s", True), ("61s", False), ("5m", False)])
def test_clocks_of_others_under_fapi2(directory, tmp_path, skew, right):
    told(add_fapi2(directory, tmp_path))
    gateway = directory / "gateway.yaml"
    gateway.write_text(gateway.read_text().replace("clock_skew: 60s", f"clock_skew: {skew}"))
    problems = [str(one) for one in examine(directory, HeldClock()).problems if "clock_skew" in str(one)]
    assert right != any("between 10s and 60s" in one for one in problems)


def test_fapi2_without_https_is_for_trying_out(directory, tmp_path):
    told(add_fapi2(directory, tmp_path))
    gateway = directory / "gateway.yaml"
    gateway.write_text(gateway.read_text().replace("https://login.example.nl", "http://127.0.0.1:8080"))
    examination = examine(directory, HeldClock())
    assert any("profile fapi2 is for https" in str(one) for one in examination.problems)
    assert examination.configuration is not None


def problems_of(directory, gateway="", service=""):
    told(add(directory))
    for path, more in ((directory / "gateway.yaml", gateway), (directory / "services/klas.yaml", service)):
        path.write_text(f"{path.read_text()}{more}")
    return [str(one) for one in examine(directory, HeldClock()).problems]


BOUND = "tls_client_certificate_bound_access_tokens: true\n"


@pytest.mark.parametrize(
    ("gateway", "service", "says"),
    [
        ("", BOUND, "gateway.yaml has no client_certificates"),
        ("client_certificates: {authorities: keys/none.pem}\n", "", "keys/none.pem: the file cannot be read"),
        ("client_certificates: {authorities: gateway.yaml}\n", "", "gateway.yaml: no certificates in PEM"),
        ("client_certificates: {header: 'Client Cert'}\n", "", "it does not have the right form"),
        ("client_certificates: {}\n", BOUND, None),
    ],
)
def test_what_is_known_of_certificates(directory, gateway, service, says):
    problems = problems_of(directory, gateway, service)
    about = [one for one in problems if "ertificate" in one]
    assert (about == []) if says is None else any(says in one for one in problems), problems


def test_an_authority_that_is_none(directory):
    made = certificate()
    (directory / "leaf.pem").write_bytes(made.public_bytes(Encoding.PEM))
    problems = problems_of(directory, "client_certificates: {authorities: leaf.pem}\n")
    assert any("leaf.pem: certificate 1 is not one of an authority" in one for one in problems)
    (directory / "leaf.pem").write_bytes(authority().public_bytes(Encoding.PEM))
    problems = [str(one) for one in examine(directory, HeldClock()).problems]
    assert not any("leaf.pem" in one for one in problems)


def test_certificates_of_nobody_and_from_nobody(directory):
    path = directory / "gateway.yaml"
    path.write_text(path.read_text().replace('trusted_proxies: ["127.0.0.1/32", "::1/128"]', "trusted_proxies: []"))
    problems = problems_of(directory, "client_certificates: {}\n")
    assert any("trusted_proxies is empty" in one for one in problems)
    entry = directory / "services/klas.yaml"
    text = entry.read_text().replace("- client_secret_basic", "- client_secret_basic\n- tls_client_auth")
    entry.write_text(text + "tls_client_auth_san_dns: klas.example\n")
    problems = [str(one) for one in examine(directory, HeldClock()).problems]
    assert any("client_certificates has no authorities" in one for one in problems)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (["--fapi2"], "anything else proves too little"),
        (["--subject-dn", "CN=klas"], "--subject-dn goes with"),
        (["--auth", "tls_client_auth"], "--subject-dn goes with"),
        (["--auth", "tls_client_auth", "--subject-dn", "klas"], "no name as RFC 4514 writes it"),
        (["--auth", "tls_client_auth", "--subject-dn", "CN=klas"], "gateway.yaml has no client_certificates"),
        (["--attribute", "shoe_size=fun"], "attribute_sets.1.shoe_size"),
        (["--attribute", "given_name"], "ATTRIBUTE=PURPOSE"),
        (["--redirect-uri", "http://klas.example/"], "a redirect URI is https"),
        (["--auth", "private_key_jwt"], "--jwks-uri goes with"),
        (["--redirect-uri", "nl.klas.app:/x"], "application_type"),
    ],
)
def test_what_is_not_right_writes_nothing(directory, more, says):
    result = add(directory, *more)

    assert result.exit_code != 0
    assert says in result.output
    assert not (directory / "services/klas.yaml").exists()


def test_keys_that_cannot_be_used_write_nothing(directory, tmp_path):
    jwks = tmp_path / "keys.json"
    for key, says in (
        ({"kty": "oct", "k": "c2VjcmV0"}, "this is a private key"),
        (public_jwk(client_key(), d="x"), "this is a private key"),
        ({"kty": "EC", "crv": "P-521"}, "a key is RSA, EC on P-256, or Ed25519"),
        ({"kty": "EC", "crv": "P-256", "x": "x", "y": "y"}, "no public key that is known here"),
        ({}, "no public key that is known here"),
    ):
        jwks.write_text(json.dumps({"keys": [key]}))
        result = add(directory, "--auth", "private_key_jwt", "--jwks", str(jwks))
        assert result.exit_code == 1
        assert f"key 1: {says}" in result.output or says in result.output
        assert not list((directory / "services").glob("klas*"))


def test_an_entry_that_is_there_is_left_alone(directory):
    told(add(directory))
    before = (directory / "services/klas.yaml").read_text()
    assert add(directory).exit_code == 2
    assert (directory / "services/klas.yaml").read_text() == before


@pytest.mark.parametrize("name", ["../evil", "a/b", "Klas", ""])
def test_a_name_is_an_id_and_no_path(directory, name):
    assert add(directory, name=name).exit_code != 0
    assert not list(directory.parent.glob("evil*"))
