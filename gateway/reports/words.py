"""Ids in words, where an id may be a newer gateway's."""

from gateway.domain.attribute import Attribute
from gateway.domain.errors import ErrorCode
from gateway.domain.language import Language
from gateway.pages import texts as page_texts
from gateway.pages.error_texts import text_of
from gateway.reports.texts import has, say


def named(language: Language, kind: str, value: str) -> str:
    """A role or a refusal in words; one that nobody has words for by its id."""
    if has(language, f"{kind}.{value}"):
        return say(language, f"{kind}.{value}")
    if kind == "refusal" and value in tuple(ErrorCode):
        return page_texts.say(language, f"error.{text_of(ErrorCode(value))}.title")
    return value


def attribute_name(language: Language, attribute: Attribute) -> str:
    """What an attribute is called."""
    return say(language, f"attribute.{attribute}")
