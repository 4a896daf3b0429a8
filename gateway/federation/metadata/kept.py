"""What is kept of a source on disk: its last good document, an index over it, and how the last fetch went.

The index and the octets that it points into are a cache of what was verified. They count when a keyed hash by a key of
the gateway says that they were made here, from this document, for these certificates; else all is verified anew.
"""

import hashlib
import hmac
import json
import mmap
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from io import BufferedReader
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from gateway.federation.metadata.answers import document_of
from gateway.federation.metadata.document import MetadataDocument, MetadataRejected
from gateway.federation.metadata.index import as_rows, from_rows, index_of
from gateway.federation.metadata.source import Source
from gateway.storage.sealing import SecretKey, keyed_hash

FORMAT = "3"
"""Raised when what is kept changes its form or meaning."""


@dataclass(frozen=True, slots=True)
class FetchState:
    """How the fetches of a source went. Moments are in seconds since 1970; `problem` is empty after a good one.

    `entities` are in the copy that is kept.
    """

    tried: float = 0.0
    fetched: float = 0.0
    etag: str = ""
    failures: int = 0
    problem: str = ""
    entities: int = 0


@dataclass(frozen=True, slots=True)
class Kept:
    """A directory of one source. `queried`: its document is made of answers, each signed by itself."""

    id: str
    directory: Path
    signers: Sequence[x509.Certificate]
    key: SecretKey | None
    queried: bool = False

    def open(self, document: Path) -> Source:
        """The source by its index, or by the document, verified anew. Raises MetadataRejected."""
        indexed = self._indexed(digest_of(document))
        if indexed is not None:
            return indexed
        raw = read(document)
        source, octets = self.verified(raw)
        # A directory that cannot be written to costs time at the next start, and nothing else.
        with suppress(OSError):
            self.keep_index(raw, source, octets)
        return source

    def is_indexed(self, document: Path) -> bool:
        """Whether `open` need not verify the document anew. Raises MetadataRejected when it cannot be read."""
        return self._index(digest_of(document)) is not None

    def verified(self, raw: bytes) -> tuple[Source, bytes]:
        """A document, verified, and the octets of its entities. Raises MetadataRejected."""
        read_whole = document_of if self.queried else MetadataDocument.of
        entities, octets = index_of(read_whole(raw, signers=self.signers))
        return Source(self.id, entities, octets), octets

    def keep_index(self, raw: bytes, source: Source, octets: bytes) -> None:
        """Keep what `verified` made of a document, if there is a key to mark it with. Raises OSError."""
        if self.key is None:
            return
        content = json.dumps([hashlib.sha256(octets).hexdigest(), as_rows(source.entities)], separators=(",", ":"))
        mark = self._mark(hashlib.sha256(raw).hexdigest(), content)
        self.write("entities", octets)
        self.write("index.json", mark.encode() + b"\n" + content.encode())

    def state(self) -> FetchState:
        """How the last fetch went."""
        try:
            return FetchState(**json.loads((self.directory / "state.json").read_bytes()))
        except (OSError, ValueError, TypeError):
            return FetchState()

    def keep_state(self, state: FetchState) -> None:
        """Write down how a fetch went."""
        self.write("state.json", json.dumps(asdict(state)).encode())

    def write(self, name: str, content: bytes) -> None:
        """Put a file in place, whole or not at all. Raises OSError."""
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = self.directory / f".{name}.{os.getpid()}"
        with fresh.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self.directory / name)

    def _indexed(self, digest: str) -> Source | None:
        content = self._index(digest)
        if content is None:
            return None
        try:
            octets_digest, rows = json.loads(content)
            octets = self._mapped(octets_digest)
        except (OSError, ValueError):
            return None
        return None if octets is None else Source(self.id, from_rows(rows), octets)

    def _index(self, digest: str) -> str | None:
        """What was written of this document, if it was written here."""
        if self.key is None:
            return None
        try:
            mark, _, content = (self.directory / "index.json").read_text("utf-8").partition("\n")
        except (OSError, ValueError):
            return None
        return content if hmac.compare_digest(mark, self._mark(digest, content)) else None

    def _mapped(self, digest: str) -> Any:
        """The octets, if they are those of the index and not of another version that was being written.

        They are read for that without being mapped, so that pages that no login needs stay out of the process.
        """
        with (self.directory / "entities").open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != digest:
                return None
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)

    def _mark(self, digest: str, content: str) -> str:
        assert self.key is not None
        signers = sorted(one.fingerprint(SHA256()).hex() for one in self.signers)
        return keyed_hash(self.key, "metadata index", FORMAT, self.id, digest, *signers, content).hex()


def read(document: Path) -> bytes:
    """The octets of a document. Raises MetadataRejected."""
    with _opened(document) as file:
        return file.read()


def digest_of(document: Path) -> str:
    """SHA-256 of a document (hexadecimal), without having all of it in memory. Raises MetadataRejected."""
    with _opened(document) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _opened(document: Path) -> Iterator[BufferedReader]:
    try:
        with document.open("rb") as file:
            yield file
    except FileNotFoundError:
        raise MetadataRejected("it has not been fetched yet") from None
    except OSError as cause:
        raise MetadataRejected(f"{document.name} cannot be read: {cause.strerror}") from None
