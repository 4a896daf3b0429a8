"""The register of processing (GDPR, Article 30), from the configuration and the policy as they are in force."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from gateway.domain.language import Language, in_language
from gateway.federation.clients import OidcClient
from gateway.federation.models import EckIdSource, School
from gateway.federation.snapshot import Federation
from gateway.release.policy import Policy
from gateway.reports.measures import Measure, measures_of
from gateway.reports.recipients import ReceivedLine, received
from gateway.reports.texts import say
from gateway.settings.loader import Settings
from gateway.settings.models.gateway import Gateway
from gateway.settings.models.processing import Processing

_UNITS = (("days", 86400), ("hours", 3600), ("minutes", 60), ("seconds", 1))


class Activity(StrEnum):
    """What the gateway does with personal data. Texts say for each what it is for, of whom, which data, who gets it."""

    RELEASE = "release"
    LOGIN = "login"
    SESSION = "session"
    FETCH = "fetch"
    LEDGER = "ledger"
    ANOMALIES = "anomalies"
    SUBJECTS = "subjects"
    VAULT = "vault"
    NUMMERVOORZIENING = "nummervoorziening"
    LINKS = "links"
    SCHOOL_LINKS = "school_links"
    CONSENTS = "consents"
    CHOICE = "choice"
    LOG = "log"


class Missing(StrEnum):
    """What the law asks and the configuration does not say."""

    OFFICER = "officer"
    CONTROLLERS = "controllers"
    LOG = "log"


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody with a name and, where it is known, an address to write to."""

    name: str
    contact: str


@dataclass(frozen=True, slots=True)
class Controller:
    """A board, or a school without one, and its schools by BRIN and name. `contact` is empty where it is not known."""

    id: str
    name: str
    contact: str
    schools: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ActivityLine:
    """An activity in words, and how long its data are kept, in words and in seconds where that is a period."""

    activity: Activity
    title: str
    purpose: str
    people: str
    data: str
    recipients: str
    kept: str
    seconds: int | None


@dataclass(frozen=True, slots=True)
class MeasureLine:
    """A measure in words."""

    measure: Measure
    text: str


@dataclass(frozen=True, slots=True)
class Recipient:
    """A service that may get something, and its supplier."""

    service: str
    name: str
    supplier: str
    schools: int
    lines: tuple[ReceivedLine, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """An identity provider, from which the data come."""

    id: str
    name: str
    schools: int


@dataclass(frozen=True, slots=True)
class Helper:
    """A processor of who runs the gateway. `safeguard` is empty within the EEA."""

    name: str
    task: str
    country: str
    safeguard: str


@dataclass(frozen=True, slots=True)
class Register:
    """The register, in one language. `legal_basis` is a `LegalBasis`, attributes, roles and purposes are ids."""

    made: datetime
    gateway: str
    operator: Party
    contacts: tuple[Party, ...]
    acts_as: str
    officer: Party | None
    environment: str
    policy: str
    policy_date: date
    legal_basis: str
    controllers: tuple[Controller, ...]
    activities: tuple[ActivityLine, ...]
    sources: tuple[Source, ...]
    recipients: tuple[Recipient, ...]
    processors: tuple[Helper, ...]
    measures: tuple[MeasureLine, ...]
    own_measures: tuple[str, ...]
    missing: tuple[Missing, ...]


def register(settings: Settings, federation: Federation, *, now: datetime, language: Language) -> Register:
    """The register of this moment, with names in this language."""
    gateway, policy = settings.gateway, Policy.of(settings.policy)
    told = gateway.processing
    controllers = tuple(_controllers(federation, told, language))
    return Register(
        made=now,
        gateway=gateway.base_url,
        operator=Party(gateway.organisation.name, gateway.organisation.url),
        contacts=tuple(Party(one.name, one.email) for one in gateway.contacts),
        acts_as=told.acts_as,
        officer=Party(told.officer.name, told.officer.email) if told.officer else None,
        environment=gateway.environment,
        policy=policy.version,
        policy_date=policy.date,
        legal_basis=told.legal_basis.value,
        controllers=controllers,
        activities=tuple(_activity(one, seconds, language) for one, seconds in _activities(gateway, federation)),
        sources=tuple(
            Source(idp.id, in_language(idp.names, language), len(idp.schools))
            for _, idp in sorted(federation.identity_providers.items())
        ),
        recipients=tuple(
            Recipient(
                one.service.id, in_language(one.service.names, language), one.service.supplier, one.schools, one.lines
            )
            for one in received(federation, policy, now=now)
        ),
        processors=tuple(
            Helper(one.name, in_language(one.task, language), one.country, one.safeguard or "")
            for one in told.processors
        ),
        measures=tuple(MeasureLine(one, say(language, f"measure.{one}")) for one in measures_of(settings, federation)),
        own_measures=tuple(in_language(one, language) for one in told.measures),
        missing=tuple(_missing(told, controllers)),
    )


def _controllers(federation: Federation, told: Processing, language: Language) -> Iterator[Controller]:
    schools: defaultdict[str, list[School]] = defaultdict(list)
    for school in federation.schools.values():
        schools[school.board or str(school.brin)].append(school)
    for whose in sorted(schools):
        known = told.controllers.get(whose)
        named = _by_name(schools[whose], language)
        alone = next(iter(named.values())) if schools[whose][0].board is None else whose
        yield Controller(
            id=whose,
            name=known.name if known else alone,
            contact=known.email if known else "",
            schools=tuple(f"{brin} {name}" for brin, name in named.items()),
        )


def _by_name(schools: list[School], language: Language) -> Mapping[str, str]:
    return {str(one.brin): in_language(one.names, language) for one in sorted(schools, key=lambda one: str(one.brin))}


def _activity(activity: Activity, seconds: int | None, language: Language) -> ActivityLine:
    title, purpose, people, data, recipients = (
        say(language, f"activity.{activity}.{part}") for part in ("title", "purpose", "people", "data", "recipients")
    )
    return ActivityLine(activity, title, purpose, people, data, recipients, _kept(activity, seconds, language), seconds)


def _kept(activity: Activity, seconds: int | None, language: Language) -> str:
    if seconds is None:
        return say(language, "register.until_ended" if activity is Activity.VAULT else "register.unsaid")
    if seconds == 0:
        return say(language, "register.forever")
    unit, size = next((unit, size) for unit, size in _UNITS if seconds % size == 0)
    return say(language, f"duration.{unit}", n=seconds // size)


def _activities(gateway: Gateway, federation: Federation) -> Iterator[tuple[Activity, int | None]]:
    """What the gateway does under this configuration; what it never does under it is left out."""
    lifetimes, retention = gateway.lifetimes, gateway.retention
    yield (Activity.RELEASE, 0)
    yield (Activity.LOGIN, _seconds(lifetimes.transaction))
    sessions = [one.sso for one in federation.schools.values() if one.sso.enabled]
    if sessions and any(one.sso for one in federation.services.values()):
        yield (Activity.SESSION, _seconds(max(lifetimes.session, *(one.absolute for one in sessions))))
    if any(isinstance(one.client, OidcClient) for one in federation.services.values()):
        renews = any(one.offline_access for one in federation.agreements)
        longest = lifetimes.access_token + (lifetimes.renewal if renews else timedelta())
        yield (Activity.FETCH, _seconds(longest))
    yield (Activity.LEDGER, _seconds(retention.ledger))
    yield (Activity.ANOMALIES, _seconds(retention.anomalies))
    yield (Activity.SUBJECTS, _seconds(retention.subjects))
    if any(EckIdSource.VAULT in one.eck_id_sources for one in federation.identity_providers.values()):
        yield (Activity.VAULT, None)
    if gateway.nummervoorziening is not None:
        yield (Activity.NUMMERVOORZIENING, _seconds(retention.anomalies))
    if federation.held_by_brin:
        yield (Activity.LINKS, _seconds(gateway.links.lifetime))
        yield (Activity.CONSENTS, _seconds(retention.consents))
    if federation.links_schools:
        yield (Activity.SCHOOL_LINKS, _seconds(timedelta(days=365)))
    yield (Activity.CHOICE, _seconds(timedelta(days=365)))
    yield (Activity.LOG, _seconds(gateway.processing.log) if gateway.processing.log else None)


def _seconds(duration: timedelta) -> int:
    return int(duration.total_seconds())


def _missing(told: Processing, controllers: tuple[Controller, ...]) -> Iterator[Missing]:
    if told.officer is None:
        yield Missing.OFFICER
    if told.acts_as == "processor" and any(not one.contact for one in controllers):
        yield Missing.CONTROLLERS
    if told.log is None:
        yield Missing.LOG
