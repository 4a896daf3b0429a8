"""The keys that the gateway makes, come round; the keys that it opens, opened once.

Both are most of the time of a test that writes a configuration: a key of RSA takes a tenth of a second to make, and as
long again to open, because its primes are tested each time. What a test sees stays as it is: `sluis init`, `sluis keys`
and the demo write keys that differ from each other, and the same file with the same passphrase is the same key.
"""

from functools import lru_cache

from gateway.cli.key_material import KeyKind, PrivateKey
from gateway.settings import key_references

_ROUND = 16
"""More than any test makes for a comparison: so many keys of a kind are made before the first is given again."""

_really_made = KeyKind.make


class _Ring:
    """Keys of one kind, made when they are first wanted."""

    def __init__(self) -> None:
        self._made: list[PrivateKey] = []
        self._given = 0

    def next(self, kind: KeyKind) -> PrivateKey:
        place = self._given % _ROUND
        self._given += 1
        if place == len(self._made):
            self._made.append(_really_made(kind))
        return self._made[place]


def come_round() -> None:
    """From now on in this process."""
    rings = {kind: _Ring() for kind in KeyKind if kind.is_rsa}

    def make(self: KeyKind) -> PrivateKey:
        return rings[self].next(self) if self in rings else _really_made(self)

    KeyKind.make = make  # type: ignore[method-assign]
    key_references.load_pem_private_key = lru_cache(512)(key_references.load_pem_private_key)
