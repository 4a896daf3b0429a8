"""Loads a configuration directory; finds everything that is wrong before it says so."""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from gateway.settings.document import Document, Path_, read_document
from gateway.settings.fields import Model
from gateway.settings.models import (
    AgreementEntry,
    Gateway,
    IdentityProviderEntry,
    PolicyFile,
    SchoolEntry,
    ServiceEntry,
)
from gateway.settings.problems import Level, Place, Problem, Problems

_MULTIPLE: dict[str, type[Model]] = {
    "identity-providers": IdentityProviderEntry,
    "services": ServiceEntry,
    "schools": SchoolEntry,
    "agreements": AgreementEntry,
}


EntryModel = TypeVar("EntryModel", bound=Model)


@dataclass(frozen=True, slots=True)
class Entry(Generic[EntryModel]):
    """An entry, and where it stands."""

    value: EntryModel
    document: Document
    path: Path_

    def place(self, *inside: str | int) -> Place:
        """The place of the entry, or of something in it."""
        return self.document.place((*self.path, *inside))


@dataclass(frozen=True, slots=True)
class Settings:
    """A configuration whose every file has the right shape. `warnings` do not keep it from being used."""

    directory: Path
    gateway: Gateway
    policy: PolicyFile
    identity_providers: tuple[Entry[IdentityProviderEntry], ...]
    services: tuple[Entry[ServiceEntry], ...]
    schools: tuple[Entry[SchoolEntry], ...]
    agreements: tuple[Entry[AgreementEntry], ...]
    gateway_document: Document
    policy_document: Document
    warnings: tuple[Problem, ...] = ()


def load(directory: Path) -> Settings:
    """Load `gateway.yaml`, `policy.yaml` and the entries. Raises Problems with everything that is wrong."""
    problems: list[Problem] = []
    gateway_document = read_document(directory / "gateway.yaml", file="gateway.yaml")
    policy_document = read_document(directory / "policy.yaml", file="policy.yaml")
    gateway = _validated(Gateway, gateway_document, (), gateway_document.value, problems)
    policy = _validated(PolicyFile, policy_document, (), policy_document.value, problems)
    entries = {kind: list(_entries(directory, kind, model, problems)) for kind, model in _MULTIPLE.items()}
    problems += _strange_files(directory)
    if gateway is None or policy is None or any(problem.level is Level.ERROR for problem in problems):
        raise Problems(problems)
    return Settings(
        directory=directory,
        gateway=gateway,
        policy=policy,
        identity_providers=tuple(entries["identity-providers"]),
        services=tuple(entries["services"]),
        schools=tuple(entries["schools"]),
        agreements=tuple(entries["agreements"]),
        gateway_document=gateway_document,
        policy_document=policy_document,
        warnings=tuple(problems),
    )


def _entries(directory: Path, kind: str, model: type[Model], problems: list[Problem]) -> Iterator[Entry[Any]]:
    for path in sorted((directory / kind).glob("*.yaml")):
        document = read_document(path, file=f"{kind}/{path.name}")
        value = document.value
        listed = [((index,), one) for index, one in enumerate(value)] if isinstance(value, list) else [((), value)]
        if value is None:
            problems += document.problems or [
                Problem(Place(document.file, 1), "the file has no entries", "remove it", Level.WARNING)
            ]
            continue
        problems += document.problems
        document.problems = []
        for at, one in listed:
            entry = _validated(model, document, at, one, problems)
            if entry is not None:
                yield Entry(entry, document, at)


def _validated(
    model: type[EntryModel], document: Document, at: Path_, value: Any, problems: list[Problem]
) -> EntryModel | None:
    if document.problems:
        problems += document.problems
        document.problems = []
        return None
    if not isinstance(value, dict):
        problems.append(Problem(document.place(at), "a mapping belongs here", "write `key: value` lines"))
        return None
    try:
        return TypeAdapter(model).validate_python(value)
    except ValidationError as cause:
        problems += [_problem(model, document, at, error) for error in cause.errors(include_url=False)]
        return None


def _problem(model: type[Model], document: Document, at: Path_, error: ErrorDetails) -> Problem:
    inside = tuple(part for part in error["loc"] if part != "[key]" and not str(part).startswith("function-"))
    place = document.place((*at, *inside))
    where = ".".join(str(part) for part in inside)
    match error["type"]:
        case "extra_forbidden":
            known = _known_keys(model, inside[:-1])
            close = difflib.get_close_matches(str(inside[-1]), known, n=1)
            instead = f"did you mean {close[0]}?" if close else f"known here: {', '.join(known)}"
            return Problem(place, f"unknown key {where}", instead)
        case "missing":
            return Problem(place, f"{where} is missing", _describe(model, inside))
        case "enum" | "literal_error":
            return Problem(place, f"{where} is not one of the possible values", f"use {error['ctx']['expected']}")
        case "value_error":
            return Problem(place, f"{where}: {error['ctx']['error']}" if where else str(error["ctx"]["error"]))
        case _:
            return Problem(place, f"{where}: {error['msg']}", _describe(model, inside))


def _known_keys(model: type[Model], inside: Path_) -> list[str]:
    found = _model_at(model, inside)
    return [field.alias or name for name, field in found.model_fields.items()] if found else []


def _describe(model: type[Model], inside: Path_) -> str:
    found = _model_at(model, inside[:-1])
    if found is None:
        return ""
    for name, field in found.model_fields.items():
        if inside[-1] in (name, field.alias):
            return field.description or ""
    return ""


def _model_at(model: type[Model], inside: Path_) -> type[Model] | None:
    """The model of what stands at a path: through lists, mappings and unions, by the names of their fields."""
    for part in inside:
        if isinstance(part, str) and part in model.model_fields:
            found = next(iter(models_in(model.model_fields[part].annotation)), None)
            if found is None:
                return None
            model = found
    return model


def models_in(annotation: Any) -> list[type[Model]]:
    """The models that a field's type holds, in its lists, mappings and unions."""
    if isinstance(annotation, type) and issubclass(annotation, Model):
        return [annotation]
    return [found for argument in getattr(annotation, "__args__", ()) for found in models_in(argument)]


def _strange_files(directory: Path) -> list[Problem]:
    return [
        Problem(Place(f"{kind}/{path.name}", 1), "this file is not read", "name it .yaml", Level.WARNING)
        for kind in _MULTIPLE
        for path in sorted((directory / kind).glob("*.yml"))
    ]
