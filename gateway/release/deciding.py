"""Decides what would be released to whom: person, role, agreement, ECK iD, subject, decision. Writes nothing down."""

from dataclasses import dataclass, replace
from datetime import datetime

from gateway.attributes.canonical import Reading
from gateway.attributes.institution import Institutions
from gateway.attributes.school import SchoolOfLogin
from gateway.attributes.values import Attributes
from gateway.domain.anomaly import Anomaly
from gateway.domain.attribute import Attribute
from gateway.domain.brin import Brin
from gateway.domain.clock import dutch_day
from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.role import Role, one_role
from gateway.domain.user_held import UserHeld
from gateway.federation.models import Agreement, Member, School, Service
from gateway.federation.snapshot import Federation
from gateway.pseudonyms.resolve import Learner, SubjectResolver
from gateway.pseudonyms.sources import Asked, EckIds, Found
from gateway.pseudonyms.succession import Release, Successions
from gateway.pseudonyms.watch import Sighting, Watch
from gateway.release import record
from gateway.release.decision import Case, Decision, decide
from gateway.release.linked import Elsewhere, LinkedAccounts
from gateway.release.outcome import Outcome
from gateway.release.people import People, Person, Principal, with_provisioned
from gateway.release.policy import Policy
from gateway.release.registered import registered_values
from gateway.release.released import ReleasedAttributes
from gateway.storage.vault_entry import VaultEntry


@dataclass(frozen=True, slots=True, repr=False)
class _Login:
    """Somebody at the door of a service: in which role, and under which agreement."""

    service: Service
    person: Person
    role: Role
    agreement: Agreement
    now: datetime
    reference: str


class Deciding:
    """What `Releases` goes by."""

    def __init__(
        self,
        *,
        federation: Federation,
        policy: Policy,
        eck_ids: EckIds,
        subjects: SubjectResolver,
        successions: Successions,
        watch: Watch,
        institutions: Institutions,
        links: LinkedAccounts,
    ) -> None:
        self._federation = federation
        self._policy = policy
        self._people = People(federation=federation, institutions=institutions, links=links)
        self._links = links
        self._eck_ids = eck_ids
        self._subjects = subjects
        self._successions = successions
        self._watch = watch

    def found_at(self, who: Principal) -> SchoolOfLogin:
        """The school of the login. Raises as `People.found_at` does."""
        return self._people.found_at(who)

    def outcome(
        self, service: Service, who: Principal, found: SchoolOfLogin, *, now: datetime, reference: str
    ) -> Outcome:
        """What may go, of whoever logged in and was found at this school. Raises the SluisError that refuses.

        A user-held identity that may not be used at all is refused before anybody is asked about the person.
        """
        person = self._person(service, who, found, now=now)
        return self._decide(service, person, now=now, reference=reference)

    def _person(self, service: Service, who: Principal, found: SchoolOfLogin, *, now: datetime) -> Person:
        if who.held is None or not who.idp.user_held:
            return self._people.of_school(who, found)
        # Nobody is asked about a person of whom nothing may go.
        if self._federation.agreement(service.id, found.school, dutch_day(now)).user_held is UserHeld.FORBIDDEN:
            raise SluisError(ErrorCode.USER_HELD_FORBIDDEN, hint=f"{service.id}, {found.school.brin}")
        return self._people.of_user_held(who, who.held, found, now=now)

    def _decide(self, service: Service, person: Person, *, now: datetime, reference: str) -> Outcome:
        entry = self._eck_ids.provisioned(person.idp, person.account, person.found.school, today=dutch_day(now))
        login = self._on_terms(service, with_provisioned(person, entry), now=now, reference=reference)
        person, agreement = login.person, login.agreement
        known, sighting = self._own_eck_id(login, entry)
        permitted = self._policy.identifiers(login.role, person.found.school.sector)
        if sighting.provisional:
            permitted = permitted - {Attribute.ECK_ID}
        elsewhere = self._elsewhere(login, known) if Attribute.ECK_ID in permitted else None
        replaced = entry.replaced if entry and known.is_of(person.found.school.sector) else ()
        who = elsewhere or Elsewhere(person.account, known, replaced)
        learner = Learner(
            account=who.account,
            eck_id=who.found.eck_id,
            attributes=person.reading.attributes,
            replaced=who.replaced,
            lost=sighting.lost if elsewhere is None else None,
        )
        subject = self._subjects.resolve(learner, service, agreement, permitted=permitted, now=now)
        decision, values = decide(
            Case(
                service=service,
                agreement=agreement,
                policy=self._policy,
                school=person.found.school,
                role=login.role,
                subject=subject,
                attributes=registered_values(person.reading.attributes, person.found, login.role),
                today=dutch_day(now),
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
        self._watch.check([Anomaly.ECK_ID_CHANGED] if seen.unexplained else [])
        anomalies = {
            Anomaly.ECK_ID_CONTRADICTORY: known.disagreed or who.found.disagreed,
            Anomaly.ECK_ID_CHANGED: seen.unexplained,
            **dict.fromkeys(sighting.anomalies, True),
        }
        return Outcome(
            ReleasedAttributes(subject, {subject.kind.attribute: (subject.identifier,), **values}, seen.former),
            person.found.school,
            _with_identifier(decision, by_link=elsewhere is not None, former=seen.former is not None),
            tuple(one for one, is_so in anomalies.items() if is_so),
            seen.change,
            said=person.reading if person.asked else None,
            by_link=person.link is not None,
            eck_id=known.eck_id,
            sighting=sighting,
        )

    def _on_terms(self, service: Service, person: Person, *, now: datetime, reference: str) -> _Login:
        """The role of the person, and the agreement that covers them. Raises the SluisError that refuses."""
        role, found = _role(person.reading), person.found
        member = Member(role, found.branch or _branch_of(found.school), _groups(person.reading.attributes))
        agreement = self._federation.agreement(service.id, found.school, dutch_day(now), member)
        _check_user_held(person, role, agreement)
        return _Login(service, person, role, agreement, now, reference)

    def _own_eck_id(self, login: _Login, entry: VaultEntry | None) -> tuple[Found, Sighting]:
        """The ECK iD of the account itself, and what is odd about it. Raises as `Watch.look` and links do."""
        person, school = login.person, login.person.found.school
        asked = Asked(attributes=person.reading.attributes, school=school, service=login.service, entry=entry)
        known = self._watch.found(lambda: self._eck_ids.find(person.idp, asked))
        learner = login.role is Role.STUDENT
        sighting = self._watch.look(person.account, school, known, learner=learner, held=person.held, now=login.now)
        if person.link is not None:
            self._links.check_unchanged(person.link, known.eck_id, now=login.now, reference=login.reference)
        return known, sighting

    def _elsewhere(self, login: _Login, known: Found) -> Elsewhere | None:
        """Who the person is at another school, where a link says so and the agreement lets it be of use."""
        if not login.agreement.links:
            return None
        return self._links.elsewhere(
            login.person.account,
            own=known.eck_id,
            reading=login.person.reading,
            school=login.person.found.school,
            service=login.service,
            agreement=login.agreement,
            now=login.now,
            reference=login.reference,
        )


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
