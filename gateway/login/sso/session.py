"""A session of single sign-on: what further logins need of the one at the school, and nothing else."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from gateway.attributes import kept
from gateway.attributes.canonical import Reading
from gateway.attributes.values import Attributes
from gateway.domain.attribute import Attribute
from gateway.domain.kept_form import known, named, written
from gateway.domain.reduction import FROM_BIRTH_DATE
from gateway.federation.models import IdpId, Service
from gateway.login.messages import LoginRequest

WHERE = frozenset(
    {
        Attribute.SCHOOL,
        Attribute.SCHOOL_BRANCH,
        Attribute.SCHOOL_DOMAIN,
        Attribute.GROUP,
        Attribute.SUBGROUP,
    }
)
"""Which school, and whom in it an agreement covers."""


@dataclass(frozen=True, slots=True)
class Session:
    """`knows` are the attributes that were kept if the school sent them: a service that needs another is not served.

    `until`, and `used` (the last login that was written down), are in seconds since 1970, `idle` in seconds.
    """

    visit: str = field(repr=False)
    idp: IdpId
    reading: Reading
    knows: frozenset[Attribute]
    context: str
    instant: datetime
    authorities: tuple[str, ...]
    until: float
    idle: int
    used: float

    def dump(self) -> bytes:
        """As bytes, for `load`."""
        fields = {
            **named(self),
            "reading": kept.dump(self.reading).decode(),
            "knows": sorted(self.knows),
            "instant": self.instant.timestamp(),
        }
        return written(fields).encode()

    @classmethod
    def load(cls, raw: bytes) -> "Session":
        """The session of `dump`. Raises ValueError for what a gateway long before or after kept otherwise."""
        fields = known(cls, json.loads(raw))
        try:
            fields["reading"] = kept.load(fields["reading"].encode())
            fields["knows"] = frozenset(Attribute(one) for one in fields["knows"])
            fields["instant"] = datetime.fromtimestamp(fields["instant"], UTC)
            fields["authorities"] = tuple(fields["authorities"])
            return cls(**fields)
        except (KeyError, TypeError, AttributeError) as cause:
            raise ValueError("not a session as this gateway keeps it") from cause


def serves(session: Session, request: LoginRequest, service: Service) -> bool:
    """Whether this login can be answered from the session as far as the request and the service's entry go.

    Whether its assurance is enough is another question: a person can be asked for what is missing alone.
    """
    if request.force or request.choose or not service.sso:
        return False
    if request.fresh_since is not None and session.instant < request.fresh_since:
        return False
    if request.idps and session.idp not in request.idps:
        return False
    return needed_by((service,)) <= session.knows


def needed_by(services: Iterable[Service]) -> frozenset[Attribute]:
    """What decisions about these services may need of a person."""
    needed: set[Attribute] = {Attribute.ECK_ID, *WHERE}
    for service in services:
        needed |= service.asks
        if service.fallback.attribute is not None:
            needed.add(service.fallback.attribute)
    if needed & FROM_BIRTH_DATE.keys():
        needed.add(Attribute.BIRTH_DATE)
    return frozenset(needed)


def minimal(reading: Reading, needed: frozenset[Attribute]) -> Reading:
    """The reading with nothing but what is needed."""
    values = {name: sent for name, sent in reading.attributes.values.items() if name in needed}
    return replace(reading, attributes=Attributes(values), unknown=(), citizen_numbers=0, foreign=())
