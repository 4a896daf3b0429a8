"""The ledger's rows of a release and of a refusal."""

from datetime import datetime

from gateway.federation.models import IdentityProvider, Service
from gateway.pseudonyms.subject import Subject
from gateway.release import record
from gateway.release.decision import Decision
from gateway.storage.contracts import LedgerRow


def refused_row(
    service: Service, idp: IdentityProvider, account: str | None, *, policy: str, now: datetime, reference: str
) -> LedgerRow:
    """A row of which nothing is known yet but who asked for whom: a refusal, unless it becomes a release."""
    return LedgerRow(
        at=now,
        reference=reference,
        service=service.id,
        idp=idp.id,
        school=None,
        role=None,
        outcome="refused",
        code=None,
        agreement=None,
        attribute_set=None,
        policy=policy,
        subject_kind=None,
        subject_hash=account,
        decision="{}",
    )


def released_row(row: LedgerRow, decision: Decision, subject: Subject) -> LedgerRow:
    """The same of a release."""
    return LedgerRow(
        at=row.at,
        reference=row.reference,
        service=row.service,
        idp=row.idp,
        school=row.school,
        role=decision.role.value,
        outcome="released",
        code=row.code,
        agreement=decision.agreement.reference,
        attribute_set=decision.agreement.attribute_set,
        policy=row.policy,
        subject_kind=subject.kind.value,
        subject_hash=row.subject_hash,
        decision=record.dump(decision.rulings),
    )
