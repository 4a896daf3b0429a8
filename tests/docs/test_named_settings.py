"""Every setting that the documentation names is one that a model has, with a value that it can have."""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, get_args

import pytest
import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from gateway.settings.reference import FILES
from gateway.settings.wording import models_in
from tests.support.named_in_docs import PAGES, Named, blocks, nearest, none_wrong, spans

OF_OTHERS = {"amr", "metadata.sources", "sign.authnrequest"}
"""A claim of OpenID Connect, and settings of SimpleSAMLphp."""


def test_settings_are_those_of_the_models():
    said: list[tuple[Named, str]] = []
    for page in PAGES:
        for named in spans(page):
            if re.fullmatch(r"[a-z_]+(?:\.[a-z_]+)+", named.text) and not _is_setting(named.text):
                said.append((named, f"there is no setting {named.text}"))
            if re.fullmatch(r"[a-z_]+:(?: .+)?", named.text):
                said.extend((named, wrong) for wrong in _wrong_yaml(named.text))
        for block in blocks(page):
            if block.kind == "yaml":
                said.extend((block, wrong) for wrong in _wrong_yaml(block.text))
    none_wrong(said)


def _is_setting(dotted: str) -> bool:
    """Whether there is such a path, or it does not begin as one: the name of something else."""
    first, *more = dotted.split(".")
    found = _fields(model for _, model in FILES).get(first)
    if found is None or dotted in OF_OTHERS:
        return True
    for part in more:
        found = _fields(inner for field in found for inner in models_in(field.annotation)).get(part)
        if found is None:
            return False
    return True


def _wrong_yaml(text: str) -> Iterator[str]:
    """Keys that no model has. A block may show parts of several files, each behind a comment that names it."""
    for part in re.split(r"^# [\w…./-]+(?: .*)?\n", text, flags=re.MULTILINE):
        found = yaml.safe_load(part.replace("...", "x").replace("…", "x"))
        for entry in found if isinstance(found, list) else [found]:
            if isinstance(entry, dict):
                yield from _wrong_keys(entry, _all_models(), "")


def _wrong_keys(mapping: dict[str, Any], models: Iterable[type[BaseModel]], above: str) -> Iterator[str]:
    """What is wrong with a mapping that may be any of these models."""
    known = _fields(models)
    for key, value in mapping.items():
        if key in OF_OTHERS:
            continue
        if key not in known:
            yield f"there is no setting {above}{key}{nearest(str(key), known)}"
            continue
        inner = {model for field in known[key] for model in models_in(field.annotation)}
        by_name = any("dict" in str(field.annotation) for field in known[key])
        for below in value if isinstance(value, list) else [value]:
            if isinstance(below, dict) and inner and not by_name:
                yield from _wrong_keys(below, inner, f"{above}{key}.")
        choices = _choices(known[key])
        if isinstance(value, str) and choices and value not in choices:
            yield f"{above}{key} cannot be {value}{nearest(value, choices)}"


def _fields(models: Iterable[type[BaseModel]]) -> dict[str, list[FieldInfo]]:
    """The fields of these models by the names that files have them under."""
    found: dict[str, list[FieldInfo]] = {}
    for model in models:
        for name, field in model.model_fields.items():
            found.setdefault(field.alias or name, []).append(field)
    return found


@cache
def _all_models() -> frozenset[type[BaseModel]]:
    found: set[type[BaseModel]] = set()
    left: list[type[BaseModel]] = [model for _, model in FILES]
    while left:
        model = left.pop()
        if model not in found:
            found.add(model)
            left.extend(inner for field in model.model_fields.values() for inner in models_in(field.annotation))
    return frozenset(found)


def _choices(fields: Iterable[FieldInfo]) -> set[str]:
    """The only values that fields of a name take; none, where one of them takes anything."""
    kinds = [_values(field.annotation) for field in fields]
    return set().union(*kinds) if all(kinds) else set()


def _values(annotation: Any) -> set[str]:
    if hasattr(annotation, "__members__"):
        return {str(member.value) for member in annotation.__members__.values()}
    inner = [one for one in get_args(annotation) if one is not type(None)]
    if inner and all(isinstance(one, str) for one in inner):
        return set(inner)
    kinds = [_values(one) for one in inner]
    return set().union(*kinds) if all(kinds) else set()


WRONG = {
    "retention: {legder: 2d}": "retention.legder; ledger?",
    "# services/…\nfallbak: provisional": "fallback?",
    "user_held: alowed": "allowed?",
}


@pytest.mark.parametrize(("text", "said"), WRONG.items())
def test_a_wrong_setting_is_found_with_what_would_be_right(text: str, said: str):
    assert said in " ".join(_wrong_yaml(text))


def test_a_wrong_path_is_found():
    assert not _is_setting("retention.legder")
    assert _is_setting("retention.ledger")
