"""`make image-steps`: the steps of the Containerfile, one after the other in a clean directory.

Not among what `make test` runs: to install every package takes too long for each time.
"""

from pathlib import Path

import pytest

from tests.support.containerfile import Image, carry_out

ROOT = Path(__file__).parents[2]
COMMIT = "0123456789abcdef0123456789abcdef01234567"
NO_REGISTRY = "Could not find a version"
pytestmark = pytest.mark.stranger


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    root = tmp_path_factory.mktemp("image")
    try:
        return carry_out(ROOT / "deploy/Containerfile", root, ROOT, {"COMMIT": COMMIT})
    except AssertionError as failed:
        if NO_REGISTRY in str(failed):
            pytest.skip("the package registry cannot be reached")
        raise


def test_what_is_installed_says_of_which_commit_it_is(image: Image):
    done = image.run("/opt/sluis/bin/sluis --version")
    assert done.stdout == f"sluis 0.1.0 (commit {COMMIT[:12]})\n", done.stderr


def test_it_takes_a_configuration_from_nothing(image: Image):
    for command in ("init /etc/sluis/new --base-url https://login.example.nl", "check /etc/sluis/new"):
        done = image.run(f"/opt/sluis/bin/sluis {command}")
        assert done.returncode == 0, done.stderr
    assert image.entrypoint == '["sluis"]["serve", "/etc/sluis"]'


def test_all_of_it_is_compiled_and_says_nothing_of_when(image: Image):
    sources = list((image.root / "opt/sluis/lib").rglob("*.py"))
    assert len(sources) > 1000
    for source in sources:
        [compiled] = (source.parent / "__pycache__").glob(f"{source.stem}.cpython-*.pyc")
        # PEP 552: a hash in place of the source's time, which nobody checks
        assert int.from_bytes(compiled.read_bytes()[4:8], "little") == 0b01, source


def test_nothing_of_the_building_stays_in_it(image: Image):
    inside = image.root / "opt/sluis"
    assert not list(inside.glob("lib/*/site-packages/setuptools"))
    assert not list(inside.glob("lib/*/site-packages/pip"))
