"""Administrations in the configuration of a school."""

import shutil

import pytest
from click.testing import CliRunner

from gateway.app import create_app
from gateway.cli import main
from gateway.demo.federation import write_federation
from gateway.parts import assemble
from gateway.settings.loader import load
from tests.support.vault_api import BASE, NAME, OTHER

BAD = {
    "idp: regenboog, jwks": ("idp: nobody, jwks", "there is no identity provider nobody"),
    "idp: petteflat, jwks": ("idp: regenboog, jwks", "regenboog does not speak for 99XB"),
    f"id: {OTHER}": (f"id: {NAME}", f"another administration is {NAME}"),
    f"jwks: {NAME}.jwks": ("tls_client_auth_san_dns: las.example", "nobody may issue certificates"),
    f"jwks: {OTHER}.jwks": ("jwks: nowhere.jwks", "the file cannot be read"),
    f", jwks: {NAME}.jwks": ("", "it proves who it is in one way"),
}


@pytest.mark.parametrize("before", BAD)
def test_a_configuration_that_keeps_one_out_is_an_error(made_once, tmp_path, before):
    after, wrong = BAD[before]
    made = tmp_path / "gateway"
    shutil.copytree(made_once, made)
    schools = made / "schools/schools.yaml"
    schools.write_text(schools.read_text("utf-8").replace(before, after), "utf-8")
    result = CliRunner().invoke(main, ["check", str(made)])
    assert result.exit_code == 1
    assert wrong in result.output.replace("\n", " ")


def test_keys_of_an_administration_that_are_none_are_an_error(made_once, tmp_path):
    made = tmp_path / "gateway"
    shutil.copytree(made_once, made)
    (made / f"schools/{NAME}.jwks").write_text('{"keys": [{"kty": "oct", "k": "eA"}]}', "utf-8")
    result = CliRunner().invoke(main, ["check", str(made)])
    assert result.exit_code == 1
    assert "which only the client may have" in result.output.replace("\n", " ")


def test_a_gateway_without_administrations_has_no_such_addresses(tmp_path):
    write_federation(tmp_path / "gateway", port=8080)
    parts = assemble(load(tmp_path / "gateway"))
    assert create_app(parts).test_client().get(f"{BASE}/openapi.json").status_code == 404
    parts.engine.dispose()
