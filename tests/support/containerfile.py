"""Carries out the steps of a Containerfile in a directory, for machines where no image can be built.

Paths of the image become paths below a root; stages share it. FROM, LABEL, EXPOSE and USER change nothing here.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

_OURS = re.compile(r"(?<![\w./$-])/(?=(?:build|wheel|src|opt/sluis|etc/sluis)\b)")
_NOTHING = frozenset({"FROM", "LABEL", "EXPOSE", "USER", "HEALTHCHECK", "STOPSIGNAL"})


@dataclass
class Image:
    """What was made: the root, and how it is started."""

    root: Path
    source: Path
    arguments: dict[str, str]
    environment: dict[str, str] = field(default_factory=dict)
    work: Path = Path()
    entrypoint: str = ""

    def path(self, inside: str) -> str:
        """A path, or a command with paths, of the image as it is here."""
        return _OURS.sub(f"{self.root}/", inside)

    def run(self, command: str, **more: str) -> subprocess.CompletedProcess[str]:
        """By the shell, as RUN does."""
        python = Path(sys.executable).parent
        environment = {
            "PATH": f"{python}:{os.environ['PATH']}",
            "HOME": os.environ.get("HOME", str(self.root)),
            **self.arguments,
        }
        environment |= {
            name: value for name, value in os.environ.items() if name.endswith(("_CERT", "_BUNDLE", "_proxy"))
        }
        return subprocess.run(
            ("sh", "-e", "-c", self.path(command)),
            cwd=self.work,
            env={**environment, **self.environment, **more},
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )


def instructions(text: str) -> Iterator[tuple[str, str]]:
    """Each instruction and what it says."""
    joined = re.sub(r"\\\n\s*", "", text)
    for line in joined.splitlines():
        if line.strip() and not line.startswith("#"):
            word, _, rest = line.partition(" ")
            yield word, rest.strip()


def carry_out(file: Path, root: Path, source: Path, arguments: Mapping[str, str]) -> Image:
    """Every step, in order. Raises AssertionError with what a step said that failed, or when a word is not known."""
    image = Image(root, source, dict(arguments), work=root)
    for word, rest in instructions(file.read_text()):
        if word == "ARG":
            name, _, default = rest.partition("=")
            image.arguments.setdefault(name, default)
        elif word == "ENV":
            pairs = dict(one.split("=", 1) for one in rest.split())
            image.environment |= {
                name: value for name, value in pairs.items() if name not in {"PATH", "PIP_NO_CACHE_DIR"}
            }
        elif word == "WORKDIR":
            image.work = Path(image.path(rest)) if rest != "/tmp" else root
            image.work.mkdir(parents=True, exist_ok=True)
        elif word == "COPY":
            _copy(image, rest)
        elif word == "RUN":
            done = image.run(rest.replace("65532:65532", f"{os.getuid()}:{os.getgid()}"))
            assert done.returncode == 0, f"RUN {rest}\n{done.stdout}{done.stderr}"
        elif word in {"ENTRYPOINT", "CMD"}:
            image.entrypoint += rest
        else:
            assert word in _NOTHING, f"{word} is not known"
    return image


def _copy(image: Image, rest: str) -> None:
    if rest.startswith("--from="):
        _, source, target = rest.split()
        assert source == target, "stages share one root here"
        return
    *names, target = rest.split()
    let_in = {line[1:] for line in (image.source / ".containerignore").read_text().splitlines() if line.startswith("!")}
    for name in names:
        assert name in let_in, f".containerignore keeps {name} out"
        here = image.source / name
        place = image.work / target
        if here.is_dir():
            shutil.copytree(here, place, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(here, place / name)
