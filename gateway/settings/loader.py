"""Loads a configuration directory; finds everything that is wrong before it says so."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from gateway.domain.protocol import Protocol
from gateway.settings.document import Document, read_document
from gateway.settings.fields import Model
from gateway.settings.files import strange_files
from gateway.settings.models.agreements import AgreementEntry
from gateway.settings.models.gateway import Gateway
from gateway.settings.models.identity_providers import IDENTITY_PROVIDER_ENTRIES, IdentityProviderEntry
from gateway.settings.models.keys import Keys
from gateway.settings.models.metadata_sources import MetadataSourceEntry
from gateway.settings.models.policy import PolicyFile
from gateway.settings.models.schools import SchoolEntry
from gateway.settings.models.services import SERVICE_ENTRIES, ServiceEntry
from gateway.settings.nodes import KeyPath
from gateway.settings.problems import Place, Problem, Problems, errors, warning
from gateway.settings.read_before import ReadBefore, read_before
from gateway.settings.wording import in_words, nearest

EntryModel = TypeVar("EntryModel", bound=Model)
_Models = type[EntryModel] | Mapping[str, type[EntryModel]]
"""The model of every entry, or of those that name each protocol; one that names none speaks SAML."""


@dataclass(frozen=True, slots=True)
class Entry(Generic[EntryModel]):
    """An entry, and where it stands."""

    value: EntryModel
    document: Document
    path: KeyPath

    def place(self, *inside: str | int) -> Place:
        """The place of the entry, or of something in it."""
        return self.document.place((*self.path, *inside))


@dataclass(frozen=True, slots=True)
class Settings:
    """A configuration directory. `problems` is what is wrong with its files: no errors, if `load` gave it.

    Where `read` left entries out, `unread` holds every word of them, so that nobody says of a name in them that it is
    unknown.
    """

    directory: Path
    gateway: Gateway
    keys: Keys
    policy: PolicyFile
    metadata_sources: tuple[Entry[MetadataSourceEntry], ...]
    identity_providers: tuple[Entry[IdentityProviderEntry], ...]
    services: tuple[Entry[ServiceEntry], ...]
    schools: tuple[Entry[SchoolEntry], ...]
    agreements: tuple[Entry[AgreementEntry], ...]
    gateway_document: Document
    keys_document: Document
    policy_document: Document
    problems: tuple[Problem, ...] = ()
    unread: frozenset[str] = frozenset()


def load(directory: Path) -> Settings:
    """Load the files of a directory. Raises Problems with everything that is wrong in them.

    What the files together make, and the files that they name, are for `gateway.federation.build` to judge.
    """
    settings, problems = read(directory)
    if settings is None or errors(problems):
        raise Problems(problems)
    return settings


def read(directory: Path) -> tuple[Settings | None, tuple[Problem, ...]]:
    """As much as can be read, and what is wrong with the rest.

    None when too much is missing to say anything of the whole: no `gateway.yaml`, `keys.yaml` or
    `policy.yaml`, or a file of entries that is not YAML.
    """
    reading = _Reading(directory, [], set())
    if not directory.is_dir():
        return None, (Problem(Place(str(directory), 1), "there is no such directory", "`sluis init` makes one"),)
    reading.problems += strange_files(directory)
    gateway_document, gateway = reading.one("gateway.yaml", Gateway)
    keys_document, keys = reading.one("keys.yaml", Keys)
    policy_document, policy = reading.one("policy.yaml", PolicyFile)
    reading.before = read_before(directory, keys)
    metadata_sources = reading.entries("metadata", MetadataSourceEntry)
    identity_providers: tuple[Entry[IdentityProviderEntry], ...] = reading.entries(
        "identity-providers", IDENTITY_PROVIDER_ENTRIES
    )
    services: tuple[Entry[ServiceEntry], ...] = reading.entries("services", SERVICE_ENTRIES)
    schools = reading.entries("schools", SchoolEntry)
    agreements = reading.entries("agreements", AgreementEntry)
    if gateway is None or keys is None or policy is None or reading.lost_a_file:
        return None, tuple(reading.problems)
    settings = Settings(
        directory=directory,
        gateway=gateway,
        keys=keys,
        policy=policy,
        metadata_sources=metadata_sources,
        identity_providers=identity_providers,
        services=services,
        schools=schools,
        agreements=agreements,
        gateway_document=gateway_document,
        keys_document=keys_document,
        policy_document=policy_document,
        problems=tuple(reading.problems),
        unread=frozenset(reading.unread),
    )
    return settings, settings.problems


def read_policy(path: Path) -> tuple[PolicyFile | None, tuple[Problem, ...]]:
    """A policy file by itself, wherever it lies, and what is wrong with it."""
    reading = _Reading(path.parent, [], set())
    _, policy = reading.one(path.name, PolicyFile)
    return policy, tuple(reading.problems)


@dataclass(slots=True)
class _Reading:
    directory: Path
    problems: list[Problem]
    unread: set[str]
    before: ReadBefore | None = None
    lost_a_file: bool = False

    def one(self, file: str, model: type[EntryModel]) -> tuple[Document, EntryModel | None]:
        document = read_document(self.directory / file, file=file, problems=self.problems)
        if document is None:
            return Document(file), None
        return document, self._validated(model, document, (), document.value)

    def entries(self, kind: str, model: "_Models[EntryModel]") -> tuple[Entry[EntryModel], ...]:
        return tuple(entry for path in _files(self.directory / kind) for entry in self._in_file(kind, path, model))

    def _in_file(self, kind: str, path: Path, model: "_Models[EntryModel]") -> Iterator[Entry[EntryModel]]:
        document = read_document(path, file=f"{kind}/{path.name}", problems=self.problems, before=self.before)
        if document is None:
            self.lost_a_file = True
            return
        found, document.value = document.value, None
        if found is None:
            self.problems.append(
                warning(document.place(()), "the file has no entries", "write one, or remove the file")
            )
            return
        listed: list[tuple[KeyPath, Any]] = (
            [((index,), one) for index, one in enumerate(found)] if isinstance(found, list) else [((), found)]
        )
        for at, one in listed:
            entry = self._validated(model, document, at, one)
            if entry is None:
                self.unread.update(_words(one))
            else:
                yield Entry(entry, document, at)

    def _validated(
        self, models: "_Models[EntryModel]", document: Document, at: KeyPath, value: Any
    ) -> EntryModel | None:
        if not isinstance(value, dict):
            self.problems.append(Problem(document.place(at), "a mapping belongs here", "write `key: value` lines"))
            return None
        if isinstance(models, type):
            model = models
        else:
            written = str(value.get("protocol", Protocol.SAML))
            if written not in models:
                what = "protocol is not one of the possible values"
                hint = nearest(written, [str(one) for one in models])
                self.problems.append(Problem(document.place((*at, "protocol")), what, hint))
                return None
            model = models[written]
        try:
            return model.model_validate(value)
        except ValidationError as cause:
            found = cause.errors(include_url=False)
            self.problems += [in_words(error, model, document, at, value) for error in found]
            return None


def _files(directory: Path) -> list[Path]:
    return sorted(path for path in directory.glob("*.yaml") if not path.name.startswith("."))


def _words(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for one in value.values():
            yield from _words(one)
    elif isinstance(value, list):
        for one in value:
            yield from _words(one)
    else:
        yield str(value)
