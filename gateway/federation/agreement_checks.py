"""Whether agreements are of parties that there are, about something that there is."""

from collections.abc import Callable, Iterator
from datetime import date

from gateway.domain.brin import Brin
from gateway.domain.fallback import Fallback
from gateway.federation.hints import did_you_mean, school_hint
from gateway.settings.loader import Entry, Settings
from gateway.settings.models.agreements import AgreementEntry
from gateway.settings.problems import Problem, warning


def check_parties(settings: Settings) -> Iterator[Problem]:
    """Agreements are of known parties about sets that exist."""
    services = {entry.value.id: entry.value for entry in settings.services}
    brins = {entry.value.brin for entry in settings.schools}
    boards = {entry.value.board for entry in settings.schools if entry.value.board is not None}
    for entry in settings.agreements:
        agreement = entry.value
        service = services.get(agreement.service)
        if service is not None and agreement.attribute_set not in service.attribute_sets:
            have = ", ".join(map(str, sorted(service.attribute_sets)))
            what = f"{service.id} has no attribute set {agreement.attribute_set}"
            yield Problem(entry.place("attribute_set"), what, f"it has {have}")
        if service is None and agreement.service not in settings.unread:
            what = f"no service has the id {agreement.service}"
            yield Problem(entry.place("service"), what, did_you_mean(agreement.service, services) or "add it")
        for index, brin in enumerate(agreement.schools):
            if brin not in brins and str(brin) not in settings.unread:
                what = f"no school has the BRIN {brin}"
                yield Problem(entry.place("schools", index), what, school_hint(brin, brins))
        for index, board in enumerate(agreement.boards):
            if board not in boards and board not in settings.unread:
                close = did_you_mean(board, boards)
                what = f"no school has the board {board}"
                yield Problem(entry.place("boards", index), what, close or "name it in schools/, with `board`")


def check_overlaps(settings: Settings) -> Iterator[Problem]:
    """Two agreements of one school about one service at one time: the one that began last counts."""
    seen: dict[tuple[str, str], list[Entry[AgreementEntry]]] = {}
    for entry in settings.agreements:
        for whose in dict.fromkeys((*map(str, entry.value.schools), *entry.value.boards)):
            others = seen.setdefault((entry.value.service, whose), [])
            for other in others:
                if _overlap(entry.value, other.value):
                    what = f"{whose} has another agreement with {entry.value.service} at this time, at {other.place()}"
                    yield warning(entry.place("from"), what, "the one that began last counts")
            others.append(entry)


def check_fallbacks(settings: Settings) -> Iterator[Problem]:
    """Agreements under which a learner without ECK iD comes with something else than the service wishes."""
    wishes = {entry.value.id: entry.value.fallback for entry in settings.services}
    for entry in settings.agreements:
        allowed = entry.value.fallback
        wish = wishes.get(entry.value.service, Fallback.NONE)
        if wish in (Fallback.NONE, allowed):
            continue
        if allowed is Fallback.NONE:
            instead = "a learner without ECK iD cannot log in there"
        elif wish is Fallback.PROVISIONAL:
            continue
        else:
            instead = f"a learner without ECK iD gets the {Fallback.PROVISIONAL} one"
        what = f"{entry.value.service} wishes the fallback {wish}, this agreement allows {allowed}"
        yield warning(entry.place("fallback"), what, instead)


def check_limits(settings: Settings) -> Iterator[Problem]:
    """Branches are of schools that the agreement is of; what is suspended is said, lest it be forgotten."""
    of_board: dict[str | None, set[Brin]] = {}
    for school in settings.schools:
        of_board.setdefault(school.value.board, set()).add(school.value.brin.main)
    for entry in settings.agreements:
        agreement = entry.value
        own: set[Brin] = set()
        if agreement.branches:
            of_schools = {brin.main for brin in agreement.schools}
            own = of_schools.union(*(of_board.get(board, ()) for board in agreement.boards))
        for index, brin in enumerate(agreement.branches):
            if brin.main not in own and not settings.unread:
                what = f"{brin} is no branch of a school of this agreement"
                yield Problem(entry.place("branches", index), what, school_hint(brin, own))
        if agreement.suspended is not None:
            yield warning(entry.place("suspended"), f"{agreement.reference} is suspended: {agreement.suspended}")


AGREEMENT_CHECKS: tuple[Callable[[Settings], Iterator[Problem]], ...] = (
    check_parties,
    check_overlaps,
    check_fallbacks,
    check_limits,
)


def _overlap(one: AgreementEntry, other: AgreementEntry) -> bool:
    ends = min(one.valid_until or date.max, other.valid_until or date.max)
    return max(one.valid_from, other.valid_from) <= ends
