"""The first level hash of the chain: what a school sends to Nummervoorziening in place of a citizen number.

It is made at the school, once, and never at the gateway: no login comes here (domain facts 2.1).
"""

import hashlib
from base64 import b64decode
from binascii import Error as NotBase64

_N, _R, _P, _LENGTH = 131072, 8, 4, 32
_MEMORY = 256 * 1024 * 1024
"""Bytes that scrypt may take; it needs 128 * N * r, 134 MB."""


def salt_of(text: str) -> bytes:
    """The salt of an environment, as Nummervoorziening hands it out: base64. Raises ValueError."""
    try:
        salt = b64decode(text.strip(), validate=True)
    except NotBase64:
        raise ValueError("the salt is not base64") from None
    if len(salt) < 16:
        raise ValueError("the salt has fewer than 16 bytes")
    return salt


def first_level_hash(number: str, salt: bytes) -> str:
    """The HPGN of a number: 64 hexadecimal characters. Lower case alone makes a difference: nothing is trimmed.

    Raises ValueError for an input of one character or none; it does not quote the input.
    """
    if len(number.strip()) <= 1:
        raise ValueError("it has one character or none")
    hashed = hashlib.scrypt(number.lower().encode(), salt=salt, n=_N, r=_R, p=_P, maxmem=_MEMORY, dklen=_LENGTH)
    return hashed.hex()
