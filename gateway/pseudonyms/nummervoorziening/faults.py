"""What goes wrong at Nummervoorziening, in our words."""

from enum import StrEnum, auto


class Trouble(StrEnum):
    """What kind of failure it is, and so what may be done."""

    UNREACHABLE = auto()
    """No connection came about, so it heard nothing. May be tried again later."""
    CERTIFICATE = auto()
    """Its certificate, or the gateway's, is not trusted. It heard nothing; somebody has to mend that."""
    NO_ANSWER = auto()
    """A connection came about, and no whole answer in time: nobody knows whether it did what was asked."""
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


HEARD_NOTHING = frozenset({Trouble.UNREACHABLE, Trouble.CERTIFICATE})
"""After these whatever was asked may be asked again: it did nothing."""

WORDS = {
    Trouble.UNREACHABLE: "Nummervoorziening cannot be reached; it is asked again. The operator looks at the network",
    Trouble.CERTIFICATE: "a certificate is not trusted; it is asked again. The operator looks at `certificate`, its "
    "end and its OIN, and at `authorities`",
    Trouble.NO_ANSWER: "Nummervoorziening did not answer in time",
    Trouble.REFUSED: "Nummervoorziening refuses. The operator looks at chain, sector and the school's `oin`, and the "
    "school whether its board has signed up",
    Trouble.UNREADABLE: "what came back is no answer of Nummervoorziening. The operator looks at `url`",
    Trouble.NOT_FINISHED: "Nummervoorziening is still at work on it",
    Trouble.TOO_SOON: "Nummervoorziening wants to be asked later",
    Trouble.RETRIEVED_BEFORE: "its answer was fetched before and did not arrive; it must be submitted anew",
    Trouble.REMOVED: "Nummervoorziening keeps it no longer; it must be submitted anew",
    Trouble.DAILY_LIMIT: "Nummervoorziening takes no more batches today; it is submitted tomorrow",
}
"""What is the matter, and who can mend it."""

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
