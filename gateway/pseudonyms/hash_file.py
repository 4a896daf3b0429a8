"""A school's file of first level hashes: the form of the vault's file, with `hash` in place of what comes of it.

A hash goes to Nummervoorziening and is kept nowhere here.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

from gateway.attributes.citizen_numbers import looks_like_one
from gateway.domain.brin import Brin
from gateway.federation.models import School
from gateway.pseudonyms.provisioned import Provisioned, about
from gateway.pseudonyms.vault_file import read_texts

FIELDS = ("account", "school", "hash", "adult", "until", "checked")
_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class HashLine:
    """A line by its number: whose hash it has, or what is wrong with it."""

    number: int
    learner: Provisioned | None = None
    hpgn: str = field(repr=False, default="")
    wrong: str = ""


def hash_lines(stream: BinaryIO, schools: Mapping[Brin, School], *, as_json: bool) -> Iterator[HashLine]:
    """Each line as it is read. Raises NoVaultFile when there is no use in reading on."""
    for number, texts in read_texts(stream, FIELDS, ("account", "school", "hash", "checked"), as_json=as_json):
        if isinstance(texts, str):
            yield HashLine(number, wrong=texts)
            continue
        try:
            yield HashLine(number, _learner(texts, schools), texts.get("hash", ""))
        except ValueError as cause:
            yield HashLine(number, wrong=str(cause))


def _learner(texts: Mapping[str, str], schools: Mapping[Brin, School]) -> Provisioned:
    learner = about(texts, schools)
    hpgn = texts.get("hash", "")
    if looks_like_one(hpgn):
        raise ValueError(
            "hash: it has the shape of a citizen number, which never comes here: `sluis eckid hash`, at the school"
        )
    if not _HASH.fullmatch(hpgn):
        raise ValueError("hash: it has 64 lowercase hexadecimal characters, as `sluis eckid hash` writes it")
    if learner.checked is None:
        raise ValueError("checked: the day on which the learner was found in DUO's register; without it nobody asks")
    return learner
