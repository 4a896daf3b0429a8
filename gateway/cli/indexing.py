"""Indexes of large metadata documents, made in a process of their own before they are needed."""

import subprocess
import sys
from contextlib import suppress

from gateway.federation.metadata.document import MetadataRejected
from gateway.federation.metadata.sources import configured
from gateway.settings.loader import Settings
from gateway.storage.sealing import SecretKey

LARGE = 2_000_000
"""Bytes of a document from which on the memory that verifying takes is worth a process."""


def index_beforehand(settings: Settings, key: SecretKey) -> None:
    """Make the indexes that are missing. The memory that a tree of a large document takes never comes to the workers.

    Whatever goes wrong is found again, and told, when the source is opened.
    """
    for source in configured(settings, key, []):
        with suppress(MetadataRejected, OSError):
            if source.document.stat().st_size >= LARGE and not source.kept.is_indexed(source.document):
                command = [sys.executable, "-m", "gateway.cli", "metadata", "index", str(settings.directory)]
                subprocess.run(  # noqa: S603
                    [*command, "--source", source.kept.id], check=False, capture_output=True, stdin=subprocess.DEVNULL
                )
