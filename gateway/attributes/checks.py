"""Whether what the services ask can travel at all: from a school's dialect, to the service's."""

from collections.abc import Iterator

from gateway.attributes.dialects import dialect
from gateway.domain.attribute import IDENTIFIERS, Attribute
from gateway.domain.fallback import Fallback
from gateway.domain.user_held import DIALECTS
from gateway.settings.loader import Settings
from gateway.settings.problems import Problem, warning

_BY_BRIN = frozenset({Attribute.SCHOOL, Attribute.SCHOOL_BRANCH})


def check_dialects(settings: Settings) -> list[Problem]:
    """Everything that a dialect has no name for."""
    return [*_sets(settings), *_fallbacks(settings), *_schools(settings)]


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
