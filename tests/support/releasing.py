"""A release pipeline on records kept in memory."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import cast

from gateway.attributes.institution import Institutions
from gateway.attributes.values import RawAttributes
from gateway.domain.anomaly import Anomaly, Rule
from gateway.domain.attribute import Attribute
from gateway.domain.brin import Brin
from gateway.domain.eck_id import TEST_SEGMENTS
from gateway.domain.fallback import Fallback
from gateway.domain.http import Http, HttpAnswer
from gateway.domain.key_ring import Ring
from gateway.domain.language import Language
from gateway.domain.purpose import Purpose
from gateway.domain.release_class import Classes, ReleaseClass
from gateway.domain.role import Role
from gateway.domain.sector import Sector
from gateway.federation.clients import NameIdFormat
from gateway.federation.models import (
    Agreement,
    AttributeSet,
    EckIdSource,
    IdentityProvider,
    IdpId,
    School,
    Service,
    ServiceId,
)
from gateway.federation.snapshot import Federation
from gateway.observability.metrics import Metrics
from gateway.pseudonyms.links import LinkRules
from gateway.pseudonyms.resolve import SubjectResolver
from gateway.pseudonyms.sources import EckIds, FromAssertion, FromVault, Source
from gateway.pseudonyms.succession import Known, Successions
from gateway.pseudonyms.watch import SeenEckIds, Watch
from gateway.release.link_content import LinkRecords
from gateway.release.linked import LinkedAccounts
from gateway.release.linking import LinkMaking
from gateway.release.outcome import Outcome
from gateway.release.pipeline import Releases
from gateway.release.policy import AttributePolicy, Policy
from gateway.storage.contracts import AnomalyRow, Ledger, LedgerRow, Seen, SubjectRow
from gateway.storage.known_as import KnownAs
from gateway.storage.outbox import SqlOutbox
from gateway.storage.sealing import SecretKey
from gateway.storage.vault import Vault
from tests.support.held_consents import HeldConsents
from tests.support.held_links import HeldLinks
from tests.support.small_federation import changed, identity_provider, service

TODAY = date(2026, 9, 7)
NOW = datetime(2026, 9, 7, 8, 30, tzinfo=UTC)
KEY = SecretKey("p1", b"pseudonym key of the tests, long enough")
OLD_KEY = SecretKey("p0", b"an older key, which still must derive....")
ECK_ID = "https://ketenid.nl/pilot/" + "0a" * 64
OTHER_ECK_ID = "https://ketenid.nl/pilot/" + "0b" * 64
ACCOUNT = "fenna77@regenboog.example"
PUPIL_NUMBER = "pupil-4711"


@dataclass
class Records:
    """Ledger, anomalies and subjects, each as a list or dictionary."""

    ledger: list[LedgerRow] = field(default_factory=list)
    unanswered: list[LedgerRow] = field(default_factory=list)
    anomalies: list[AnomalyRow] = field(default_factory=list)
    subjects: dict[tuple[str, str], SubjectRow] = field(default_factory=dict)

    seen: dict[str, Seen] = field(default_factory=dict)

    def append(self, row: LedgerRow, *, seen: Seen | None = None) -> None:
        self.ledger.append(row)
        if seen is not None:
            self.seen[seen.account] = seen

    def take_back(self) -> None:
        self.unanswered.append(self.ledger[-1])

    def record(self, row: AnomalyRow) -> None:
        self.anomalies.append(row)

    def find(self, account: str, service_id: str) -> SubjectRow | None:
        return self.subjects.get((account, service_id))

    def keep(self, row: SubjectRow) -> SubjectRow:
        return self.subjects.setdefault((row.account, row.service), row)


SCHOOL = School(
    Brin("99XA"), {Language.NL: "De Regenboog"}, Sector.PO, board="noord", digi_delivery_id="3F25-GUID",
    domains=("regenboog.example",),
)  # fmt: skip
POLICY = Policy(
    "test",
    TODAY,
    {
        **{
            attribute: AttributePolicy(Classes(ReleaseClass.BASE))
            for attribute in Attribute
            if attribute not in (Attribute.EMAIL, Attribute.BIRTH_DATE, Attribute.PUPIL_NUMBER, Attribute.SUBGROUP)
        },
        Attribute.EMAIL: AttributePolicy(
            Classes(ReleaseClass.JUSTIFIED, {Role.STUDENT: ReleaseClass.NEVER}), frozenset({Purpose.ACCESS})
        ),
        Attribute.BIRTH_DATE: AttributePolicy(Classes(ReleaseClass.JUSTIFIED), frozenset({Purpose.ACCESS})),
        Attribute.PUPIL_NUMBER: AttributePolicy(Classes(ReleaseClass.NEVER)),
    },
)
SENT: dict[str, tuple[str, ...]] = {
    "uid": (ACCOUNT,),
    "employeeNumber": (PUPIL_NUMBER,),
    "givenName": ("Fenna",),
    "sn": ("Vries",),
    "mail": ("fenna@regenboog.example",),
    "eduPersonAffiliation": ("student",),
    "nlEduPersonHomeOrganizationId": ("99XA",),
    "nlEduPersonRealId": ("real-fenna@regenboog",),
    "nlEduPersonProfileId": ("4711@1.regenboog",),
    "lasKey": ("las-12",),
    "nlEduPersonUnit": ("groep 6",),
    "ou": ("plusklas",),
    "eckId": (ECK_ID,),
}


RULES = dict.fromkeys(Anomaly, Rule.REPORT)


class HeldSeen:
    """Fulfils SeenEckIds: of what was written with the ledger's rows."""

    def __init__(self, rows: dict[str, Seen]) -> None:
        self.rows = rows

    def mark(self, eck_id: str) -> str:
        return hashlib.sha256(eck_id.encode()).hexdigest()

    def find(self, account: str) -> Seen | None:
        return self.rows.get(account)

    def others(self, mark: str, account: str) -> list[tuple[str, str]]:
        return [(one.school, one.sector) for one in self.rows.values() if one.mark == mark and one.account != account]

    def doubt(self, seen: Seen) -> None:
        self.rows[seen.account] = replace(self.rows[seen.account], odd=True)


class KnownToNobody:
    """Fulfils Known where no service wants to hear of successions."""

    def find(self, account: str, service: str) -> KnownAs | None:
        raise AssertionError(f"asked what {service} knows {account} by")

    def put(
        self, known: KnownAs, *, before: str | None, now: datetime, letter: bytes | None = None, outbox: SqlOutbox
    ) -> bool:
        raise AssertionError(f"kept {known}")


class NobodyAnswers:
    """Fulfils Http: whoever asks fails the test."""

    def get(self, url: str, *, headers: Mapping[str, str]) -> HttpAnswer:
        raise AssertionError(f"asked {url}")

    def post(self, url: str, *, headers: Mapping[str, str], form: Mapping[str, str]) -> HttpAnswer:
        raise AssertionError(f"asked {url}")


@dataclass
class World:
    """One service, one school, one agreement, and the pipeline over them."""

    service: Service
    idp: IdentityProvider
    agreements: tuple[Agreement, ...]
    records: Records = field(default_factory=Records)
    policy: Policy = POLICY
    keys: tuple[SecretKey, ...] = (KEY, OLD_KEY)
    schools: tuple[School, ...] = (SCHOOL,)
    metrics: Metrics = field(default_factory=Metrics)
    other_services: tuple[Service, ...] = ()
    ledger: Ledger | None = None
    vault: Vault | None = None
    known: Known = field(default_factory=KnownToNobody)
    outbox: SqlOutbox | None = None
    http: Http = field(default_factory=NobodyAnswers)
    links: HeldLinks = field(default_factory=HeldLinks)
    consents: HeldConsents = field(default_factory=HeldConsents)
    seen: SeenEckIds | None = None
    rules: Mapping[Anomaly, Rule] = field(default_factory=lambda: dict(RULES))

    def federation(self) -> Federation:
        return Federation.of(
            schools=self.schools,
            identity_providers=(self.idp,),
            services=(self.service, *self.other_services),
            agreements=self.agreements,
        )

    def pipeline(self, federation: Federation | None = None) -> Releases:
        federation = federation or self.federation()
        sources: dict[EckIdSource, Source] = {EckIdSource.ASSERTION: FromAssertion(TEST_SEGMENTS)}
        if self.vault:
            sources[EckIdSource.VAULT] = FromVault(TEST_SEGMENTS)
        eck_ids = EckIds(sources, self.vault)
        links = LinkRecords(
            links=self.links,
            federation=federation,
            eck_ids=eck_ids,
            rules=LinkRules(),
            account_key=KEY,
            anomalies=self.records,
        )
        seen = self.seen or HeldSeen(self.records.seen)
        subjects = SubjectResolver(
            keys=Ring(self.keys[0], previous=self.keys[1:]), subjects=self.records, mark=seen.mark
        )
        return Releases(
            federation=federation,
            policy=self.policy,
            eck_ids=eck_ids,
            subjects=subjects,
            successions=Successions(known=self.known, subjects=subjects, outbox=cast("SqlOutbox", self.outbox)),
            ledger=self.ledger or self.records,
            anomalies=self.records,
            watch=Watch(seen, self.rules, timedelta(days=30)),
            account_key=KEY,
            metrics=self.metrics,
            institutions=Institutions(self.http, federation),
            links=LinkedAccounts(links),
            making=LinkMaking(links),
            consents=self.consents,
        )

    def release(
        self,
        sent: dict[str, tuple[str, ...]],
        *,
        name_id: str | None = None,
        now: datetime = NOW,
        reference: str = "0123456789",
    ) -> Outcome:
        pipeline = self.pipeline()
        reading = pipeline.read(RawAttributes(tuple(sent.items()), name_id), self.idp, now=now)
        return pipeline.release(service=self.service, idp=self.idp, reading=reading, now=now, reference=reference)


def world(
    *asked: Attribute,
    name_id: NameIdFormat = NameIdFormat.TRANSIENT,
    wish: Fallback = Fallback.PROVISIONAL,
    allowed: Fallback = Fallback.PROVISIONAL,
    sectors: frozenset[Sector] = frozenset({Sector.PO}),
    service_id: str = "rekentuin",
) -> World:
    """A world in which the school accepted set 1 with these attributes, beside the ECK iD."""
    purposes = dict.fromkeys((Attribute.ECK_ID, *asked), Purpose.ACCESS)
    entry = changed(
        service(ServiceId(service_id)),
        sectors=sectors,
        attribute_sets={1: AttributeSet(1, purposes)},
        name_id=name_id,
        fallback=wish,
    )
    agreement = Agreement(
        ServiceId(service_id), 1, TODAY, None, "A-1", schools=frozenset({SCHOOL.brin}), fallback=allowed
    )
    return World(entry, identity_provider(IdpId("po"), SCHOOL), (agreement,))


def without(*names: str) -> dict[str, tuple[str, ...]]:
    """What the school sends, but these."""
    return {name: values for name, values in SENT.items() if name not in names}
