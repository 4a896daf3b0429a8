"""A logout under way in a browser: whom it is still to be sent to, and what became of each.

The plan is written once. What happened is one mark for each party, set once, so that reloads, tabs and late answers
change nothing that was said before.
"""

import json
from dataclasses import asdict, dataclass

from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.kept_form import known, written
from gateway.domain.randomness import Randomness
from gateway.federation.models import ServiceId
from gateway.login.sso.parties import Initiator, Kind, Target
from gateway.login.sso.registry import Given
from gateway.login.steps import Ending
from gateway.storage.contracts import ShortLivedStore

SECONDS = 600
_MAX_ID = 100


@dataclass(frozen=True, slots=True)
class Plan:
    """`settled` are parties whose ending is known already; `begun` is in seconds since 1970.

    `frames` are what the last page loads.
    """

    id: str
    browser: str
    begun: float
    initiator: Initiator
    settled: tuple[tuple[Kind, str, Ending], ...]
    targets: tuple[Target, ...]
    shared: bool
    frames: tuple[str, ...] = ()


class Leaving:
    """Keeps plans, and what became of them."""

    def __init__(self, *, store: ShortLivedStore, randomness: Randomness) -> None:
        self._store = store
        self._randomness = randomness

    def keep(self, plan: Plan) -> None:
        """Keep a plan for ten minutes."""
        self._store.put(f"leaving:{plan.id}", written(asdict(plan)).encode(), seconds=SECONDS)
        for index, target in enumerate(plan.targets):
            value = written((plan.id, index)).encode()
            self._store.put(f"leaving-request:{target.request}", value, seconds=SECONDS)

    def find(self, plan: str) -> Plan:
        """The plan. Raises SluisError LOGIN_UNKNOWN."""
        kept = self._store.get(f"leaving:{plan}") if plan.isascii() and len(plan) < _MAX_ID else None
        if kept is None:
            raise SluisError(ErrorCode.LOGIN_UNKNOWN)
        return _plan(json.loads(kept))

    def expected(self, request: str) -> tuple[Plan, int]:
        """The plan and the target of a message that was sent. Raises SluisError LOGOUT_UNEXPECTED."""
        known = request.isascii() and len(request) < _MAX_ID
        kept = self._store.get(f"leaving-request:{request}") if known else None
        if kept is None:
            raise SluisError(ErrorCode.LOGOUT_UNEXPECTED)
        plan, index, *_ = json.loads(kept)
        return self.find(plan), index

    def close(self, plan: Plan) -> bool:
        """Whether this is the first time that the whole is told."""
        return self._store.add(f"leaving-told:{plan.id}", b"1", seconds=SECONDS)

    def go(self, plan: Plan, index: int) -> bool:
        """Whether the browser was not sent there before."""
        return self._store.add(f"leaving-sent:{plan.id}:{index}", b"1", seconds=SECONDS)

    def settle(self, plan: Plan, index: int, ending: Ending) -> None:
        """Set down what became of a target; what was set down before stands."""
        self._store.add(f"leaving-ending:{plan.id}:{index}", ending.encode(), seconds=SECONDS)

    def ending(self, plan: Plan, index: int) -> Ending | None:
        """What became of a target, if that is known."""
        kept = self._store.get(f"leaving-ending:{plan.id}:{index}")
        return Ending(kept.decode()) if kept is not None else None


def _plan(fields: dict[str, object]) -> Plan:
    kept: dict = fields  # type: ignore[type-arg]
    return Plan(
        id=kept["id"],
        browser=kept["browser"],
        begun=kept["begun"],
        initiator=Initiator(**{**known(Initiator, kept["initiator"]), "kind": Kind(kept["initiator"]["kind"])}),
        settled=tuple((Kind(kind), party, Ending(ending)) for kind, party, ending in kept["settled"]),
        targets=tuple(
            Target(
                Kind(one["kind"]),
                one["id"],
                one["request"],
                tuple(_given(given) for given in one["given"]),
                one["visit"],
            )
            for one in kept["targets"]
        ),
        shared=kept["shared"],
        frames=tuple(kept["frames"]),
    )


def _given(fields: dict[str, str]) -> Given:
    return Given(ServiceId(fields["service"]), fields["session"], fields["name"])
