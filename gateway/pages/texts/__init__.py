"""Texts in every language: gettext catalogues, compiled in memory when the gateway starts."""

import io
from functools import cache
from importlib.resources import files

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

from gateway.domain.language import Language


@cache
def texts(language: Language, package: str = __package__) -> Translations:
    """The catalogue of a language in a package; its message ids are keys, such as `error.login_unknown.title`."""
    source = (files(package) / f"{language}.po").read_bytes()
    compiled = io.BytesIO()
    write_mo(compiled, read_po(io.BytesIO(source), locale=language.value))
    compiled.seek(0)
    return Translations(compiled)


def say(language: Language, key: str, **values: object) -> str:
    """A text, with values put in its `{places}`. Raises KeyError for a key that has no text: a test finds those."""
    return text_in(texts(language), key, **values)


def text_in(catalogue: Translations, key: str, **values: object) -> str:
    """The same of any catalogue."""
    text: str = catalogue.gettext(key)
    if text == key:
        raise KeyError(key)
    return text.format(**values) if values else text
