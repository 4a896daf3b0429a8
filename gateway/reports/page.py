"""Pages that stand by themselves: style inside, no script, and a policy that lets nothing else in."""

from base64 import b64encode
from datetime import datetime
from functools import cache, partial
from hashlib import sha256
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from gateway.domain.clock import dutch_time
from gateway.domain.language import Language
from gateway.reports.texts import say


def page(template: str, *, language: Language, **values: Any) -> str:
    """The page of this template. `say` in it looks texts up."""
    style = _style()
    shared = {"language": language, "style": style, "policy": _policy(style), "say": partial(say, language)}
    return _environment().get_template(template).render({**shared, **values})


def moment(at: datetime) -> str:
    """A moment as people where the schools are read it."""
    return f"{dutch_time(at):%Y-%m-%d %H:%M}"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("gateway.reports"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.filters["moment"] = moment
    return environment


@cache
def _style() -> str:
    return (files("gateway.reports") / "templates" / "report.css").read_text("utf-8")


def _policy(style: str) -> str:
    """Content Security Policy Level 3: this style by its hash, and nothing else of anybody."""
    digest = b64encode(sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
