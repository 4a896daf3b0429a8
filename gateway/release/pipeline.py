"""From raw attributes to a release that is on record: read, school, role, agreement, subject, decision, ledger."""

from dataclasses import replace
from datetime import datetime

from gateway.attributes.canonical import Reading, read
from gateway.attributes.dialects import dialect
from gateway.attributes.institution import Institutions
from gateway.attributes.scopes import own_scopes
from gateway.attributes.values import RawAttributes
from gateway.domain.anomaly import Anomaly
from gateway.domain.brin import Brin
from gateway.domain.clock import dutch_day
from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.role import Role
from gateway.federation.models import IdentityProvider, IdpId, Service, ServiceId
from gateway.federation.snapshot import Federation
from gateway.observability.metrics import Metrics
from gateway.pseudonyms.derivation import account_hash
from gateway.pseudonyms.resolve import SubjectResolver
from gateway.pseudonyms.sources import EckIds
from gateway.pseudonyms.succession import Successions
from gateway.pseudonyms.watch import IdentifierHeld, Sighting, Watch
from gateway.release.consent import ConsentNeeded, check_consent, given
from gateway.release.deciding import Deciding
from gateway.release.foreign import refuse_foreign
from gateway.release.linked import LinkedAccounts
from gateway.release.linking import LinkMaking
from gateway.release.outcome import Outcome
from gateway.release.people import HeldLogin, Principal
from gateway.release.policy import Policy
from gateway.release.rows import refused_row, released_row
from gateway.storage.contracts import Anomalies, AnomalyRow, Consents, Ledger, LedgerRow, Seen
from gateway.storage.sealing import SecretKey

_ANOMALIES = {
    ErrorCode.ECK_ID_MALFORMED: Anomaly.ECK_ID_MALFORMED,
    ErrorCode.ECK_ID_CONTRADICTORY: Anomaly.ECK_ID_CONTRADICTORY,
    ErrorCode.SCOPE_FOREIGN: Anomaly.SCOPE_FOREIGN,
}


class Releases:
    """Decides releases and writes the ledger."""

    def __init__(
        self,
        *,
        federation: Federation,
        policy: Policy,
        eck_ids: EckIds,
        subjects: SubjectResolver,
        successions: Successions,
        ledger: Ledger,
        anomalies: Anomalies,
        watch: Watch,
        account_key: SecretKey,
        metrics: Metrics,
        institutions: Institutions,
        links: LinkedAccounts,
        making: LinkMaking,
        consents: Consents,
    ) -> None:
        self._federation = federation
        self._policy = policy
        self._deciding = Deciding(
            federation=federation,
            policy=policy,
            eck_ids=eck_ids,
            subjects=subjects,
            successions=successions,
            watch=watch,
            institutions=institutions,
            links=links,
        )
        self.links = links
        self.making = making
        self._consents = consents
        self._successions = successions
        self._ledger = ledger
        self._anomalies = anomalies
        self._watch = watch
        self._account_key = account_key
        self._metrics = metrics

    def release(
        self,
        *,
        service: Service,
        idp: IdentityProvider,
        reading: Reading,
        now: datetime,
        reference: str,
        held: HeldLogin | None = None,
        person: str | None = None,
    ) -> Outcome:
        """The release to a person whose attributes were just read, or kept by a session (`gateway.attributes.kept`).

        Decided as things stand now, and returned after its ledger row is durable (law 6); a refusal gets its row too.
        `person` is the pairwise identifier of the only one whom the service will have: nothing goes of anybody else.
        `held` is there for a login with a user-held identity, of which the person must have let go exactly what goes.
        Raises the SluisError that refuses, or LEDGER_UNAVAILABLE; ConsentNeeded, without a row, of a person who is
        still to be asked.
        """
        row = self._refused_row(service, idp, reading, now=now, reference=reference)
        who = Principal(idp, reading, row.subject_hash, held)
        try:
            refuse_foreign(reading, idp)
            found = self._deciding.found_at(who)
            row = replace(row, school=str(found.school.brin))
            outcome = self._deciding.outcome(service, who, found, now=now, reference=reference)
            _check_person(outcome, person)
            if held is not None and idp.user_held:
                check_consent(self._consents, row.subject_hash, service.id, outcome)
        except ConsentNeeded:
            raise
        except SluisError as error:
            self._append(replace(row, code=error.code.value))
            odd = error.anomaly if isinstance(error, IdentifierHeld) else _ANOMALIES.get(error.code)
            if odd is not None:
                self._record_anomaly(odd, reading, row)
            raise
        row = released_row(row, outcome.decision, outcome.released.subject)
        self._append(row, outcome.sighting.seen)
        if self._is_overtaken(outcome.sighting):
            return self.release(
                service=service, idp=idp, reading=reading, now=now, reference=reference, held=held, person=person
            )
        for anomaly in outcome.anomalies:
            self._record_anomaly(anomaly, reading, row)
        if outcome.decision.role is Role.STUDENT:
            kind = outcome.released.subject.kind
            self._metrics.learner(school=str(outcome.school.brin), identifier=kind.value)
        if outcome.change is not None:
            self._successions.keep(outcome.change, now)
            if outcome.change.known.former is not None:
                self._metrics.succession(service=service.id, outcome="seen")
        return outcome

    def proposed(
        self,
        *,
        service: Service,
        idp: IdentityProvider,
        reading: Reading,
        now: datetime,
        held: HeldLogin | None = None,
    ) -> Outcome:
        """What `release` would decide, without a row: nothing may leave by it. Raises as it does.

        Its values are for the eyes of the person whose they are, and of nobody else.
        """
        refuse_foreign(reading, idp)
        who = Principal(idp, reading, self._account(idp.id, reading), held)
        found = self._deciding.found_at(who)
        return self._deciding.outcome(service, who, found, now=now, reference="")

    def consented(
        self, idp: IdentityProvider, reading: Reading, service: ServiceId, what: str, *, now: datetime
    ) -> None:
        """The person lets this set go to the service from now on (`gateway.release.consent`)."""
        account = self._account(idp.id, reading)
        if account is None:
            raise SluisError(ErrorCode.ACCOUNT_MISSING, hint=str(idp.id))
        self._consents.keep(given(account, service, what, now))

    def refused_by_person(
        self,
        *,
        service: Service,
        idp: IdentityProvider,
        reading: Reading,
        school: Brin,
        now: datetime,
        reference: str,
    ) -> None:
        """The person does not let it go: that is on record."""
        row = self._refused_row(service, idp, reading, now=now, reference=reference)
        self._append(replace(row, school=str(school), code=ErrorCode.CONSENT_REFUSED.value))

    def read(self, raw: RawAttributes, idp: IdentityProvider, *, now: datetime) -> Reading:
        """The canonical attributes of a verified message; what is dropped at the door is counted here, once."""
        scopes = own_scopes(idp, self._federation)
        reading = read(raw, dialect(idp.dialect), scopes, today=dutch_day(now), adult_name=idp.adult_name)
        for name in reading.unknown:
            self._metrics.unknown_attribute(idp.id, name)
        if reading.citizen_numbers:
            self._metrics.citizen_numbers(idp.id, reading.citizen_numbers)
        for name in reading.foreign:
            self._metrics.foreign_scope(idp.id, name)
        return reading

    def _refused_row(
        self, service: Service, idp: IdentityProvider, reading: Reading, *, now: datetime, reference: str
    ) -> LedgerRow:
        who = self._account(idp.id, reading)
        return refused_row(service, idp, who, policy=self._policy.version, now=now, reference=reference)

    def _record_anomaly(self, kind: Anomaly, reading: Reading, row: LedgerRow) -> None:
        account = self._account(IdpId(row.idp), reading)
        self._metrics.anomaly(kind.value, row.outcome)
        self._anomalies.record(AnomalyRow(row.at, row.reference, kind.value, row.idp, row.school, account))

    def _account(self, idp: IdpId, reading: Reading) -> str | None:
        return account_hash(self._account_key, idp, reading.account) if reading.account is not None else None

    def _is_overtaken(self, sighting: Sighting) -> bool:
        """Whether a release that has its row is decided anew (`Watch.overtaken`): no answer follows that row."""
        overtaken = True
        try:
            overtaken = self._watch.overtaken(sighting)
        finally:
            if overtaken:
                self._ledger.take_back()
        return overtaken

    def _append(self, row: LedgerRow, seen: Seen | None = None) -> None:
        """Law 6. That nothing can be released is worth an alarm, beside the refusal of this login."""
        try:
            self._ledger.append(row, seen=seen)
        except SluisError:
            self._metrics.ledger_failed()
            raise


def _check_person(outcome: Outcome, person: str | None) -> None:
    if person not in (None, outcome.released.subject.pairwise):
        raise SluisError(ErrorCode.REQUEST_OTHER_PERSON)
