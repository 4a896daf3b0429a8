"""What a gateway is made of: licences that somebody has looked at, a list of materials that is whole."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests import licences
from tests.licences import LOCK, licence, locked, page

ROOT = Path(__file__).parents[2]


def test_the_page_of_licences_is_current():
    assert (ROOT / "docs/reference/licences.md").read_text("utf-8") == page()


def test_a_licence_that_nobody_has_looked_at_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(licences, "KNOWN", licences.KNOWN - {"LGPL-3.0-only"})
    with pytest.raises(LookupError, match="psycopg"):
        licence("psycopg")


def test_the_list_of_materials_has_every_package_with_its_version_and_hashes(tmp_path: Path):
    [command] = [line for line in (ROOT / "Makefile").read_text().splitlines() if "cyclonedx-py" in line]
    words = command.strip().replace("$(BIN)", str(Path(sys.executable).parent)).split()
    written = tmp_path / "sbom.json"
    subprocess.run(
        [*(str(written) if word == "build/sbom.json" else word for word in words), "--no-validate"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=300,
    )
    made = json.loads(written.read_text())
    assert made["metadata"]["component"]["name"] == "sluis"
    assert {one["name"]: one["version"] for one in made["components"]} == locked()
    assert LOCK.read_text().count("--hash=sha256:") == sum(
        len(place["hashes"]) for one in made["components"] for place in one["externalReferences"]
    )
