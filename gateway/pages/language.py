"""Which language a page speaks, and the cookie that remembers it together with the last school.

The page behind an identity provider's answer speaks the chosen language too. That answer is a POST from another site,
so the cookie is SameSite=None and Secure, as the browser's own is (`gateway/web/cookies.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from flask import Flask, Response, g, request
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from gateway.domain.brin import Brin
from gateway.domain.language import Language

_COOKIE = "sluis-choice"
_A_YEAR = 365 * 86400
_SHARED = "shared"


@dataclass(frozen=True, slots=True)
class Choice:
    """What a browser remembers of its person: a language and a school, and whether others use the computer too."""

    language: Language | None = None
    school: Brin | None = None
    shared: bool = False


class Choices:
    """Reads and sets the remembered choice. The cookie says `nl.99XB`, on a shared computer `nl.99XB.shared`.

    Anything else in it counts for nothing.
    """

    def __init__(self, *, languages: Sequence[Language], https: bool) -> None:
        self.languages = tuple(languages)
        self._name = f"__Host-{_COOKIE}" if https else _COOKIE

    def install(self, app: Flask) -> None:
        """Have the app set the cookie on responses that changed the choice."""
        app.after_request(self._set)

    def remembered(self) -> Choice:
        """The choice in the request's cookie."""
        language, _, rest = request.cookies.get(self._name, "").partition(".")
        school, _, shared = rest.partition(".")
        return Choice(Language(language) if language in self.languages else None, _brin(school), shared == _SHARED)

    def remember(
        self, *, language: Language | None = None, school: Brin | None = None, shared: bool | None = None
    ) -> None:
        """Keep this from now on."""
        known: Choice = g.get("choice") or self.remembered()
        g.choice = replace(
            known,
            language=language or known.language,
            school=school or known.school,
            shared=known.shared if shared is None else shared,
        )

    def language(self, wish: Language | None = None) -> Language:
        """`?lang=`, else what is remembered, else the service's wish, else the browser's, else the first."""
        asked = request.args.get("lang", "")
        if asked in self.languages:
            self.remember(language=Language(asked))
            return Language(asked)
        known = self.remembered().language or wish
        return known or _accepted(request.headers.get("Accept-Language", ""), self.languages)

    def _set(self, response: Response) -> Response:
        choice: Choice | None = g.get("choice")
        if choice is not None:
            value = f"{choice.language or ''}.{choice.school or ''}{f'.{_SHARED}' if choice.shared else ''}"
            response.set_cookie(
                self._name, value, max_age=_A_YEAR, path="/", secure=True, httponly=True, samesite="None"
            )
        return response


@lru_cache(maxsize=256)
def _accepted(header: str, languages: tuple[Language, ...]) -> Language:
    """What the browser likes best (RFC 9110 12.5.4); the first language when it likes none. Few headers are in use."""
    accepted = parse_accept_header(header, LanguageAccept).best_match([one.value for one in languages])
    return Language(accepted) if accepted else languages[0]


def _brin(text: str) -> Brin | None:
    if not text:
        return None
    try:
        return Brin(text)
    except ValueError:
        return None
