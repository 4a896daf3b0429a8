"""Whether levels of assurance fit together: each is known, each word means one, and what is needed can be reached."""

from collections.abc import Iterator, Sequence

from gateway.settings.loader import Entry, Settings
from gateway.settings.models.identity_providers import IdentityProviderEntry
from gateway.settings.models.services import ServiceEntry
from gateway.settings.problems import Problem, warning


def check_assurance(settings: Settings) -> Iterator[Problem]:
    """Of the whole configuration."""
    levels = [level.id for level in settings.gateway.assurance]
    yield from _doubles(settings)
    for idp in settings.identity_providers:
        yield from _of_idp(idp, levels)
    for service in settings.services:
        yield from _of_service(service, levels, settings)


def _doubles(settings: Settings) -> Iterator[Problem]:
    for key in ("id", "context"):
        seen: set[str] = set()
        for number, level in enumerate(settings.gateway.assurance):
            value = getattr(level, key)
            if value in seen:
                place = settings.gateway_document.place(("assurance", number, key))
                yield Problem(place, f"two levels have the {key} {value}", "each has its own")
            seen.add(value)


def _of_idp(entry: Entry[IdentityProviderEntry], levels: Sequence[str]) -> Iterator[Problem]:
    value, seen = entry.value, set[str]()
    for level, words in value.assurance.items():
        if level not in levels:
            yield _unknown(entry, level, levels, "assurance", level)
        for word in words:
            if word in seen:
                yield Problem(entry.place("assurance", level), f"{word} stands twice", "a word means one level")
            seen.add(word)
    if value.assurance_otherwise is not None and value.assurance_otherwise not in levels:
        yield _unknown(entry, value.assurance_otherwise, levels, "assurance_otherwise")


def _of_service(entry: Entry[ServiceEntry], levels: Sequence[str], settings: Settings) -> Iterator[Problem]:
    value = entry.value
    named: list[tuple[tuple[str, ...], str | None]] = [(("minimum_assurance",), value.minimum_assurance)]
    named += [(("minimum_assurance_of", role), level) for role, level in value.minimum_assurance_of.items()]
    for path, level in named:
        if level is None:
            continue
        if level not in levels:
            yield _unknown(entry, level, levels, *path)
        elif not settings.unread and not any(_reaches(one.value, level, levels) for one in settings.identity_providers):
            what = f"no identity provider says {level} or a stronger level: nobody can log in for it"
            yield warning(entry.place(*path), what, "name the words that say so in `assurance` of its entry")


def _reaches(value: IdentityProviderEntry, level: str, levels: Sequence[str]) -> bool:
    said = {*value.assurance, value.assurance_otherwise}
    return any(one in said for one in levels[levels.index(level) :])


def _unknown(
    entry: Entry[IdentityProviderEntry] | Entry[ServiceEntry], level: str, levels: Sequence[str], *path: str
) -> Problem:
    known = ", ".join(levels) or "none"
    return Problem(entry.place(*path), f"{level} is no level of `assurance` in gateway.yaml", f"there are: {known}")
