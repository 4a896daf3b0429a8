"""Whether what the register of processing is told is about parties that there are."""

from collections.abc import Iterator

from gateway.federation.hints import did_you_mean
from gateway.settings.loader import Settings
from gateway.settings.problems import Problem


def check_controllers(settings: Settings) -> Iterator[Problem]:
    """Controllers are boards of schools, and schools that have no board."""
    schools = [entry.value for entry in settings.schools]
    boards = {school.board for school in schools if school.board is not None}
    alone = {str(school.brin) for school in schools if school.board is None}
    for named in settings.gateway.processing.controllers:
        if named not in boards | alone and named not in settings.unread:
            place = settings.gateway_document.place(("processing", "controllers", named))
            what = f"{named} is neither a board nor a school without one"
            yield Problem(place, what, did_you_mean(named, boards | alone) or "name it as `board` in schools/ does")
