"""What goes wrong at Nummervoorziening, in our words."""

from enum import StrEnum, auto


class Trouble(StrEnum):
    """What kind of failure it is, and so what may be done."""

    UNREACHABLE = auto()
    """Nobody answered, or not in time, or with a certificate that is not trusted. May be tried again later."""
    REFUSED = auto()
    """It answered that it will not: the request is wrong, or the school may not ask. Again makes no difference."""
    UNREADABLE = auto()
    """What came back is no answer of this service."""
    NOT_FINISHED = auto()
    """The batch is still being worked on: ask again later."""
    TOO_SOON = auto()
    """The batch was asked for a moment ago: ask again later."""
    RETRIEVED_BEFORE = auto()
    """The batch was fetched, and can be fetched once: what is not kept here is gone, and must be submitted anew."""
    REMOVED = auto()
    """The batch is kept no longer, and must be submitted anew."""
    DAILY_LIMIT = auto()
    """No more batches today."""


ASK_AGAIN = frozenset({Trouble.UNREACHABLE, Trouble.NOT_FINISHED, Trouble.TOO_SOON})
"""After these the same question may be asked again."""

_OF_ACTOR = {
    "NotFinishedException": Trouble.NOT_FINISHED,
    "TemporaryBlockedException": Trouble.TOO_SOON,
    "ContentAlreadyRetrievedException": Trouble.RETRIEVED_BEFORE,
    "ContentRemovedException": Trouble.REMOVED,
    "LimitDailyBatchSubmissionsExceededException": Trouble.DAILY_LIMIT,
}


class NummervoorzieningFailed(Exception):
    """It did not do what was asked. Quotes nothing of the question or the answer."""

    def __init__(self, trouble: Trouble, operation: str, why: str = "") -> None:
        super().__init__(f"{operation}: {trouble.value.replace('_', ' ')}{f' ({why})' if why else ''}")
        self.trouble = trouble


def of_fault(operation: str, actor: str | None) -> NummervoorzieningFailed:
    """A SOAP fault, by its faultactor. Its text is the service's, may say anything, and is kept nowhere."""
    named = (actor or "").rpartition(".")[2].rpartition("/")[2]
    known = _OF_ACTOR.get(named)
    why = "" if known or not named.isalnum() else named[:60]
    return NummervoorzieningFailed(known or Trouble.REFUSED, operation, why)
