"""From raw attributes to a release that is on record: read, school, role, agreement, subject, decision, ledger."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime

from gateway.attributes.canonical import Reading, read
from gateway.attributes.dialects import dialect
from gateway.attributes.institution import Institutions
from gateway.attributes.school import SchoolOfLogin
from gateway.attributes.scopes import own_scopes
from gateway.attributes.values import Attributes, RawAttributes
from gateway.domain.anomaly import Anomaly
from gateway.domain.attribute import Attribute
from gateway.domain.brin import Brin
from gateway.domain.clock import dutch_day
from gateway.domain.eck_id import EckId
from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.language import Language, in_language
from gateway.domain.role import Role, one_role
from gateway.domain.user_held import UserHeld
from gateway.federation.models import Agreement, IdentityProvider, IdpId, Member, School, Service, ServiceId
from gateway.federation.snapshot import Federation
from gateway.observability.metrics import Metrics
from gateway.pseudonyms.derivation import account_hash
from gateway.pseudonyms.resolve import Learner, SubjectResolver
from gateway.pseudonyms.sources import Asked, EckIds
from gateway.pseudonyms.succession import Change, Release, Successions
from gateway.pseudonyms.watch import NOTHING_SEEN, IdentifierHeld, Sighting, Watch
from gateway.release import record
from gateway.release.consent import ConsentNeeded, check_consent, given
from gateway.release.decision import Case, Decision, decide
from gateway.release.foreign import refuse_foreign
from gateway.release.linked import Elsewhere, LinkedAccounts
from gateway.release.linking import LinkMaking
from gateway.release.people import HeldLogin, People, Person, with_provisioned
from gateway.release.policy import Policy
from gateway.release.released import ReleasedAttributes
from gateway.release.rows import refused_row, released_row
from gateway.storage.contracts import Anomalies, AnomalyRow, Consents, Ledger, LedgerRow, Seen
from gateway.storage.sealing import SecretKey

_ANOMALIES = {
    ErrorCode.ECK_ID_MALFORMED: Anomaly.ECK_ID_MALFORMED,
    ErrorCode.ECK_ID_CONTRADICTORY: Anomaly.ECK_ID_CONTRADICTORY,
    ErrorCode.SCOPE_FOREIGN: Anomaly.SCOPE_FOREIGN,
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """A release that may leave: it is in the ledger. `said` is what a school answered about a user-held identity."""

    released: ReleasedAttributes
    school: School
    decision: Decision
    anomalies: tuple[Anomaly, ...] = ()
    """What is to be reported although the release goes."""
    change: Change | None = None
    """What the service knows the person by from this release on."""
    said: Reading | None = None
    by_link: bool = False
    eck_id: EckId | None = None
    """Of the account that somebody logged in with, whether or not the service sees it."""
    sighting: Sighting = NOTHING_SEEN


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
        self._people = People(federation=federation, institutions=institutions, links=links)
        self.links = links
        self.making = making
        self._consents = consents
        self._eck_ids = eck_ids
        self._subjects = subjects
        self._successions = successions
        self._ledger = ledger
        self._anomalies = anomalies
        self._watch = watch
        self._account_key = account_key
        self._metrics = metrics

    def release_again(
        self,
        *,
        service: Service,
        idp: IdentityProvider,
        reading: Reading,
        now: datetime,
        reference: str,
        refused: AbstractSet[Attribute] = frozenset(),
        held: HeldLogin | None = None,
    ) -> Outcome:
        """The release to a person whose attributes were just read, or kept by a session (`gateway.attributes.kept`).

        Decided as things stand now, and returned after its ledger row is durable (law 6); a refusal gets its row too.
        `refused` are attributes that the person does not consent to; `held` is there for a login with a user-held
        identity, of which the person must have let go exactly what goes. Raises the SluisError that refuses, or
        LEDGER_UNAVAILABLE; ConsentNeeded, without a row, of a person who is still to be asked.
        """
        row = self._refused_row(service, idp, reading, now=now, reference=reference)
        try:
            refuse_foreign(reading, idp)
            found = self._people.found_at(idp, reading, held)
            row = replace(row, school=str(found.school.brin))
            person = self._person(service, idp, reading, found, held=held, now=now)
            outcome = self._decide(service, person, now=now, reference=reference, refused=refused)
            if person.held:
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

    def preview(
        self,
        *,
        service: Service,
        idp: IdentityProvider,
        reading: Reading,
        now: datetime,
        refused: AbstractSet[Attribute] = frozenset(),
        held: HeldLogin | None = None,
    ) -> Decision:
        """What `release_again` would decide, without values and without a row: nothing may leave by it.

        Raises the SluisError that refuses.
        """
        return self.proposed(service=service, idp=idp, reading=reading, now=now, refused=refused, held=held).decision

    def proposed(
        self,
        *,
        service: Service,
        idp: IdentityProvider,
        reading: Reading,
        now: datetime,
        refused: AbstractSet[Attribute] = frozenset(),
        held: HeldLogin | None = None,
    ) -> Outcome:
        """The same with values, for the eyes of the person whose they are, and of nobody else."""
        refuse_foreign(reading, idp)
        found = self._people.found_at(idp, reading, held)
        person = self._person(service, idp, reading, found, held=held, now=now)
        return self._decide(service, person, now=now, reference="", refused=refused)

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

    def _person(
        self,
        service: Service,
        idp: IdentityProvider,
        reading: Reading,
        found: SchoolOfLogin,
        *,
        held: HeldLogin | None,
        now: datetime,
    ) -> Person:
        account = self._account(idp.id, reading)
        if held is None or not idp.user_held:
            return self._people.of_school(idp, reading, found, account)
        # Nobody is asked about a person of whom nothing may go.
        if self._federation.agreement(service.id, found.school, dutch_day(now)).user_held is UserHeld.FORBIDDEN:
            raise SluisError(ErrorCode.USER_HELD_FORBIDDEN, hint=f"{service.id}, {found.school.brin}")
        return self._people.of_user_held(idp, reading, found, account, held=held, now=now)

    def _decide(
        self, service: Service, person: Person, *, now: datetime, reference: str, refused: AbstractSet[Attribute]
    ) -> Outcome:
        today = dutch_day(now)
        entry = self._eck_ids.provisioned(person.idp, person.account, person.found.school, today=today)
        person = with_provisioned(person, entry)
        reading, found = person.reading, person.found
        role = _role(reading)
        member = Member(role, found.branch or _branch_of(found.school), _groups(reading.attributes))
        agreement = self._federation.agreement(service.id, found.school, today, member)
        _check_user_held(person, role, agreement)
        asked = Asked(attributes=reading.attributes, school=found.school, service=service, entry=entry)
        known = self._watch.found(lambda: self._eck_ids.find(person.idp, asked))
        sighting = self._watch.look(
            person.account, found.school, known, learner=role is Role.STUDENT, held=person.held, now=now
        )
        if person.link is not None:
            self.links.check_unchanged(person.link, known.eck_id, now=now, reference=reference)
        replaced = entry.replaced if entry and known.is_of(found.school.sector) else ()
        permitted, elsewhere = self._policy.identifiers(role, found.school.sector), None
        if sighting.provisional:
            permitted = permitted - {Attribute.ECK_ID}
        if agreement.links and Attribute.ECK_ID in permitted:
            elsewhere = self.links.elsewhere(
                person.account,
                own=known.eck_id,
                reading=reading,
                school=found.school,
                service=service,
                agreement=agreement,
                now=now,
                reference=reference,
            )
        who = elsewhere or Elsewhere(person.account, known, replaced)
        learner = Learner(
            account=who.account,
            eck_id=who.found.eck_id,
            attributes=reading.attributes,
            replaced=who.replaced,
            lost=sighting.lost if elsewhere is None else None,
        )
        subject = self._subjects.resolve(learner, service, agreement, permitted=permitted, now=now)
        decision, values = decide(
            Case(
                service=service,
                agreement=agreement,
                policy=self._policy,
                school=found.school,
                role=role,
                subject=subject,
                attributes=registered_values(reading.attributes, found, role),
                today=today,
                refused=refused,
            )
        )
        seen = self._successions.seen(
            Release(
                account=who.account,
                service=service,
                agreement=agreement,
                subject=subject,
                replaced=who.replaced,
                reference=reference,
            )
        )
        released = ReleasedAttributes(subject, {subject.kind.attribute: (subject.identifier,), **values}, seen.former)
        anomalies = {
            Anomaly.ECK_ID_CONTRADICTORY: known.disagreed or who.found.disagreed,
            Anomaly.ECK_ID_CHANGED: seen.unexplained,
            **dict.fromkeys(sighting.anomalies, True),
        }
        self._watch.check([Anomaly.ECK_ID_CHANGED] if seen.unexplained else [])
        return Outcome(
            released,
            found.school,
            _with_identifier(decision, by_link=elsewhere is not None, former=seen.former is not None),
            tuple(one for one, is_so in anomalies.items() if is_so),
            seen.change,
            said=reading if person.asked else None,
            by_link=person.link is not None,
            eck_id=known.eck_id,
            sighting=sighting,
        )

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

    def _append(self, row: LedgerRow, seen: Seen | None = None) -> None:
        """Law 6. That nothing can be released is worth an alarm, beside the refusal of this login."""
        try:
            self._ledger.append(row, seen=seen)
        except SluisError:
            self._metrics.ledger_failed()
            raise


def registered_values(attributes: Attributes, found: SchoolOfLogin, role: Role) -> Attributes:
    """What may be released from: the person's attributes, and the school and role as the gateway itself knows them."""
    school = found.school
    registered: Mapping[Attribute, str | None] = {
        Attribute.SCHOOL: str(school.brin.main),
        Attribute.SCHOOL_BRANCH: str(found.branch) if found.branch else None,
        Attribute.SCHOOL_NAME: in_language(school.names, Language.NL),
        Attribute.SCHOOL_DOMAIN: school.domains[0] if school.domains else None,
        Attribute.DIGI_DELIVERY_ID: school.digi_delivery_id,
        Attribute.ROLE: role.value,
    }
    values = {attribute: sent for attribute, sent in attributes.values.items() if attribute not in registered}
    values |= {attribute: (value,) for attribute, value in registered.items() if value is not None}
    return Attributes(values)


def _check_user_held(person: Person, role: Role, agreement: Agreement) -> None:
    """Which identity this person may use here, decided anew at every login."""
    if person.held and agreement.user_held is UserHeld.FORBIDDEN:
        raise SluisError(ErrorCode.USER_HELD_FORBIDDEN, hint=agreement.reference)
    if person.held and person.reading.adult is not True:
        raise SluisError(ErrorCode.USER_HELD_MINOR, hint=agreement.reference)
    of_age = role is Role.STUDENT and person.reading.adult is True
    if not person.held and of_age and agreement.user_held is UserHeld.REQUIRED:
        raise SluisError(ErrorCode.USER_HELD_REQUIRED, hint=agreement.reference)


def _role(reading: Reading) -> Role:
    role = one_role(reading.roles)
    if role is None:
        raise SluisError(ErrorCode.ROLE_CONTRADICTORY if reading.roles else ErrorCode.ROLE_MISSING)
    return role


def _branch_of(school: School) -> Brin | None:
    """The branch that a school is by itself, where it has an entry of its own."""
    return school.brin if school.brin.branch else None


def _groups(attributes: Attributes) -> tuple[str, ...]:
    return attributes.all(Attribute.GROUP) + attributes.all(Attribute.SUBGROUP)


def _with_identifier(decision: Decision, *, by_link: bool, former: bool) -> Decision:
    """The same, on record as one of another school's ECK iD, or of one that took the place of another."""
    ruling = record.SUCCESSION if former else record.LINKED if by_link else None
    return replace(decision, rulings={**decision.rulings, Attribute.ECK_ID: ruling}) if ruling else decision
