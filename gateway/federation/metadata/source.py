"""A source of metadata as a login meets it: an index, and octets in which entities are looked up."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from gateway.domain.errors import ErrorCode, SluisError
from gateway.federation.metadata.about import About, about
from gateway.federation.metadata.document import MetadataRejected
from gateway.federation.metadata.entities import IdpMetadata, SpMetadata
from gateway.federation.metadata.index import Indexed, entity_of
from gateway.federation.metadata.lazily import IdpOnFirstUse, SpOnFirstUse
from gateway.federation.metadata.parse import read_idp, read_sp

PARSED = 2000
"""Parsed entities that a worker keeps of a source, for each role; those that were not used for longest go first."""


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """The verified content of a source. `octets` may be a mapped file, shared by all workers."""

    id: str
    entities: dict[str, Indexed]
    octets: Any = field(repr=False)
    _idp: Any = field(init=False, repr=False)
    _sp: Any = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_idp", lru_cache(PARSED)(self._read_idp))
        object.__setattr__(self, "_sp", lru_cache(PARSED)(self._read_sp))

    def idp(self, entity_id: str) -> IdpMetadata:
        """An identity provider of it. Raises MetadataRejected, which says what is wrong with it here."""
        known = self._known(entity_id)
        self._sound(entity_id, "identity provider", known.idp)
        return IdpOnFirstUse(entity_id, known.scopes, known.keywords, lambda: self._idp(entity_id))

    def sp(self, entity_id: str) -> SpMetadata:
        """A service provider of it. Raises MetadataRejected, which says what is wrong with it here."""
        self._sound(entity_id, "service provider", self._known(entity_id).sp)
        return SpOnFirstUse(entity_id, lambda: self._sp(entity_id))

    def valid_until(self, entity_id: str) -> datetime | None:
        """Until when the entity may be used."""
        until = self._known(entity_id).valid_until
        return None if until is None else datetime.fromtimestamp(until, UTC)

    def about(self, entity_id: str) -> About:
        """What else its metadata says of an entity. Raises MetadataRejected."""
        return about(entity_of(self._known(entity_id), self.octets).entities[entity_id])

    def _known(self, entity_id: str) -> Indexed:
        found = self.entities.get(entity_id)
        if found is None:
            raise MetadataRejected(f"{entity_id} is not in it")
        return found

    def _sound(self, entity_id: str, role: str, problem: str | None) -> None:
        if problem is None:
            raise MetadataRejected(f"{entity_id} is no {role}")
        if problem:
            raise MetadataRejected(f"{entity_id} cannot be used: {problem}")

    def _read_idp(self, entity_id: str) -> IdpMetadata:
        try:
            return read_idp(entity_of(self._known(entity_id), self.octets), entity_id)
        except MetadataRejected as cause:
            raise SluisError(ErrorCode.INTERNAL, cause=cause) from cause

    def _read_sp(self, entity_id: str) -> SpMetadata:
        try:
            return read_sp(entity_of(self._known(entity_id), self.octets), entity_id)
        except MetadataRejected as cause:
            raise SluisError(ErrorCode.INTERNAL, cause=cause) from cause
