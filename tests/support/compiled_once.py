"""Templates and addresses, compiled once in a process, however many applications tests make of them.

Both are most of the time of a test that makes an application of its own: Flask compiles a builder for each address, and
Jinja each template that a page needs, anew for each. What is compiled depends on nothing but what stands in the key.
"""

from types import CodeType
from typing import Any

from jinja2 import Environment
from werkzeug.routing import Rule

_compile_template = Environment.compile
_compile_builder = Rule._compile_builder
_templates: dict[tuple[object, ...], CodeType] = {}
_builders: dict[tuple[object, ...], Any] = {}


def _template(self: Environment, source: Any, name: Any = None, filename: Any = None, **otherwise: Any) -> Any:
    if otherwise or not isinstance(source, str):
        return _compile_template(self, source, name, filename, **otherwise)
    key = (
        *(source, name, filename),
        *(
            type(self),
            self.autoescape,
            self.undefined,
            self.trim_blocks,
            self.lstrip_blocks,
            self.keep_trailing_newline,
        ),
        *(tuple(self.extensions), frozenset(self.filters), frozenset(self.tests), self.is_async, self.optimized),
    )
    if key not in _templates:
        _templates[key] = _compile_template(self, source, name, filename)
    return _templates[key]


def _builder(self: Rule, append_unknown: bool = True) -> Any:
    key = (self.rule, append_unknown, *self._trace, *sorted((self.defaults or {}).items()))
    if key not in _builders:
        _builders[key] = _compile_builder(self, append_unknown)
    return _builders[key]


def compile_once() -> None:
    """From now on in this process."""
    Environment.compile = _template  # type: ignore[method-assign]
    Rule._compile_builder = _builder  # type: ignore[method-assign]
