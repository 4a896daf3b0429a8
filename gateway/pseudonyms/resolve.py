"""Which one identifier a service sees (law 2, design 5)."""

from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime

from gateway.attributes.values import Attributes
from gateway.domain.attribute import Attribute
from gateway.domain.eck_id import EckId
from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.fallback import Fallback
from gateway.domain.key_ring import Ring
from gateway.domain.sector import Sector
from gateway.federation.models import Agreement, Service
from gateway.pseudonyms.derivation import anchor_of_account, anchor_of_eck_id, pairwise
from gateway.pseudonyms.subject import Subject, SubjectKind
from gateway.storage.contracts import SubjectRow, Subjects
from gateway.storage.sealing import SecretKey


@dataclass(frozen=True, slots=True, repr=False, kw_only=True)
class Learner:
    """Who logs in, as far as identifiers go. `account` is the hash of the local account.

    `replaced` are ECK iDs that the school's administration says this one took the place of, the first one first;
    `lost` is the keyed hash of the ECK iD that the account was seen with last, of one that has none any more.
    """

    account: str
    eck_id: EckId | None
    attributes: Attributes
    replaced: tuple[str, ...] = ()
    lost: str | None = None


class SubjectResolver:
    """Resolves learners to subjects.

    From a local account the active pseudonym key derives, and which one did is kept. Of an ECK iD nothing is kept, so
    it is always the oldest key that derives: a learner is known by the same identifier after a change of keys.

    An ECK iD that goes and comes back brings back the identifier from before it went. Meanwhile a service sees somebody
    else: the account may be somebody else's by then. `mark` is the keyed hash of an ECK iD.
    """

    def __init__(self, *, keys: Ring[SecretKey], subjects: Subjects, mark: Callable[[str], str]) -> None:
        self._keys = {key.id: key for key in keys.all}
        self._active = keys.active
        self._oldest = keys.first
        self._subjects = subjects
        self._mark = mark

    def resolve(
        self,
        learner: Learner,
        service: Service,
        agreement: Agreement,
        *,
        permitted: AbstractSet[Attribute],
        now: datetime,
    ) -> Subject:
        """The subject of this learner at this service; `permitted` are the identifiers that the policy lets go.

        Raises SluisError ECK_ID_REQUIRED, as `kind_of_identifier` does, or FALLBACK_MISSING.
        """
        sector = learner.eck_id.sector if learner.eck_id else None
        kind = kind_of_identifier(service, agreement, sector=sector, permitted=permitted)
        if learner.eck_id is not None and kind is SubjectKind.ECK_ID:
            return self._by_eck_id(learner, learner.eck_id, service)
        return self._by_account(learner, kind, service, now)

    def known_before(self, account: str, service: Service) -> str | None:
        """The pairwise identifier that this account got at this service when it had no ECK iD; None: it got none."""
        kept = self._subjects.find(account, service.pairwise_scope)
        return self._of_account(kept.anchor or account, service, kept) if kept else None

    def since_lost(self, account: str, service: Service) -> str | None:
        """The keyed hash of the ECK iD that was gone when this account got a pairwise identifier at this service."""
        kept = self._subjects.find(account, service.pairwise_scope)
        return kept.after if kept else None

    def mark(self, eck_id: str) -> str:
        """The keyed hash of an ECK iD."""
        return self._mark(eck_id)

    def _by_eck_id(self, learner: Learner, eck_id: EckId, service: Service) -> Subject:
        first = replace(eck_id, value=learner.replaced[0]) if learner.replaced else eck_id
        kept = self._subjects.find(learner.account, service.pairwise_scope) if service.knows_by_pairwise else None
        if kept is not None and not self._is_back(kept, (eck_id.value, *learner.replaced)):
            known_as = self._of_account(kept.anchor or learner.account, service, kept)
        else:
            known_as = pairwise(self._oldest, service.pairwise_scope, anchor_of_eck_id(first))
        return Subject(SubjectKind.ECK_ID, eck_id.value, known_as)

    def _by_account(self, learner: Learner, kind: SubjectKind, service: Service, now: datetime) -> Subject:
        own = () if kind is SubjectKind.PROVISIONAL else learner.attributes.all(kind.attribute)
        if kind is not SubjectKind.PROVISIONAL and len(own) != 1:
            hint = f"the agreement names {kind}; the identity provider sent {len(own)} values"
            raise SluisError(ErrorCode.FALLBACK_MISSING, hint=hint)
        row = SubjectRow(learner.account, service.pairwise_scope, self._active.id, now, after=learner.lost)
        if kind is SubjectKind.PROVISIONAL or service.knows_by_pairwise:
            row = self._subjects.find(learner.account, service.pairwise_scope) or self._subjects.keep(row)
        known_as = self._of_account(row.anchor or learner.account, service, row)
        return Subject(kind, own[0] if own else known_as, known_as)

    def _is_back(self, kept: SubjectRow, eck_ids: Iterable[str]) -> bool:
        """Whether one of these is the ECK iD that was gone when this was kept."""
        return kept.after is not None and any(self._mark(one) == kept.after for one in eck_ids)

    def _of_account(self, account: str, service: Service, row: SubjectRow) -> str:
        key = self._keys.get(row.key_id)
        if key is None:
            raise SluisError(ErrorCode.INTERNAL, cause=f"pseudonym key {row.key_id} is gone, and a subject needs it")
        return pairwise(key, service.pairwise_scope, anchor_of_account(account))


def kind_of_identifier(
    service: Service, agreement: Agreement, *, sector: Sector | None, permitted: AbstractSet[Attribute]
) -> SubjectKind:
    """What kind of identifier a service sees of a learner with an ECK iD of this sector; None: of one without.

    The ECK iD, if the service is registered for its sector; else the fallback, never another sector's ECK iD. A
    school's own identifier is only for a learner without ECK iD (law 4): who has one, of a sector that this service
    may not see, or of a role whose ECK iD the policy stops, gets the provisional one.
    Raises SluisError ECK_ID_REQUIRED when no identifier may go.
    """
    if sector is not None and is_registered(service, sector) and Attribute.ECK_ID in permitted:
        return SubjectKind.ECK_ID
    fallback = allowed_fallback(service, agreement)
    if fallback is Fallback.NONE:
        raise SluisError(ErrorCode.ECK_ID_REQUIRED, hint=f"agreement {agreement.reference}, service {service.id}")
    kind = SubjectKind(fallback.value)
    if sector is not None or kind.attribute not in permitted:
        kind = SubjectKind.PROVISIONAL
    if kind.attribute not in permitted:
        raise SluisError(ErrorCode.ECK_ID_REQUIRED, hint="the policy lets no other identifier go of this role")
    return kind


def allowed_fallback(service: Service, agreement: Agreement) -> Fallback:
    """What a service sees of a learner without ECK iD: its wish if the agreement allows exactly that.

    Where they differ it is the provisional identifier, which says nothing of the learner; with an agreement that
    allows none, or a service that wants none, it is none.
    """
    if Fallback.NONE in (service.fallback, agreement.fallback):
        return Fallback.NONE
    return service.fallback if service.fallback is agreement.fallback else Fallback.PROVISIONAL


def is_registered(service: Service, sector: Sector) -> bool:
    """Whether the service may see the ECK iDs of this sector."""
    return any(registered.eck is sector.eck for registered in service.sectors)
