"""Which language a page speaks, and the cookie that remembers it together with the last schools.

The page behind an identity provider's answer speaks the chosen language too.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from flask import request
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from gateway.domain.brin import Brin
from gateway.domain.language import Language, looked_up
from gateway.web import jar

_A_YEAR = 365 * 86400
_SHARED = "shared"
MAX_SCHOOLS = 3
"""Schools that a browser remembers."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What a browser remembers of its person: a language and schools, and whether others use the computer too.

    The school that was chosen last comes first.
    """

    language: Language | None = None
    schools: tuple[Brin, ...] = ()
    shared: bool = False


_NOTHING = Choice()


class Choices:
    """Reads and sets the remembered choice. The cookie says `nl.99XB-99XA`, on a shared computer `nl.99XB-99XA.shared`.

    Anything else in it counts for nothing.
    """

    def __init__(self, *, languages: Sequence[Language], https: bool) -> None:
        self.languages = tuple(languages)
        self._name = jar.name_of("sluis-choice", https=https)

    def remembered(self) -> Choice:
        """The choice in the browser's cookie."""
        cookie = jar.held(self._name)
        if cookie is None:
            return _NOTHING
        language, _, rest = cookie.partition(".")
        schools, _, shared = rest.partition(".")
        known = filter(None, map(_brin, schools.split("-", MAX_SCHOOLS)[:MAX_SCHOOLS]))
        return Choice(Language(language) if language in self.languages else None, tuple(known), shared == _SHARED)

    def remember(
        self, *, language: Language | None = None, school: Brin | None = None, shared: bool | None = None
    ) -> None:
        """Keep this from now on."""
        known = self.remembered()
        schools = known.schools if school is None else tuple(dict.fromkeys((school, *known.schools)))[:MAX_SCHOOLS]
        self._keep(Choice(language or known.language, schools, known.shared if shared is None else shared))

    def forget_schools(self) -> None:
        """Remember no school from now on, until one is chosen again."""
        self._keep(replace(self.remembered(), schools=()))

    def _keep(self, choice: Choice) -> None:
        schools = "-".join(map(str, choice.schools))
        value = f"{choice.language or ''}.{schools}{f'.{_SHARED}' if choice.shared else ''}"
        jar.give(self._name, value, max_age=_A_YEAR)

    def language(self, wish: Language | None = None) -> Language:
        """`?lang=`, else what is remembered, else the service's wish, else the browser's, else the first."""
        asked = request.args.get("lang", "")
        if asked in self.languages:
            self.remember(language=Language(asked))
            return Language(asked)
        known = self.remembered().language or wish
        return known or _accepted(request.headers.get("Accept-Language", ""), self.languages)


@lru_cache(maxsize=256)
def _accepted(header: str, languages: tuple[Language, ...]) -> Language:
    """What the browser likes best (RFC 9110 12.5.4); the first language when it likes none. Few headers are in use."""
    for tag, quality in parse_accept_header(header, LanguageAccept):
        found = looked_up(tag, languages) if quality > 0 else None
        if found is not None:
            return found
    return languages[0]


def _brin(text: str) -> Brin | None:
    if not text:
        return None
    try:
        return Brin(text)
    except ValueError:
        return None
