"""Metadata of a party that is parsed when somebody first asks something of it."""

from collections.abc import Callable
from typing import Any

from gateway.federation.metadata.entities import IdpMetadata, SpMetadata
from gateway.federation.metadata.scopes import Scopes


class IdpOnFirstUse(IdpMetadata):
    """As IdpMetadata, of which it knows the entityID, the scopes and the keywords alone until then.

    What was read is kept elsewhere, bounded.
    """

    __slots__ = ("_read",)
    _read: Callable[[], IdpMetadata]

    def __init__(
        self, entity_id: str, scopes: Scopes, keywords: tuple[str, ...], read: Callable[[], IdpMetadata]
    ) -> None:
        object.__setattr__(self, "entity_id", entity_id)
        object.__setattr__(self, "scopes", scopes)
        object.__setattr__(self, "keywords", keywords)
        object.__setattr__(self, "_read", read)

    def __getattr__(self, name: str) -> Any:
        """Asked for what is not there yet, which is every field but the entityID."""
        return getattr(self._read(), name)


class SpOnFirstUse(SpMetadata):
    """As SpMetadata, of which it knows the entityID alone until then. What was read is kept elsewhere, bounded."""

    __slots__ = ("_read",)
    _read: Callable[[], SpMetadata]

    def __init__(self, entity_id: str, read: Callable[[], SpMetadata]) -> None:
        object.__setattr__(self, "entity_id", entity_id)
        object.__setattr__(self, "_read", read)

    def __getattr__(self, name: str) -> Any:
        """Asked for what is not there yet, which is every field but the entityID."""
        return getattr(self._read(), name)
