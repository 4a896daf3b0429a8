"""Whether what the services ask can travel at all: from a school's dialect, to the service's."""

from collections.abc import Iterator

from gateway.attributes.dialects import dialect
from gateway.domain.attribute import IDENTIFIERS, Attribute
from gateway.domain.brin import Brin
from gateway.domain.fallback import Fallback
from gateway.domain.user_held import DIALECTS
from gateway.settings.loader import Settings
from gateway.settings.problems import Problem, warning

_BY_BRIN = frozenset({Attribute.SCHOOL, Attribute.SCHOOL_BRANCH})


def check_dialects(settings: Settings) -> list[Problem]:
    """Everything that a dialect has no name for."""
    return [*_sets(settings), *_agreed(settings), *_fallbacks(settings), *_schools(settings)]


def _sets(settings: Settings) -> Iterator[Problem]:
    spoken, delivered = _delivered(settings)
    for entry in settings.services:
        carried = dialect(entry.value.dialect).carries
        for version, named in entry.value.attribute_sets.items():
            for attribute in named:
                if attribute in IDENTIFIERS or (attribute in carried and (not spoken or attribute in delivered)):
                    continue
                place = entry.place("attribute_sets", version, attribute.value)
                if attribute not in carried:
                    what = f"the dialect {entry.value.dialect} has no name for {attribute}"
                    yield Problem(place, what, "take it out of the set, or give the service another dialect")
                else:
                    what = f"no identity provider can send {attribute}: their dialects are {', '.join(spoken)}"
                    yield Problem(place, what, "take it out of the set")


def _agreed(settings: Settings) -> Iterator[Problem]:
    """What others in the federation could send, but none of the schools that accepted the set."""
    _, delivered = _delivered(settings)
    spoken_for = _accepting(settings)
    for entry in settings.services:
        for version, named in entry.value.attribute_sets.items():
            spoken = sorted(spoken_for.get((entry.value.id, version), ()))
            sendable = frozenset[Attribute]().union(*(dialect(name).delivers for name in spoken))
            for attribute in named:
                if spoken and attribute in delivered - sendable - IDENTIFIERS:
                    what = (
                        f"no identity provider of the schools that accepted set {version} can send {attribute}: "
                        f"their dialects are {', '.join(spoken)}"
                    )
                    place = entry.place("attribute_sets", version, attribute.value)
                    yield warning(place, what, "it never goes; take it out of the set, or ask the schools for it")


def _accepting(settings: Settings) -> dict[tuple[str, int], set[str]]:
    """The dialects of the schools that accepted each set of each service."""
    dialects: dict[Brin, set[str]] = {}
    for idp in settings.identity_providers:
        for brin in idp.value.schools:
            dialects.setdefault(brin, set()).add(idp.value.dialect)
    of_board: dict[str, set[str]] = {}
    for school in settings.schools:
        if school.value.board is not None:
            of_board.setdefault(school.value.board, set()).update(dialects.get(school.value.brin, ()))
    found: dict[tuple[str, int], set[str]] = {}
    for entry in settings.agreements:
        accepting = found.setdefault((entry.value.service, entry.value.attribute_set), set())
        accepting.update(*(dialects.get(brin, ()) for brin in entry.value.schools))
        accepting.update(*(of_board.get(board, ()) for board in entry.value.boards))
    return found


def _fallbacks(settings: Settings) -> Iterator[Problem]:
    spoken, delivered = _delivered(settings)
    for entry in settings.services:
        fallback = entry.value.fallback
        attribute = fallback.attribute
        if attribute is None:
            continue
        if attribute not in dialect(entry.value.dialect).carries:
            what = f"the dialect {entry.value.dialect} has no name for {fallback}"
            yield Problem(entry.place("fallback"), what, "choose another fallback, or give the service another dialect")
        elif fallback is not Fallback.PROVISIONAL and spoken and attribute not in delivered:
            what = f"no identity provider can send {fallback}: their dialects are {', '.join(spoken)}"
            yield warning(entry.place("fallback"), what, "a learner without ECK iD cannot log in")


def _schools(settings: Settings) -> Iterator[Problem]:
    with_domain = {entry.value.brin for entry in settings.schools if entry.value.domains}
    without = {entry.value.brin for entry in settings.schools} - with_domain
    for entry in settings.identity_providers:
        if entry.value.dialect in DIALECTS or _BY_BRIN.intersection(dialect(entry.value.dialect).incoming.values()):
            continue
        for index, brin in enumerate(entry.value.schools):
            if brin in without:
                what = f"the dialect {entry.value.dialect} names a school by its domain, and {brin} has none"
                yield warning(entry.place("schools", index), what, "name its `domains` in schools/")


def _delivered(settings: Settings) -> tuple[list[str], frozenset[Attribute]]:
    """The dialects that the identity providers speak, and what can come in them."""
    spoken: list[str] = sorted({entry.value.dialect for entry in settings.identity_providers} - DIALECTS)
    return spoken, frozenset[Attribute]().union(*(dialect(name).delivers for name in spoken))
