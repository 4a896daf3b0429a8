"""A generated federation of many entries in one file each: nothing wrong in it, indexed before it is needed."""

from pathlib import Path

import pytest

from gateway.cli import indexing
from gateway.cli.init import write_configuration
from gateway.cli.loading import examine
from gateway.federation.metadata.sources import configured
from gateway.federation.models import IdpId
from gateway.settings.keys import load_keys
from gateway.settings.loader import load
from tests.support.held import HeldClock
from tests.support.large_federation import LargeFederation


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    federation = LargeFederation(12, 3)
    write_configuration(tmp_path / "gateway", base_url="http://127.0.0.1:8971", rsa_bits=2048, environment="test")
    federation.write(tmp_path / "gateway", "file: all.xml")
    (tmp_path / "gateway/metadata/all.xml").write_bytes(federation.document())
    return tmp_path / "gateway"


def test_the_index_of_a_large_document_is_made_in_a_process_of_its_own(
    directory: Path, clock: HeldClock, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(indexing, "LARGE", 1)
    settings = load(directory)
    key = load_keys(settings).sealing.active
    (source,) = configured(settings, key, [])
    assert not source.kept.is_indexed(source.document)
    indexing.index_beforehand(settings, key)
    assert source.kept.is_indexed(source.document)

    examination = examine(directory, clock)
    assert examination.problems == ()
    assert examination.configuration is not None
    federation = examination.configuration.federation
    assert (len(federation.identity_providers), len(federation.services), len(federation.choices)) == (12, 3, 12)
    idp = federation.identity_providers[IdpId("school-7")].saml
    assert idp.scopes.names == {"school-7.example"}
    assert len(idp.certificates) == 1


def test_what_is_wrong_in_a_long_file_is_told_with_its_line(directory: Path, clock: HeldClock):
    schools = directory / "schools/all.yaml"
    lines = schools.read_text().splitlines()
    at = 9 * 6 + 3
    assert lines[at] == "  board: board-9"
    lines[at] = "  bord: board-9"
    schools.write_text("\n".join(lines))
    said = [str(one) for one in examine(directory, clock).problems]
    assert f"schools/all.yaml:{at + 1}: unknown key bord; did you mean board?" in said
