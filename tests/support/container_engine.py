"""Engines that run containers, and somebody who types at them what docs/guides/deploy.md says."""

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.support.named_in_docs import ROOT, blocks

GUIDE = ROOT / "docs/guides/deploy.md"
USER = 65532
"""Of the gateway, in its image."""
_BUILD_OPTIONS = os.environ.get("ENGINE_BUILD", "")
"""For machines on which a build reaches packages otherwise, such as `--network=host`."""


def block(having: str, kind: str = "sh") -> str:
    """The one block of the guide that says this."""
    found = [one.text for one in blocks(GUIDE) if one.kind == kind and having in one.text]
    assert len(found) == 1, f"{having!r} is in {len(found)} blocks of {GUIDE.name}"
    return found[0]


@dataclass(frozen=True, slots=True)
class Engine:
    """Podman, which the guide writes, or docker, for which it says what to write instead."""

    name: str

    @property
    def compose(self) -> str:
        return {"podman": "podman-compose", "docker": "docker compose"}[self.name]

    def words(self, commands: str) -> str:
        """Commands of the guide as they are typed at this engine."""
        if self.name == "podman":
            return commands
        assert "podman" in commands
        without = commands.replace(" --format docker", "").replace("podman-compose", "docker compose")
        return re.sub(r"\bpodman\b", "docker", without)

    def run(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """What it says; it may fail."""
        return subprocess.run(
            (self.name, *arguments), capture_output=True, text=True, check=False, timeout=600, stdin=subprocess.DEVNULL
        )

    def types(self, commands: str, directory: Path) -> str:
        """What the shell says there; a command that fails fails the test."""
        done = subprocess.run(
            ("sh", "-e", "-c", commands),
            cwd=directory,
            capture_output=True,
            text=True,
            check=False,
            timeout=1800,
            stdin=subprocess.DEVNULL,
        )
        assert done.returncode == 0, f"{commands}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        return done.stdout

    def inspected(self, what: str) -> dict:
        """An image or a container."""
        [found] = json.loads(self.run("inspect", what).stdout)
        return found

    def is_healthy(self, container: str) -> bool:
        """By the check that the image or the compose file names; podman, without systemd, does it when it is asked."""
        if self.name == "podman":
            return self.run("healthcheck", "run", container).returncode == 0
        return self.inspected(container)["State"]["Health"]["Status"] == "healthy"

    def give(self, directory: Path, owner: int) -> None:
        """Make everything in it this user's, as containers see users; 0 is who runs the tests."""
        before = () if os.getuid() == 0 else ("podman", "unshare")
        subprocess.run((*before, "chown", "-R", f"{owner}:{owner}", directory), check=True, timeout=60)


ENGINES = (Engine("podman"), Engine("docker"))


@cache
def why_not(engine: Engine) -> str | None:
    """Why the image cannot be built and run here, in one line; builds it, as the guide says, where it can be."""
    if shutil.which(engine.name) is None:
        return f"{engine.name} is not installed"
    if os.getuid() != 0 and engine.name == "docker":
        return "who may speak to docker is root, and files are not made for its users by others"
    if engine.run("info").returncode != 0:
        return f"{engine.name} does not answer"
    [base] = re.findall(r"^ARG BASE=(\S+)$", (ROOT / "deploy/Containerfile").read_text(), re.MULTILINE)
    if not _has(engine, base):
        return f"{engine.name} has no {base}: pull it, or `make stand-ins ENGINE={engine.name}`"
    build = engine.words(block("podman build")).replace(" build ", f" build {_BUILD_OPTIONS} ", 1)
    engine.types(build, ROOT)
    tried = engine.run("run", "--rm", "--network", "none", _image(), "--version")
    return f"{engine.name} runs nothing here: {tried.stderr.strip()[-200:]}" if tried.returncode else None


@cache
def why_not_compose(engine: Engine) -> str | None:
    """Why the compose file cannot be run here, in one line."""
    if reason := why_not(engine):
        return reason
    if os.getuid() != 0:
        return "the guide has this done by root"
    if subprocess.run((*engine.compose.split(), "version"), capture_output=True, check=False).returncode != 0:
        return f"{engine.compose} is not installed"
    named = re.findall(r"^    image: (docker\S+)$", (ROOT / "deploy/compose/compose.yaml").read_text(), re.MULTILINE)
    missing = [one for one in named if not _has(engine, one)]
    return f"{engine.name} has no {missing[0]}" if missing else None


def _has(engine: Engine, image: str) -> bool:
    return engine.run("image", "inspect", image).returncode == 0


def _image() -> str:
    """The name that the guide gives to the image."""
    return re.findall(r" -t (\S+)", block("podman build"))[0]
