"""Rendering of pages: one Jinja environment, one language a page."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import urlencode

from flask import Response, request
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import escape

from gateway.domain.language import Language, in_language
from gateway.login.steps import PostForm
from gateway.pages.language import Choices
from gateway.pages.logos import Logos
from gateway.pages.static_files import StaticFiles
from gateway.pages.texts import Overrides, say_with
from gateway.web.headers import ALONE

_FORM = "[form]"
"""Stands where the form goes while the page around it is rendered; names that stand on the page stand before it."""


@dataclass(frozen=True, slots=True)
class Renderer:
    """Renders templates for one gateway: its names, its languages."""

    names: Mapping[Language, str]
    choices: Choices
    environment: Environment
    logos: Logos
    overrides: Overrides = field(default_factory=dict)
    _around_form: dict[Language, tuple[str, str]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        *,
        names: Mapping[Language, str],
        choices: Choices,
        static_files: StaticFiles,
        overrides: Overrides,
        logos: Logos,
    ) -> "Renderer":
        """With all templates loaded from the package; `overrides` are texts in the place of ours."""
        environment = Environment(
            loader=PackageLoader("gateway.pages"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
            lstrip_blocks=True, auto_reload=False,
        )  # fmt: skip
        environment.globals["version"] = static_files.version
        environment.globals["logos"] = [name for name in ("logo", "logo-dark") if name in static_files.files]
        environment.globals["of_parties"] = logos
        return cls(names, choices, environment, logos, overrides)

    def page(
        self,
        template: str,
        *,
        status: int = 200,
        wish: Language | None = None,
        switch: bool = False,
        alone: bool = False,
        spoken: tuple[Language, ...] = tuple(Language),
        **values: Any,
    ) -> Response:
        """A page in the language of the request. `say` in the template looks texts up, `named` names.

        `switch` offers the other languages, for a page that may be asked for again and stays what it was. `spoken`
        are those that the page is in. `alone` is for a page that no login goes through.
        """
        language = self.choices.language(wish)
        language = language if language in spoken else language.basis
        languages = tuple(one for one in self.choices.languages if one in spoken) if switch else ()
        body = self._rendered(template, language, languages=languages, path=request.path, **values)
        page = _page(body, language, status)
        if alone:
            page.headers.extend(ALONE)
        return page

    def words(self, wish: Language | None = None) -> Callable[..., str]:
        """Texts in the language of the request, by their keys."""
        return partial(say_with, self.overrides, self.choices.language(wish))

    def fragment(self, template: str, *, wish: Language | None = None, **values: Any) -> str:
        """A part of a page, for a script that puts it there."""
        return self._rendered(template, self.choices.language(wish), **values)

    def posting(self, form: PostForm) -> Response:
        """The page that posts a form by itself. Only the form differs, so the page around it is rendered once."""
        language = self.choices.language()
        if language not in self._around_form:
            before, _, behind = self._rendered("post.html", language, languages=(), form=_FORM).rpartition(_FORM)
            self._around_form[language] = before, behind
        before, behind = self._around_form[language]
        return _page(f"{before}{_opened(form)}{behind}", language)

    def _rendered(self, template: str, language: Language, **values: Any) -> str:
        return self.environment.get_template(template).render(
            say=partial(say_with, self.overrides, language),
            named=lambda names: in_language(names, language),
            language=language,
            switched=_switched,
            gateway=in_language(self.names, language),
            **values,
        )


def _opened(form: PostForm) -> str:
    """The form with its fields, left open for its button."""
    fields = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">\n' for name, value in form.fields
    )
    return f'<form id="answer" method="post" action="{escape(form.url)}">\n{fields}'


def _page(body: str, language: Language, status: int = 200) -> Response:
    response = Response(body, status=status, mimetype="text/html")
    response.headers["Content-Language"] = language.value
    response.headers["Vary"] = "Accept-Language, Cookie"
    return response


def _switched(language: Language) -> str:
    """The address of this page in another language."""
    return f"{request.path}?{urlencode(request.args.to_dict() | {'lang': language.value})}"
