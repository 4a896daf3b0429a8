"""What pydantic found, in the words of the configuration."""

import difflib
from collections.abc import Callable
from typing import Any

from pydantic_core import ErrorDetails

from gateway.settings.document import Document
from gateway.settings.fields import Model
from gateway.settings.nodes import KeyPath
from gateway.settings.problems import Problem

_PLAIN: dict[str, Callable[[dict[str, Any]], str]] = {
    "string_type": lambda _: "text belongs here; put quotes around what YAML takes for a number, a date or yes and no",
    "int_type": lambda _: "a whole number belongs here",
    "bool_type": lambda _: "true or false belongs here",
    "list_type": lambda _: "a list belongs here: [one, two], or a line with - for each",
    "dict_type": lambda _: "a mapping belongs here: key: value",
    "model_type": lambda _: "a mapping belongs here: key: value",
    "model_attributes_type": lambda _: "a mapping belongs here: key: value",
    "string_too_short": lambda _: "it is empty",
    "string_too_long": lambda context: f"it is longer than {context['max_length']} characters",
    "too_short": lambda context: f"at least {context['min_length']} belongs here",
    "greater_than_equal": lambda context: f"at least {context['ge']} is needed",
    "less_than_equal": lambda context: f"at most {context['le']} is possible",
    "string_pattern_mismatch": lambda _: "it does not have the right form",
}


def in_words(error: ErrorDetails, model: type[Model], document: Document, at: KeyPath, value: Any) -> Problem:
    """The problem that an error of `model` is, for `value`, which stands at this path. Quotes no value."""
    of_key = error["loc"][-1:] == ("[key]",)
    inside = _path(error["loc"][:-1] if of_key else error["loc"], value)
    place = document.place((*at, *inside))
    where = ".".join(map(str, inside))
    context = error.get("ctx", {})
    match error["type"]:
        case "extra_forbidden":
            known = _known_keys(model, inside[:-1])
            return Problem(place, f"unknown key {where}", nearest(str(inside[-1]), known))
        case "missing" | "union_tag_not_found":
            missing = context.get("discriminator", "").strip("'")
            what = f"{where}.{missing}" if missing else where
            return Problem(place, f"{what} is missing", _description(model, inside))
        case "enum" | "literal_error" | "union_tag_invalid":
            known = [word.strip("' ") for word in _expected(context).replace(" or ", ",").split(",")]
            return Problem(place, f"{where} is not one of the possible values", nearest(str(error["input"]), known))
        case "value_error":
            said = str(context["error"])
            return Problem(place, f"{where}: {said}" if where else said)
        case kind:
            said = _PLAIN[kind](context) if kind in _PLAIN else error["msg"]
            return Problem(place, f"{where}: {said}", _description(model, inside))


def _path(location: tuple[int | str, ...], value: Any) -> KeyPath:
    """Where an error is, in the file's own keys: pydantic's names for the branch of a union are left out."""
    path: list[str | int] = []
    for index, part in enumerate(location):
        is_key = isinstance(value, dict) and part in value
        if is_key or (isinstance(value, list) and isinstance(part, int) and part < len(value)):
            path.append(part)
            value = value[part]
        elif index == len(location) - 1 and isinstance(value, dict):
            path.append(part)
    return tuple(path)


def _expected(context: dict[str, Any]) -> str:
    return str(context.get("expected") or context.get("expected_tags", ""))


def nearest(written: str, known: list[str]) -> str:
    """A hint for a word that is none of the known ones."""
    close = difflib.get_close_matches(written.lower(), known, n=1)
    return f"did you mean {close[0]}?" if close else f"possible: {', '.join(known)}"


def _known_keys(model: type[Model], inside: KeyPath) -> list[str]:
    found = _models_at(model, inside)
    return list(dict.fromkeys(field.alias or name for one in found for name, field in one.model_fields.items()))


def _description(model: type[Model], inside: KeyPath) -> str:
    for found in _models_at(model, inside[:-1]) if inside else ():
        for name, field in found.model_fields.items():
            if inside[-1] == (field.alias or name):
                return field.description or ""
    return ""


def _models_at(model: type[Model], inside: KeyPath) -> list[type[Model]]:
    """The models of what stands at a path: through lists, mappings and unions, by the names of their fields."""
    models = [model]
    for part in inside:
        fields = [field for one in models for name, field in one.model_fields.items() if part == (field.alias or name)]
        if fields:
            models = [found for field in fields for found in models_in(field.annotation)]
    return models


def models_in(annotation: Any) -> list[type[Model]]:
    """The models that a field's type holds, in its lists, mappings and unions."""
    if isinstance(annotation, type) and issubclass(annotation, Model):
        return [annotation]
    return [found for argument in getattr(annotation, "__args__", ()) for found in models_in(argument)]
