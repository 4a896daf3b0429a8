"""The steps of a guide, and somebody who takes them: types the commands, in a home directory of their own."""

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from os import environ
from pathlib import Path

from tests.support.browser_like import Tab
from tests.support.child_process import Address, serving


class Guide:
    """A guide, with ports that are free here in place of its own."""

    def __init__(self, path: Path, ports: Mapping[int, int]) -> None:
        self._text = re.sub(
            r"(?<=:)\d{4}\b", lambda found: str(ports.get(int(found[0]), found[0])), path.read_text("utf-8")
        )
        self._ports = ports

    def step(self, heading: str) -> str:
        """What stands under a heading, up to the next."""
        found = re.search(rf"^### (?:\d+\. )?{heading}\n(.*?)^##", self._text, re.MULTILINE | re.DOTALL)
        assert found is not None, f"the guide has no step {heading!r}"
        return found[1]

    def commands(self, heading: str) -> list[str]:
        """The blocks of commands of a step, in order."""
        return re.findall(r"^```sh\n(.*?)^```$", self.step(heading), re.MULTILINE | re.DOTALL)

    def program(self, heading: str) -> str:
        """The program of a step."""
        (found,) = re.findall(r"^```js\n(.*?)^```$", self.step(heading), re.MULTILINE | re.DOTALL)
        for port, own in self._ports.items():
            found = found.replace(f"listen({port},", f"listen({own},")
        return str(found)


class Newcomer:
    """Somebody who types what a guide says."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._environment = {
            "HOME": str(home),
            "PATH": f"{Path(sys.executable).parent}:{environ['PATH']}",
            "LC_ALL": "C.UTF-8",
        }

    def types(self, commands: str) -> str:
        """What the terminal says; a command that fails fails the test."""
        done = subprocess.run(
            ("sh", "-e", "-c", commands),
            cwd=self.home,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, f"{commands}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    @contextmanager
    def leaves_running(self, command: str, address: Address) -> Iterator[Path]:
        """A command that answers at an address until the block ends; yields the file with what it says."""
        said = self.home / f"{address.host}-{address.port}.txt"
        with serving(
            ("sh", "-c", f"cd {self.home} && exec env {command}"),
            address=address,
            log=said,
            environment=self._environment,
            ready=lambda: Tab().open(f"{address.url}/favicon.ico").status > 0,
        ):
            yield said
