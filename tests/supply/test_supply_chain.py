"""What a gateway is made of: licences that somebody has looked at, a list of materials that is whole."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests import licences
from tests.licences import LOCK, licence, locked, page

ROOT = Path(__file__).parents[2]
COMMIT = "0123456789abcdef0123456789abcdef01234567"


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


def built(directory: Path, zone: str, moment: int) -> Path:
    """The wheel of one commit, made in this directory, in this time zone, of files of this moment."""
    source = directory / "source"
    source.mkdir(parents=True)
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    shutil.copytree(ROOT / "gateway", source / "gateway", ignore=shutil.ignore_patterns("__pycache__"))
    for path in source.rglob("*"):
        os.utime(path, (moment, moment))
    command = (sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps")
    subprocess.run(
        (*command, "--no-build-isolation", "--wheel-dir", directory, "."),
        cwd=source,
        check=True,
        capture_output=True,
        timeout=300,
        env=os.environ | {"SLUIS_COMMIT": COMMIT, "SOURCE_DATE_EPOCH": "1790000000", "TZ": zone},
    )
    [wheel] = directory.glob("*.whl")
    return wheel


def test_a_commit_gives_the_same_wheel_wherever_and_whenever_it_is_built(tmp_path: Path):
    first, second = built(tmp_path / "a", "UTC", 1), built(tmp_path / "b", "Asia/Tokyo", 2_000_000_000)
    assert first.read_bytes() == second.read_bytes()
    with zipfile.ZipFile(first) as wheel:
        assert wheel.read("gateway/commit.txt").decode().strip() == COMMIT
