"""Secrets: the configuration names where they are, never what they are."""

import os
import re
import stat
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, Discriminator, Field, Tag, model_validator

from gateway.settings.fields import FileName, Model

_LITERAL = "a secret does not stand here, only where it is: {file: ...} or {env: ...}"
_ADDRESS = re.compile(r"[a-z][a-z0-9+]*:/\S+", re.ASCII)
_FOR_OTHERS = stat.S_IRWXO | stat.S_IWGRP


class SecretReference(Model):
    """Where a secret is: a file, relative to the configuration directory, or an environment variable."""

    file: FileName | None = Field(
        default=None, description="File, relative to the directory; readable by the gateway's user alone"
    )
    env: str | None = Field(
        default=None, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", description="Environment variable, instead of a file"
    )

    @model_validator(mode="before")
    @classmethod
    def _is_a_reference(cls, value: Any) -> Any:
        if not isinstance(value, dict | SecretReference):
            raise ValueError(_LITERAL)  # noqa: TRY004 - pydantic reads ValueError
        return value

    @model_validator(mode="after")
    def _is_one(self) -> "SecretReference":
        if (self.file is None) == (self.env is None):
            raise ValueError("name a file or an environment variable, one of both")
        return self

    def read(self, directory: Path) -> bytes:
        """The secret, without white space around it. Raises ValueError, which says nothing of the secret itself.

        A file that others than its owner and its group can read, or others than its owner can change, is refused.
        Its group may read it: that is how an orchestrator hands a secret to a user without rights.
        """
        if self.env is not None:
            value = os.environ.get(self.env)
            if not value:
                raise ValueError(f"the environment variable {self.env} is not set")
            return value.strip().encode()
        assert self.file is not None
        try:
            with (directory / self.file).open("rb") as opened:
                mode = os.fstat(opened.fileno()).st_mode
                secret = opened.read()
        except OSError as cause:
            raise ValueError(f"{self.file} cannot be read: {cause.strerror}") from None
        if mode & _FOR_OTHERS:
            raise ValueError(f"{self.file} is open to others on this machine: chmod 600 {self.file}")
        if not secret.strip():
            raise ValueError(f"{self.file} is empty")
        return secret.strip()


def _without_password(value: str) -> str:
    try:
        parts = urlsplit(value)
        secret = parts.password is not None or "password" in parts.query
    except ValueError:
        secret = True
    if secret:
        raise ValueError(f"an address with a password is a secret; {_LITERAL}")
    if not _ADDRESS.fullmatch(value):
        raise ValueError("the address of a store begins with its kind, such as sqlite:///var/lasting.sqlite")
    return value


def _kind(value: Any) -> str:
    return "address" if isinstance(value, str) else "reference"


StoreAddress = Annotated[
    Annotated[SecretReference, Tag("reference")] | Annotated[str, AfterValidator(_without_password), Tag("address")],
    Discriminator(_kind),
]
"""A URL that stands in the configuration, or where one is that has a password in it."""


def resolved(address: SecretReference | str, directory: Path) -> str:
    """The URL itself. Raises ValueError as `SecretReference.read` does."""
    if isinstance(address, str):
        return address
    try:
        return address.read(directory).decode()
    except UnicodeDecodeError:
        raise ValueError(f"{address.file or address.env} is not UTF-8") from None
