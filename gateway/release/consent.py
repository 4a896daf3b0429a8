"""What somebody who comes with an identity of their own lets go to a service: the set of a decision, to the letter."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from gateway.domain.errors import ErrorCode, SluisError
from gateway.federation.models import ServiceId
from gateway.release import record
from gateway.storage.contracts import ConsentRow, Consents

if TYPE_CHECKING:
    from gateway.release.outcome import Outcome


class ConsentNeeded(SluisError):
    """Nobody let this set go to this service yet; `outcome` is what would go."""

    def __init__(self, outcome: "Outcome", service: ServiceId) -> None:
        super().__init__(ErrorCode.CONSENT_NEEDED, hint=str(service))
        self.outcome = outcome


def what_goes(outcome: "Outcome") -> str:
    """The set that a consent is about: what goes and how it is reduced, under which version of the attribute set.

    And of which school: what one school says of somebody is not what another one says. JSON without a value, the same
    text for the same set. Another set is another consent.
    """
    decision = outcome.decision
    going = {attribute: ruling for attribute, ruling in decision.rulings.items() if ruling.goes}
    content: Mapping[str, object] = {
        "attributes": json.loads(record.dump(going)),
        "attribute_set": decision.agreement.attribute_set,
        "school": str(outcome.school.brin),
    }
    return json.dumps(content, separators=(",", ":"), sort_keys=True)


def attributes_in(what: str) -> tuple[str, ...]:
    """The names of the attributes in a consent, in alphabetical order."""
    return tuple(sorted(json.loads(what)["attributes"]))


def check_consent(consents: Consents, account: str | None, service: ServiceId, outcome: "Outcome") -> None:
    """That this person let exactly this go; of nobody it is known without an account. Raises ConsentNeeded."""
    given = consents.find(account, service) if account is not None else None
    if given is None or given.what != what_goes(outcome):
        raise ConsentNeeded(outcome, service)


def given(account: str, service: ServiceId, what: str, now: datetime) -> ConsentRow:
    """A consent as it is kept."""
    return ConsentRow(account, service, what, now)
