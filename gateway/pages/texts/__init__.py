"""Texts in every language: gettext catalogues, compiled in memory when the gateway starts."""

import io
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

from gateway.domain.language import Language

Overrides = Mapping[Language, Mapping[str, str]]
"""Texts that the configuration puts in the place of ours."""


@cache
def texts(language: Language, package: str = __package__) -> Translations:
    """The catalogue of a language in a package; its message ids are keys, such as `error.login_unknown.title`.

    What it does not say its basis says: only the pages of pupils are in every language.
    """
    catalogue = catalogue_of(language, package)
    if catalogue is None:
        return texts(language.basis, package)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    translations = Translations(compiled)
    if language.basis is not language:
        translations.add_fallback(texts(language.basis, package))
    return translations


def catalogue_of(language: Language, package: str = __package__) -> Catalog | None:
    """What stands in the file of a language; None when the package has none."""
    source = files(package) / f"{language}.po"
    return read_po(io.BytesIO(source.read_bytes())) if source.is_file() else None


def say(language: Language, key: str, **values: object) -> str:
    """A text, with values put in its `{places}`. Raises KeyError for a key that has no text: a test finds those."""
    return text_in(texts(language), key, **values)


def say_with(overrides: Overrides, language: Language, key: str, **values: object) -> str:
    """The same, where the configuration does not say it in other words."""
    own = overrides.get(language, {}).get(key)
    if own is None:
        return say(language, key, **values)
    return own.format(**values) if values else own


def text_in(catalogue: Translations, key: str, **values: object) -> str:
    """The same of any catalogue."""
    text: str = catalogue.gettext(key)
    if text == key:
        raise KeyError(key)
    return text.format(**values) if values else text
