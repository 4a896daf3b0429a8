"""Every command of the guides is run, in order, in a clean directory; those that are not say why."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.demo.federation import write_federation
from gateway.parts import lasting_engine
from gateway.settings.loader import load
from gateway.storage import migrate

ROOT = Path(__file__).parents[2]
GUIDES = sorted((ROOT / "docs/guides").glob("*.md"))
_FENCE = re.compile(
    r"(?:^ *<!-- (?:not run: (?P<why>[^\n]+)|run by (?P<by>\S+)) -->\n+)?^ *```(?P<kind>\w*)\n(?P<body>.*?)^ *```$",
    re.MULTILINE | re.DOTALL,
)
FILES = {
    "accounts.csv": "account,eck_id,school\nfenna,https://ketenid.nl/pilot/" + "a" * 128 + ",99XB\n",
    "moved.csv": "old,new\nfenna,fenna-2\n",
    "numbers.txt": "123456782\n",
}


@dataclass(frozen=True)
class Block:
    """Commands of a guide, and where they begin."""

    guide: str
    line: int
    commands: str
    not_run: str | None
    run_by: str | None


def blocks(guide: Path) -> list[Block]:
    """Its blocks of commands; others say what they are (`yaml`, `json`, `http`)."""
    text = guide.read_text("utf-8")
    return [
        Block(guide.name, text.count("\n", 0, found.start("body")), found["body"], found["why"], found["by"])
        for found in _FENCE.finditer(text)
        if found["kind"] in {"", "sh"}
    ]


@pytest.fixture(scope="module")
def federation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example, with a database and a school whose ECK iDs come from its administration."""
    directory = write_federation(tmp_path_factory.mktemp("guides") / "etc", port=8080).directory
    entry = directory / "identity-providers/petteflat.yaml"
    entry.write_text(entry.read_text().replace("eck_id: [assertion]", "eck_id: [assertion, vault]"))
    engine = lasting_engine(load(directory))
    migrate.upgrade(engine)
    engine.dispose()
    return directory


@pytest.mark.parametrize("guide", GUIDES, ids=lambda one: one.stem)
def test_the_commands_of_a_guide_work(guide: Path, federation: Path, tmp_path: Path):
    to_run = [block for block in blocks(guide) if block.not_run is None and block.run_by is None]
    if not to_run:
        return
    directory = shutil.copytree(federation, tmp_path / "etc")
    work = tmp_path / "work"
    work.mkdir()
    (work / "deploy").symlink_to(ROOT / "deploy")
    for name, content in FILES.items():
        (work / name).write_text(content)
    for block in to_run:
        fresh = "sluis init /etc/sluis" in block.commands
        place = tmp_path / "fresh" if fresh else directory
        commands = re.sub(r"/etc/sluis\b|\bCONFIG\b", str(place), block.commands)
        commands = re.sub(r"(?<![\w.])/(?=var/|srv/)", f"{tmp_path}/", commands)
        for parent in ("var/backups", "srv"):
            (tmp_path / parent).mkdir(parents=True, exist_ok=True)
        done = subprocess.run(
            ("sh", "-e", "-c", commands),
            cwd=work,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
            env={
                "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
                "SALT": "em91dCB2YW4gbWluc3RlbnMgemVzdGllbg==",
                "LC_ALL": "C.UTF-8",
            },
        )
        assert done.returncode == 0, f"{block.guide}:{block.line}\n{commands}\n{done.stdout}\n{done.stderr}"


def test_those_that_another_test_runs_are_of_a_test_that_reads_the_guide():
    found = {(block.guide, block.run_by) for guide in GUIDES for block in blocks(guide) if block.run_by is not None}
    assert found
    for guide, test in found:
        assert f"docs/guides/{guide}" in (ROOT / str(test)).read_text("utf-8"), (guide, test)


def test_few_are_not_run_and_each_says_why():
    found = [block for guide in GUIDES for block in blocks(guide)]
    left_out = [block for block in found if block.not_run is not None]
    assert all(len(block.not_run or "") > 15 for block in left_out)
    assert len(left_out) < len(found) / 2
