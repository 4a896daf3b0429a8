"""Languages of pages and names."""

import unicodedata
from collections.abc import Mapping
from enum import StrEnum


class Language(StrEnum):
    """A language that every page speaks (ISO 639-1)."""

    NL = "nl"
    EN = "en"


def in_language(names: Mapping[Language, str], wanted: Language) -> str:
    """The name in the wanted language, else in Dutch, else in whatever language there is."""
    return names.get(wanted) or names.get(Language.NL) or next(iter(names.values()))


def folded(text: str) -> str:
    """Lower case without diacritics, to search in."""
    if text.isascii():
        return text.casefold()
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))
