"""Whether logins with eduID can work at all: whom its identifiers are aimed at, and who may use them."""

from collections.abc import Iterator

from gateway.domain.link import LinkKind
from gateway.domain.protocol import Protocol
from gateway.domain.user_held import DIALECTS, UserHeld
from gateway.settings.loader import Entry, Settings
from gateway.settings.models.identity_providers import IdentityProviderEntry
from gateway.settings.problems import Problem, warning


def user_held_problems(settings: Settings) -> Iterator[Problem]:
    """Everything that keeps such logins from working, or sends them astray."""
    schools = {entry.value.brin: entry.value for entry in settings.schools}
    held = [entry for entry in settings.identity_providers if entry.value.dialect in DIALECTS]
    for entry in held:
        yield from _aim(settings, entry)
    at = {brin for entry in held for brin in entry.value.schools}
    for agreement in settings.agreements:
        value = agreement.value
        if value.user_held is UserHeld.FORBIDDEN or settings.unread:
            continue
        of_boards = {brin for brin, school in schools.items() if school.board in value.boards}
        if not at.intersection((*value.schools, *of_boards)):
            what = "no identity provider of eduID is there for a school of this agreement"
            yield warning(agreement.place("user_held"), what, "add one, or leave user_held out")


def link_problems(settings: Settings) -> Iterator[Problem]:
    """Links that can never be of use: who changed sector has two ECK iDs, and the service may see one of them."""
    sectors = {entry.value.id: {one.eck for one in entry.value.sectors} for entry in settings.services}
    for agreement in settings.agreements:
        value = agreement.value
        if LinkKind.TRANSITION in value.links and len(sectors.get(value.service, ())) == 1:
            what = f"{value.service} is registered for one sector: it knows no pupil by an ECK iD of another"
            yield warning(agreement.place("links"), what, "leave transition out, or register the service for both")


def _aim(settings: Settings, entry: Entry[IdentityProviderEntry]) -> Iterator[Problem]:
    """An eduID that is aimed at another institution than the school's is one that the school does not know."""
    schools = {one.value.brin: one.value for one in settings.schools}
    value = entry.value
    known = [schools[brin] for brin in value.schools if brin in schools]
    if value.protocol is Protocol.SAML:
        for school in known:
            if school.eduid.requester_id is None:
                what = f"{school.brin} has no `eduid.requester_id`: eduID would aim its identifier at somebody else"
                yield Problem(entry.place("schools"), what, "name the school's entity id in schools/")
    elif len({school.brin.main for school in known}) > 1 and any(school.eduid.attribute_api for school in known):
        what = "eduID aims its identifier at the client, and this one is of several institutions"
        yield Problem(entry.place("schools"), what, "give each institution an entry with a client_id of its own")
