"""Chance from a seed, for worlds too large for hypothesis to draw piece by piece: who has the seed can repeat it."""

from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")
K = TypeVar("K")

_LETTERS = [chr(code) for code in range(0x41, 0x180) if chr(code).isalpha()]


class Dice:
    """The same seed always throws the same."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)

    def one(self, options: Sequence[T]) -> T:
        return self._random.choice(options)

    def some(self, options: Sequence[T], *, at_least: int = 0, at_most: int | None = None) -> list[T]:
        """Different ones, in any order."""
        most = len(options) if at_most is None else min(at_most, len(options))
        return self._random.sample(options, self._random.randint(at_least, most))

    def mapping(self, keys: Sequence[K], values: Sequence[T], **bounds: int) -> dict[K, T]:
        return {key: self.one(values) for key in self.some(keys, **bounds)}

    def often(self) -> bool:
        """Five times of six."""
        return self._random.random() < 5 / 6

    def word(self) -> str:
        """Letters of the west of Europe."""
        return "".join(self._random.choices(_LETTERS, k=self._random.randint(1, 12)))
