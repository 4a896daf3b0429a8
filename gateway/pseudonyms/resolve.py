"""Which one identifier a service sees (law 2, design 5)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.attributes.values import Attributes
from gateway.domain.eck_id import EckId
from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.fallback import Fallback
from gateway.domain.sector import Sector
from gateway.federation.models import Agreement, NameIdFormat, Service
from gateway.pseudonyms.derivation import anchor_of_account, anchor_of_eck_id, ledger_hash, pairwise
from gateway.pseudonyms.subject import Subject, SubjectKind
from gateway.storage.contracts import SubjectRow, Subjects
from gateway.storage.sealing import SecretKey


@dataclass(frozen=True, slots=True, repr=False, kw_only=True)
class Learner:
    """Who logs in, as far as identifiers go. `account` is the hash of the local account."""

    account: str
    eck_id: EckId | None
    attributes: Attributes


class SubjectResolver:
    """Resolves learners to subjects. The first pseudonym key derives; all stay valid by their id."""

    def __init__(self, *, keys: Sequence[SecretKey], subjects: Subjects) -> None:
        self._keys = {key.id: key for key in keys}
        self._active = keys[0]
        self._subjects = subjects

    def resolve(self, learner: Learner, service: Service, agreement: Agreement, now: datetime) -> Subject:
        """The subject of this learner at this service.

        The ECK iD, if the service is registered for its sector; else the fallback of the agreement, never another
        sector's ECK iD. Raises SluisError ECK_ID_REQUIRED or FALLBACK_MISSING.
        """
        eck_id = learner.eck_id if learner.eck_id and is_registered(service, learner.eck_id.sector) else None
        if eck_id is None:
            return self._fallback(learner, service, agreement, now)
        anchor = anchor_of_eck_id(eck_id)
        kept = self._subjects.find(learner.account, service.id) if _remembers(service) else None
        known_as = self._of_account(learner, service, kept) if kept else pairwise(self._active, service.id, anchor)
        return Subject(SubjectKind.ECK_ID, eck_id.value, known_as, ledger_hash(self._active, anchor))

    def _fallback(self, learner: Learner, service: Service, agreement: Agreement, now: datetime) -> Subject:
        fallback = allowed_fallback(service, agreement)
        if fallback is Fallback.NONE:
            raise SluisError(ErrorCode.ECK_ID_REQUIRED, hint=agreement.reference)
        row = SubjectRow(learner.account, service.id, self._active.id, now)
        if fallback is Fallback.PROVISIONAL or _remembers(service):
            row = self._subjects.keep(row)
        known_as = self._of_account(learner, service, row)
        hashed = ledger_hash(self._active, anchor_of_account(learner.account))
        if fallback is Fallback.PROVISIONAL:
            return Subject(SubjectKind.PROVISIONAL, known_as, known_as, hashed)
        kind = SubjectKind(fallback.value)
        own = learner.attributes.one(kind.attribute)
        if own is None:
            raise SluisError(ErrorCode.FALLBACK_MISSING, hint=f"the agreement names {fallback}, the school sent none")
        return Subject(kind, own, known_as, hashed)

    def _of_account(self, learner: Learner, service: Service, row: SubjectRow) -> str:
        key = self._keys.get(row.key_id)
        if key is None:
            raise SluisError(ErrorCode.INTERNAL, cause=f"pseudonym key {row.key_id} is gone, and a subject needs it")
        return pairwise(key, service.id, anchor_of_account(learner.account))


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
    return any(registered.eck is sector for registered in service.sectors)


def _remembers(service: Service) -> bool:
    """Whether the service knows its learners by something that must outlive the coming of an ECK iD."""
    return service.name_id is NameIdFormat.PERSISTENT
