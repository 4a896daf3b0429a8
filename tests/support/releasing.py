"""A release pipeline on records kept in memory, and generated logins for it."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import strategies as st

from gateway.attributes.dialects import dialect
from gateway.attributes.values import RawAttributes
from gateway.domain.attribute import IDENTIFIERS, Attribute
from gateway.domain.brin import Brin
from gateway.domain.eck_id import TEST_SEGMENTS
from gateway.domain.fallback import Fallback
from gateway.domain.language import Language
from gateway.domain.release_class import ReleaseClass
from gateway.domain.role import Role
from gateway.domain.sector import Sector
from gateway.federation.models import (
    Agreement,
    AttributeSet,
    EckIdSource,
    IdentityProvider,
    IdpId,
    NameIdFormat,
    School,
    Service,
    ServiceId,
)
from gateway.federation.snapshot import Federation
from gateway.observability.metrics import Metrics
from gateway.pseudonyms.resolve import SubjectResolver
from gateway.pseudonyms.sources import EckIds, FromAssertion
from gateway.release.pipeline import Outcome, Releases
from gateway.release.policy import AttributePolicy, Policy
from gateway.storage.contracts import AnomalyRow, LedgerRow, SubjectRow
from gateway.storage.sealing import SecretKey
from tests.support.small_federation import identity_provider, service

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
    anomalies: list[AnomalyRow] = field(default_factory=list)
    subjects: dict[tuple[str, str], SubjectRow] = field(default_factory=dict)

    def append(self, row: LedgerRow) -> None:
        self.ledger.append(row)

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
            attribute: AttributePolicy(ReleaseClass.BASE, "because")
            for attribute in Attribute
            if attribute not in (Attribute.EMAIL, Attribute.BIRTH_DATE, Attribute.PUPIL_NUMBER, Attribute.SUBGROUP)
        },
        Attribute.EMAIL: AttributePolicy(ReleaseClass.JUSTIFIED, "staff", {Role.STUDENT: ReleaseClass.NEVER}),
        Attribute.BIRTH_DATE: AttributePolicy(ReleaseClass.JUSTIFIED, "norm-referenced tests"),
        Attribute.PUPIL_NUMBER: AttributePolicy(ReleaseClass.NEVER, "local"),
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

    def release(self, sent: dict[str, tuple[str, ...]], *, name_id: str | None = None, now: datetime = NOW) -> Outcome:
        federation = Federation.of(
            schools=self.schools, identity_providers=(self.idp,), services=(self.service,), agreements=self.agreements
        )
        pipeline = Releases(
            federation=federation,
            policy=self.policy,
            eck_ids=EckIds({EckIdSource.ASSERTION: FromAssertion(TEST_SEGMENTS)}),
            subjects=SubjectResolver(keys=self.keys, subjects=self.records),
            ledger=self.records,
            anomalies=self.records,
            account_key=KEY,
            metrics=Metrics(),
        )
        raw = RawAttributes(tuple(sent.items()), name_id)
        return pipeline.release(service=self.service, idp=self.idp, raw=raw, now=now, reference="0123456789")


def world(
    *asked: Attribute,
    name_id: NameIdFormat = NameIdFormat.TRANSIENT,
    wish: Fallback = Fallback.PROVISIONAL,
    allowed: Fallback = Fallback.PROVISIONAL,
    sectors: frozenset[Sector] = frozenset({Sector.PO}),
    service_id: str = "rekentuin",
) -> World:
    """A world in which the school accepted set 1 with these attributes, beside the ECK iD."""
    purposes = dict.fromkeys((Attribute.ECK_ID, *asked), "access")
    entry = replace(
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


_ASKABLE = [attribute for attribute in Attribute if attribute not in IDENTIFIERS]
_TEXT = st.text(st.characters(categories=("L", "N"), max_codepoint=0x17F), min_size=1, max_size=12)
_ENTREE = dialect("entree").incoming


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Services with several sets, agreements in and out of force, policies of every class."""
    sets = draw(st.lists(st.frozensets(st.sampled_from(_ASKABLE)), min_size=1, max_size=3))
    numbered = {
        number: AttributeSet(number, dict.fromkeys((Attribute.ECK_ID, *asked), draw(st.sampled_from(["access", ""]))))
        for number, asked in enumerate(sets, start=1)
    }
    classes = st.sampled_from(ReleaseClass)
    policy = Policy(
        "generated",
        TODAY,
        {
            attribute: AttributePolicy(
                draw(classes), "generated", draw(st.dictionaries(st.sampled_from(Role), classes, max_size=2))
            )
            for attribute in draw(st.frozensets(st.sampled_from(_ASKABLE)))
        },
    )
    made = world(
        name_id=draw(st.sampled_from(NameIdFormat)),
        wish=draw(st.sampled_from(Fallback)),
        sectors=draw(st.frozensets(st.sampled_from(Sector), min_size=1)),
    )
    agreements = tuple(
        Agreement(
            made.service.id,
            draw(st.sampled_from(sorted(numbered))),
            TODAY + timedelta(days=draw(st.integers(-400, 30))),
            draw(st.none() | st.dates(TODAY - timedelta(days=30), TODAY + timedelta(days=400))),
            f"A-{index}",
            schools=draw(st.sampled_from([frozenset({SCHOOL.brin}), frozenset()])),
            boards=draw(st.sampled_from([frozenset({"noord"}), frozenset({"elders"})])),
            fallback=draw(st.sampled_from(Fallback)),
        )
        for index in range(draw(st.integers(0, 2)))
    )
    if draw(st.integers(0, 9)):
        agreements += (replace(made.agreements[0], fallback=draw(st.sampled_from(Fallback))),)
    return replace(made, service=replace(made.service, attribute_sets=numbered), agreements=agreements, policy=policy)


@st.composite
def messages(draw: st.DrawFn) -> dict[str, tuple[str, ...]]:
    """What a school may send: everything or less, odd roles, no, one or two ECK iDs, unknown names."""
    sent = {name: values for name, values in SENT.items() if draw(st.integers(0, 30))}
    odd = st.lists(st.sampled_from([*Role, "member", "teacher", "king"]), max_size=3)
    sent["eduPersonAffiliation"] = tuple(draw(st.just(["student"]) | st.just(["employee", "member"]) | odd))
    sent["eckId"] = tuple(draw(st.sampled_from([[ECK_ID], [], [""], [ECK_ID, OTHER_ECK_ID], ["x"], [ECK_ID, ""]])))
    sent["givenName"] = (draw(_TEXT),)
    sent["shoeSize"] = (draw(_TEXT),)
    return sent
