"""Texts of the reports in every language."""

from gateway.domain.language import Language
from gateway.pages import texts


def say(language: Language, key: str, **values: object) -> str:
    """A text, with values put in its `{places}`. Raises KeyError for a key that has no text."""
    return texts.text_in(texts.texts(language, __package__), key, **values)


def has(language: Language, key: str) -> bool:
    """Whether there is a text of this key."""
    return texts.texts(language, __package__).gettext(key) != key
