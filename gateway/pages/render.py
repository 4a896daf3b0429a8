"""Rendering of pages: one Jinja environment, one language a page."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlencode

from flask import Response, request
from jinja2 import Environment, PackageLoader, StrictUndefined

from gateway.domain.language import Language, in_language
from gateway.pages.language import Choices
from gateway.pages.texts import say


@dataclass(frozen=True, slots=True)
class Renderer:
    """Renders templates for one gateway: its names, its languages."""

    names: Mapping[Language, str]
    choices: Choices
    environment: Environment

    @classmethod
    def of(cls, *, names: Mapping[Language, str], choices: Choices, version: str) -> "Renderer":
        """With all templates loaded from the package; `version` makes the addresses of static files change."""
        environment = Environment(
            loader=PackageLoader("gateway.pages"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
            lstrip_blocks=True, auto_reload=False,
        )  # fmt: skip
        environment.globals["version"] = version
        return cls(names, choices, environment)

    def page(
        self,
        template: str,
        *,
        status: int = 200,
        wish: Language | None = None,
        switch: bool = False,
        **values: Any,
    ) -> Response:
        """A page in the language of the request. `say` in the template looks texts up, `named` names.

        `switch` offers the other languages, for a page that may be asked for again and stays what it was.
        """
        language = self.choices.language(wish)
        body = self.environment.get_template(template).render(
            say=partial(say, language),
            named=lambda names: in_language(names, language),
            language=language,
            languages=self.choices.languages if switch else (),
            switched=_switched,
            gateway=in_language(self.names, language),
            path=request.path,
            **values,
        )
        response = Response(body, status=status, mimetype="text/html")
        response.headers["Content-Language"] = language.value
        response.headers["Vary"] = "Accept-Language, Cookie"
        return response


def _switched(language: Language) -> str:
    """The address of this page in another language."""
    return f"{request.path}?{urlencode(request.args.to_dict() | {'lang': language.value})}"
