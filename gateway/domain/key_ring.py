"""A ring: the keys of one purpose, from being announced to being gone."""

from dataclasses import dataclass
from enum import StrEnum, auto
from typing import Generic, TypeVar

Key = TypeVar("Key")


class KeyState(StrEnum):
    """Where a key is in its life. It only moves forward."""

    NEXT = auto()
    """Announced: peers and replicas know it already, nothing is made with it yet."""
    ACTIVE = auto()
    """What is made is made with it."""
    PREVIOUS = auto()
    """Made things that may still be about: it checks, opens and derives them, and makes nothing new."""
    RETIRED = auto()
    """Gone: it is not even read. Its entry stays, so that its id is never used again."""


@dataclass(frozen=True, slots=True)
class Ring(Generic[Key]):
    """The keys of one purpose that are read, each group in the order of the configuration, oldest first."""

    active: Key
    next: tuple[Key, ...] = ()
    previous: tuple[Key, ...] = ()

    @property
    def all(self) -> tuple[Key, ...]:
        """Every key, the active one in front: what checks, opens, and is published to those who check."""
        return (self.active, *self.next, *self.previous)

    @property
    def announced(self) -> tuple[Key, ...]:
        """The active key and those to come: what others may encrypt for."""
        return (self.active, *self.next)

    @property
    def first(self) -> Key:
        """The oldest key of those in use now or before: things are looked up by it, so it must stay for ever."""
        return self.previous[0] if self.previous else self.active
