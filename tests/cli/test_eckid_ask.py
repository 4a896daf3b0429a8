"""`sluis eckid ask`, and what `sluis check` says of Nummervoorziening, with the stand-in on a port of its own."""

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.cli import main
from gateway.demo.federation import write_federation
from gateway.demo.nummervoorziening import CHAIN, SECTORS, StandIn, serve
from tests.support.tls_front import authority

OIN = "0000000700099XA00000"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory):
    ca = authority(tmp_path_factory.mktemp("nummervoorziening"), "ca")
    certificate, key = ca.issue("service", "127.0.0.1")
    stand_in = StandIn()
    server = serve(stand_in, certificate=certificate, key=key, authorities=ca.ca)
    yield f"https://127.0.0.1:{server.server_address[1]}/", ca, stand_in
    server.shutdown()
    server.server_close()


@pytest.fixture
def directory(tmp_path: Path, service) -> Path:
    url, ca, _ = service
    made = tmp_path / "gateway"
    write_federation(made, port=8080)
    certificate, key = ca.issue("gateway")
    for name, path in (("nv.pem", certificate), ("nv.key", key), ("nv-ca.pem", ca.ca)):
        shutil.copy(path, made / "keys" / name)
    gateway = made / "gateway.yaml"
    gateway.write_text(
        f"{gateway.read_text('utf-8')}\nnummervoorziening:\n  url: {url}\n"
        "  certificate: keys/nv.pem\n  key: keys/nv.key\n"
        f"  authorities: keys/nv-ca.pem\n  chain: {CHAIN}\n  sectors: {{po: {SECTORS['Primair onderwijs']}}}\n",
        "utf-8",
    )
    idp = made / "identity-providers/regenboog.yaml"
    idp.write_text(
        idp.read_text("utf-8").replace("eck_id: [assertion]", "eck_id: [assertion, vault, nummervoorziening]"), "utf-8"
    )
    change(made / "schools/schools.yaml", "- brin: 99XA\n", f"- brin: 99XA\n  oin: {OIN}\n")
    return made


def change(file: Path, before: str, after: str) -> None:
    text = file.read_text("utf-8")
    assert before in text
    file.write_text(text.replace(before, after, 1), "utf-8")


def sluis(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(one) for one in arguments])


def test_it_works_and_what_it_has(directory):
    result = sluis("eckid", "ask", directory, "99XA")
    assert result.exit_code == 0, result.output
    assert "Nummervoorziening works" in result.output
    assert f"sector {SECTORS['Primair onderwijs']}: Primair onderwijs" in result.output
    assert f"chain {CHAIN}" in result.output
    assert sluis("check", directory).exit_code == 0


def test_a_sector_that_it_does_not_have(directory):
    another = "http://purl.edustandaard.nl/begrippenkader/00000000-0000-0000-0000-000000000000"
    change(directory / "gateway.yaml", SECTORS["Primair onderwijs"], another)
    result = sluis("eckid", "ask", directory, "99XA")
    assert result.exit_code == 1
    assert f"gateway.yaml names {another}, which it does not have" in result.output


def test_one_that_is_not_there(directory):
    change(directory / "gateway.yaml", "url: https://127.0.0.1:", "url: https://127.0.0.1:1/")
    result = sluis("eckid", "ask", directory, "99XA")
    assert result.exit_code == 1
    assert "Nummervoorziening: ping: unreachable" in result.output


@pytest.mark.parametrize("school", ["99XB", "00ZZ"])
def test_a_school_that_may_not_ask(directory, school):
    result = sluis("eckid", "ask", directory, school)
    assert result.exit_code == 2
    assert f"no school {school} with an `oin`" in result.output


def test_a_gateway_that_asks_nobody(tmp_path):
    write_federation(tmp_path / "gateway", port=8080)
    result = sluis("eckid", "ask", tmp_path / "gateway", "99XA")
    assert result.exit_code == 2
    assert "gateway.yaml has no nummervoorziening" in result.output


@pytest.mark.parametrize(
    ("file", "before", "after", "wrong"),
    [
        ("gateway.yaml", "nv.key", "nowhere.key", "its files cannot be used: No such file or directory"),
        ("gateway.yaml", "certificate: keys/nv.pem", "certificate: keys/nv-ca.pem", "its files cannot be used"),
        ("gateway.yaml", "url: https:", "url: http:", "it is reached over https alone"),
        ("schools/schools.yaml", f"  oin: {OIN}\n", "", "99XA has no `oin`"),
        ("gateway.yaml", "{po: ", "{vo: ", "does not name the sector of 99XA"),
    ],
)
def test_what_keeps_it_from_being_asked(directory, file, before, after, wrong):
    change(directory / file, before, after)
    assert wrong in sluis("check", directory).output.replace("\n", " ")


def test_an_identity_provider_that_needs_what_is_not_there(directory):
    gateway = directory / "gateway.yaml"
    gateway.write_text(gateway.read_text("utf-8").partition("nummervoorziening:")[0], "utf-8")
    result = sluis("check", directory)
    assert result.exit_code == 1
    assert "gateway.yaml has no nummervoorziening" in result.output
