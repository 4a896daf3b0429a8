"""Which language a page speaks, and the cookie that remembers it together with the last schools.

The page behind an identity provider's answer speaks the chosen language too. On a computer that others use too, no
school is remembered.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from flask import request
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from gateway.domain.brin import Brin
from gateway.domain.language import Language, looked_up
from gateway.federation.models import ServiceId
from gateway.login.contracts import UsualSchool
from gateway.web import jar

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_A_YEAR = 365 * 86400
_SHARED = "shared"
MAX_SCHOOLS = 3
"""Schools that a browser remembers."""
MAX_VALUE = 80
"""Bytes of the cookie's value: all cookies together go with every request, and stay under 300."""
_HELD = "held"


@dataclass(frozen=True, slots=True)
class Choice:
    """What a browser remembers of its person: a language and schools, and whether others use the computer too.

    The school that was chosen last comes first. `usual` are those to which it goes without a question, by service.
    """

    language: Language | None = None
    schools: tuple[Brin, ...] = ()
    shared: bool = False
    usual: Mapping[ServiceId, UsualSchool] = field(default_factory=dict)


_NOTHING = Choice()


class Choices:
    """Reads and sets the remembered choice; fulfils `gateway.login.contracts.Usual`.

    The cookie says `nl.99XB-99XA`, on a shared computer `nl..shared`, and with schools by service
    `nl.99XB..rekentuin_99XB~leesplein_99XB_held`. Anything else in it counts for nothing.
    """

    def __init__(self, *, languages: Sequence[Language], https: bool) -> None:
        self.languages = tuple(languages)
        self._name = jar.name_of("sluis-choice", https=https)

    def remembered(self) -> Choice:
        """The choice in the browser's cookie."""
        cookie = jar.held(self._name)
        if cookie is None:
            return _NOTHING
        language, schools, shared, usual = (*cookie.split(".", 3), "", "", "")[:4]
        spoken = Language(language) if language in self.languages else None
        if shared == _SHARED:
            return Choice(spoken, shared=True)
        known = filter(None, map(_brin, schools.split("-", MAX_SCHOOLS)[:MAX_SCHOOLS]))
        return Choice(spoken, tuple(known), usual=dict(_usual(usual)))

    def remember(
        self, *, language: Language | None = None, school: Brin | None = None, shared: bool | None = None
    ) -> None:
        """Keep this from now on."""
        known = self.remembered()
        schools = known.schools if school is None else tuple(dict.fromkeys((school, *known.schools)))[:MAX_SCHOOLS]
        self._keep(
            replace(
                known,
                language=language or known.language,
                schools=schools,
                shared=known.shared if shared is None else shared,
            )
        )

    def forget_schools(self) -> None:
        """Remember no school from now on, until one is chosen again."""
        self._keep(replace(self.remembered(), schools=(), usual={}))

    def usual(self, service: ServiceId) -> UsualSchool | None:
        return self.remembered().usual.get(service)

    def keep_usual(self, service: ServiceId, school: UsualSchool) -> None:
        known = self.remembered()
        self._keep(replace(known, usual={service: school} | {**known.usual, service: school}))

    def forget_usual(self, service: ServiceId) -> None:
        known = self.remembered()
        self._keep(replace(known, usual={one: where for one, where in known.usual.items() if one != service}))

    def _keep(self, choice: Choice) -> None:
        value = f"{choice.language or ''}."
        if choice.shared:
            value += f".{_SHARED}"
        else:
            value += "-".join(map(str, choice.schools))
            between = ".."
            for service, school in choice.usual.items():
                entry = f"{between}{service}_{school.brin}{f'_{_HELD}' if school.held else ''}"
                if len(value) + len(entry) > MAX_VALUE:
                    break
                value += entry
                between = "~"
        jar.give(self._name, value, max_age=_A_YEAR)

    def language(self, wish: Language | None = None) -> Language:
        """`?lang=`, else what is remembered, else the service's wish, else the browser's, else the first."""
        asked = request.args.get("lang", "")
        if asked in self.languages:
            self.remember(language=Language(asked))
            return Language(asked)
        known = self.remembered().language or wish
        return known or _accepted(request.headers.get("Accept-Language", ""), self.languages)

    def spoken(self, environ: "WSGIEnvironment") -> Language:
        """The same, where nothing is wished, for who has no time to read more of a request than this."""
        remembered = environ.get("HTTP_COOKIE", "").partition(f"{self._name}=")[2].partition(".")[0]
        if remembered in self.languages:
            return Language(remembered)
        return _accepted(environ.get("HTTP_ACCEPT_LANGUAGE", ""), self.languages)


@lru_cache(maxsize=256)
def _accepted(header: str, languages: tuple[Language, ...]) -> Language:
    """What the browser likes best (RFC 9110 12.5.4); the first language when it likes none. Few headers are in use."""
    for tag, quality in parse_accept_header(header, LanguageAccept):
        found = looked_up(tag, languages) if quality > 0 else None
        if found is not None:
            return found
    return languages[0]


def _usual(text: str) -> Iterator[tuple[ServiceId, UsualSchool]]:
    for one in text[:MAX_VALUE].split("~"):
        service, _, rest = one.partition("_")
        school, _, held = rest.partition("_")
        brin = _brin(school)
        if service and brin is not None:
            yield ServiceId(service), UsualSchool(brin, held == _HELD)


def _brin(text: str) -> Brin | None:
    if not text:
        return None
    try:
        return Brin(text)
    except ValueError:
        return None
