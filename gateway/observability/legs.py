"""The leg of a login that a request is, and the steps in it: kept while it is answered, for whoever traces logins.

Where nobody does there is no leg, and whoever has something to tell of it finds none. Nothing of a person can be told:
names of steps are the code's own, and the rest are the words that metrics have as labels.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from gateway.domain.errors import SluisError
from gateway.observability import reference

THE_LEG = -1
"""What a step is within that is within no other."""


class StepName(StrEnum):
    """What a login waits for, beside its stores, whose calls are named as in the metrics: `short_lived get`."""

    REQUEST = "request to identity provider"
    VERIFICATION = "verification of response"
    PROVIDER = "discovery document of identity provider"
    KEYS = "key set of identity provider"
    TOKEN = "token request"  # noqa: S105 - what is done
    USERINFO = "userinfo request"
    ATTRIBUTE_API = "attribute api of school"
    NUMMERVOORZIENING = "nummervoorziening"
    DECISION = "release decision"
    ANSWER = "answer to service"
    REFUSAL = "refusal to service"


@dataclass(slots=True)
class Timed:
    """A step: moments on a clock that only goes forward; the number of the step that it is within.

    `code` is of the SluisError that ended it, `error` the kind of any other exception; `failed`, where it ought to have
    worked: that a login is refused is as it should be.
    """

    name: str
    within: int
    since: float
    until: float = 0.0
    service: str = ""
    idp: str = ""
    code: str = ""
    error: str = ""
    failed: bool = False


@dataclass(slots=True)
class Leg:
    """A request while it is answered. `first` is the reference that it came with, before it was known whose it is."""

    moment: datetime
    tick: Callable[[], float]
    first: str
    since: float
    until: float = 0.0
    reference: str = ""
    told: dict[str, str] = field(default_factory=dict)
    steps: list[Timed] = field(default_factory=list)
    within: int = THE_LEG

    @property
    def begins_login(self) -> bool:
        """Whether no leg of the login came before."""
        return self.reference == self.first

    @property
    def is_of_login(self) -> bool:
        """Whether it is of one at all: pages, keys and health are of none."""
        return bool(self.told) or not self.begins_login


_leg: ContextVar[Leg | None] = ContextVar("leg", default=None)
_NOTHING = nullcontext()
_FAILED = 500


def begin(moment: datetime, tick: Callable[[], float]) -> None:
    """A request is being answered from now on, in this thread; `tick` is the clock of the durations."""
    _leg.set(Leg(moment, tick, reference.current(), tick()))


def end() -> Leg | None:
    """It has its answer: what there is to say of it; None where none was begun."""
    leg = _leg.get()
    if leg is not None:
        _leg.set(None)
        leg.until, leg.reference = leg.tick(), reference.current()
    return leg


def told(*, service: str = "", idp: str = "", outcome: str = "", code: str = "") -> None:
    """The login that is being answered is of these; what is empty says nothing."""
    leg = _leg.get()
    if leg is not None:
        facts = {"service": service, "idp": idp, "outcome": outcome, "code": code}
        leg.told |= {name: str(value) for name, value in facts.items() if value}


def took(name: str, since: float, until: float) -> None:
    """A call of a store that was measured."""
    leg = _leg.get()
    if leg is not None:
        leg.steps.append(Timed(name, leg.within, since, until))


def step(name: StepName, *, service: str = "", idp: str = "") -> AbstractContextManager[None]:
    """What happens within it is this step of the leg."""
    leg = _leg.get()
    return _NOTHING if leg is None else _Step(leg, Timed(name.value, leg.within, 0.0, service=service, idp=idp))


class _Step(AbstractContextManager[None]):
    __slots__ = ("_leg", "_timed")

    def __init__(self, leg: Leg, timed: Timed) -> None:
        self._leg = leg
        self._timed = timed

    def __enter__(self) -> None:
        leg = self._leg
        leg.within = len(leg.steps)
        leg.steps.append(self._timed)
        self._timed.since = leg.tick()

    def __exit__(self, _type: object, error: BaseException | None, _trace: object) -> None:
        leg, timed = self._leg, self._timed
        timed.until, leg.within = leg.tick(), timed.within
        # Texts of exceptions may hold anything.
        if isinstance(error, SluisError):
            timed.code, timed.failed = error.code.value, error.kind.http_status >= _FAILED
        elif error is not None:
            timed.error, timed.failed = type(error).__name__, True
