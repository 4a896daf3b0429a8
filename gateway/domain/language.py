"""Languages of pages and names."""

import unicodedata
from collections.abc import Mapping, Sequence
from enum import StrEnum


class Language(StrEnum):
    """A language of the pages (BCP 47), in the order in which the pages offer them."""

    NL = "nl"
    EN = "en"
    FY = "fy"
    NL_B1 = "nl-x-b1"
    """Dutch for whoever reads little of it: level B1 of the Common European Framework at most."""

    @property
    def basis(self) -> "Language":
        """The language that says what this one does not: only the pages of pupils are in every language."""
        return self if self in COMPLETE else Language.NL


COMPLETE = (Language.NL, Language.EN)
"""What all is said in: reports, and the pages for suppliers and operators as well."""


def in_language(names: Mapping[Language, str], wanted: Language) -> str:
    """The name in the wanted language, else in Dutch, else in whatever language there is."""
    return names.get(wanted) or names.get(Language.NL) or next(iter(names.values()))


def looked_up(tag: str, known: Sequence[Language]) -> Language | None:
    """The language for a tag: the tag itself, else with less and less of its end (lookup, RFC 4647 3.4)."""
    by_tag = {one.value: one for one in known}
    parts = tag.lower().split("-")
    while parts:
        found = by_tag.get("-".join(parts))
        if found is not None:
            return found
        parts.pop()
        if parts and len(parts[-1]) == 1:
            parts.pop()
    return None


def folded(text: str) -> str:
    """Lower case without diacritics, to search in."""
    if text.isascii():
        return text.casefold()
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))
