"""Tokens of SoftHSM (Debian's softhsm2)."""

import importlib
import importlib.util
import shutil
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from gateway.cli.key_material import PrivateKey

PIN = "5678"
MODULE = "/usr/lib/softhsm/libsofthsm2.so"


def why_not() -> str | None:
    """Why it cannot run here, in one line."""
    if shutil.which("softhsm2-util") is None or not Path(MODULE).exists():
        return "softhsm2 is not installed"
    return None if importlib.util.find_spec("pkcs11") else "python-pkcs11 is not installed"


@dataclass(frozen=True, slots=True)
class SoftHsm:
    """A token in a directory; `environment` is what whoever uses it needs."""

    directory: Path
    label: str = "sluis"

    @property
    def environment(self) -> dict[str, str]:
        return {"SOFTHSM2_CONF": str(self.directory / "softhsm2.conf")}

    def make(self) -> "SoftHsm":
        """The token, with nothing in it."""
        (self.directory / "tokens").mkdir(parents=True)
        (self.directory / "softhsm2.conf").write_text(f"directories.tokendir = {self.directory}/tokens\n")
        pin = self.directory / "pin"
        pin.write_text(PIN)
        pin.chmod(0o600)
        return self.beside(self.label)

    def beside(self, label: str) -> "SoftHsm":
        """Another token of the same library, with nothing in it."""
        self._run("--init-token", "--free", "--label", label, "--so-pin", "1234", "--pin", PIN)
        return replace(self, label=label)

    def show(self, patch: pytest.MonkeyPatch) -> None:
        """Have this process see this token. The library looks for tokens once, and may have found another test's."""
        for name, value in self.environment.items():
            patch.setenv(name, value)
        importlib.import_module("pkcs11").lib(MODULE).reinitialize()

    def put(self, key: PrivateKey, label: str) -> None:
        """A key pair under a label."""
        number = f"{len(list(self.directory.glob('*.pem'))):02}"
        pem = self.directory / f"{number}.pem"
        pem.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        self._run("--import", pem, "--token", self.label, "--label", label, "--id", number, "--pin", PIN)

    def reference(self, label: str) -> str:
        """As `keys.yaml` names a key in it."""
        pin = self.directory / "pin"
        return f"{{pkcs11: {{module: {MODULE}, token: {self.label}, label: {label}, pin: {{file: {pin}}}}}}}"

    def _run(self, *arguments: str | Path) -> None:
        command = ("softhsm2-util", *arguments)
        subprocess.run(command, check=True, capture_output=True, env=self.environment, timeout=120)
