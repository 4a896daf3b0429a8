"""Secrets: the configuration names where they are, never what they are."""

import os
import stat
from pathlib import Path
from typing import Any

from pydantic import Field, model_validator

from gateway.settings.fields import Model


class SecretReference(Model):
    """Where a secret is: a file, relative to the configuration directory, or an environment variable."""

    file: str | None = Field(None, description="File, relative to the directory, readable by the gateway alone")
    env: str | None = Field(None, description="Environment variable")

    @model_validator(mode="before")
    @classmethod
    def _is_a_reference(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            raise ValueError("a secret does not stand here, only where it is: {file: ...} or {env: ...}")  # noqa: TRY004
        return value

    @model_validator(mode="after")
    def _is_one(self) -> "SecretReference":
        if (self.file is None) == (self.env is None):
            raise ValueError("name a file or an environment variable, one of both")
        return self

    def read(self, directory: Path) -> bytes:
        """The secret. Raises ValueError, which says what is wrong and nothing of the secret."""
        if self.env is not None:
            value = os.environ.get(self.env)
            if value is None:
                raise ValueError(f"the environment variable {self.env} is not set")
            return value.strip().encode()
        assert self.file is not None
        path = directory / self.file
        try:
            mode = path.stat().st_mode
            secret = path.read_bytes()
        except OSError as cause:
            raise ValueError(f"{self.file} cannot be read: {cause.strerror}") from None
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise ValueError(f"{self.file} is open to others on this machine; chmod 600 it")
        return secret.strip()
