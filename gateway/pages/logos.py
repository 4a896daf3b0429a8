"""Logos of schools, identity providers and services: files of the configuration, served by the gateway itself.

A page that showed a picture from elsewhere would tell its owner who logs in, and where. Each has an address that
changes with its content. They are read once when the configuration is loaded, and not kept in memory: there may be
thousands.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from gateway.domain.brin import Brin
from gateway.federation.models import IdpId, ServiceId
from gateway.pages.images import MAX_SMALL, SUFFIXES, Image, read_image
from gateway.settings.loader import Entry, Settings
from gateway.settings.models.identity_providers import IdentityProviderEntry
from gateway.settings.models.schools import SchoolEntry
from gateway.settings.models.services import ServiceEntry
from gateway.settings.problems import Problem

PATH = "/logo"
_DIGITS = 20


@dataclass(frozen=True, slots=True)
class Logos:
    """Addresses by whose logo it is. `files` has where each lies and what it is, by the last part of its address."""

    schools: Mapping[Brin, str]
    idps: Mapping[IdpId, str]
    services: Mapping[ServiceId, str]
    files: Mapping[str, tuple[Path, str]]

    @classmethod
    def of(cls, settings: Settings) -> "Logos":
        """As configured. Raises ValueError for one that cannot be used: `check_logos` says it first.

        A school without one of its own has that of its identity provider, unless that is a hub.
        """
        files: dict[str, tuple[Path, str]] = {}
        kept = {id(one): _kept(settings, one, files) for one in _entries(settings) if one.value.logo}
        idps = {IdpId(one.value.id): kept[id(one)] for one in settings.identity_providers if id(one) in kept}
        by_idp = {
            one.value.schools[0]: idps.get(IdpId(one.value.id))
            for one in settings.identity_providers
            if len(one.value.schools) == 1
        }
        own = {one.value.brin: kept[id(one)] for one in settings.schools if id(one) in kept}
        return cls(
            schools={brin: logo for brin, logo in by_idp.items() if logo} | own,
            idps=idps,
            services={ServiceId(one.value.id): kept[id(one)] for one in settings.services if id(one) in kept},
            files=files,
        )

    def read(self, name: str) -> Image | None:
        """The image at an address that ends so. None for none, and for a file that was changed since it was checked."""
        known = self.files.get(name)
        if known is None:
            return None
        file, media_type = known
        try:
            with file.open("rb") as opened:
                content = opened.read(MAX_SMALL + 1)
        except OSError:
            return None
        return Image(content, media_type) if _name(content, media_type) == name else None


AnEntry = Entry[SchoolEntry] | Entry[IdentityProviderEntry] | Entry[ServiceEntry]


def check_logos(settings: Settings) -> Iterator[Problem]:
    """Those that cannot be read, are too large, are no image, or do more than be seen."""
    for entry in _entries(settings):
        if entry.value.logo is not None:
            try:
                read_image(_file(settings, entry), limit=MAX_SMALL)
            except ValueError as cause:
                yield Problem(entry.place("logo"), f"{entry.value.logo}: {cause}")


def _entries(settings: Settings) -> Iterator[AnEntry]:
    yield from settings.schools
    yield from settings.identity_providers
    yield from settings.services


def _file(settings: Settings, entry: AnEntry) -> Path:
    return (settings.directory / entry.document.file).parent / (entry.value.logo or "")


def _kept(settings: Settings, entry: AnEntry, files: dict[str, tuple[Path, str]]) -> str:
    file = _file(settings, entry)
    image = read_image(file, limit=MAX_SMALL)
    name = _name(image.content, image.media_type)
    files[name] = file, image.media_type
    return f"{PATH}/{name}"


def _name(content: bytes, media_type: str) -> str:
    return f"{sha256(content).hexdigest()[:_DIGITS]}.{SUFFIXES[media_type]}"
