"""Logins that wait for their person's consent: shown what goes, said yes or no to, each once, in its own browser."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256

from gateway.attributes import kept
from gateway.attributes.canonical import Reading
from gateway.attributes.values import RawAttributes
from gateway.domain.attribute import Attribute
from gateway.domain.clock import Clock
from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.kept_form import written
from gateway.domain.purpose import Purpose
from gateway.domain.randomness import Randomness
from gateway.domain.reduction import Reduction
from gateway.federation.models import IdentityProvider, IdpId, School, Service
from gateway.federation.snapshot import Federation
from gateway.login.kept_parts import held_as_kept, held_of, upstream_as_kept, upstream_of
from gateway.login.messages import Authentication
from gateway.login.sso.registry import Registry
from gateway.login.sso.session import minimal, needed_by
from gateway.login.steps import AskConsent
from gateway.login.transactions import Transaction, decode, encode
from gateway.observability import legs, reference
from gateway.pseudonyms.subject import SubjectKind
from gateway.release.consent import what_goes
from gateway.release.outcome import Outcome
from gateway.release.people import HeldLogin
from gateway.release.pipeline import Releases
from gateway.storage.contracts import ShortLivedStore


@dataclass(frozen=True, slots=True)
class Going:
    """One attribute that goes, its values as they go, and why."""

    attribute: Attribute
    values: tuple[str, ...] = field(repr=False)
    purpose: Purpose
    reduction: Reduction | None


@dataclass(frozen=True, slots=True)
class ConsentQuestion:
    """What the person is asked: the decision itself, in the order of the vocabulary. `shown` names this set."""

    service: Service
    school: School
    idp: IdentityProvider
    agreement: str
    identifier: SubjectKind
    going: tuple[Going, ...]
    shown: str


@dataclass(frozen=True, slots=True, repr=False)
class Pending:
    """A login that was verified, read, and waits."""

    transaction: Transaction
    authentication: Authentication
    reading: Reading
    held: HeldLogin


class Consenting:
    """Keeps logins that wait, and takes the answers. A logout in the browser ends what waits there."""

    def __init__(
        self,
        *,
        federation: Federation,
        releases: Releases,
        store: ShortLivedStore,
        registry: Registry,
        clock: Clock,
        randomness: Randomness,
        seconds: int,
    ) -> None:
        self._federation = federation
        self._releases = releases
        self._store = store
        self._registry = registry
        self._clock = clock
        self._randomness = randomness
        self._seconds = seconds

    def ask(self, pending: Pending) -> AskConsent:
        """Keep the login until its person has answered."""
        asked = self._randomness.token()
        self._store.put(_key(asked), _dump(pending, self._federation), seconds=self._seconds)
        return AskConsent(asked)

    def question(self, asked: str, browser: str) -> ConsentQuestion:
        """What goes, decided as things stand now. Raises SluisError LOGIN_*, or the one that refuses the login."""
        pending = self._open(asked, browser)
        outcome, service = self._proposed(pending), self._service(pending)
        purposes = service.attribute_sets[outcome.decision.agreement.attribute_set].purposes
        rulings = outcome.decision.rulings
        going = tuple(
            Going(one, outcome.released.values[one], purposes[one], rulings[one].reduction)
            for one in Attribute
            if one in outcome.released.values and one is not outcome.released.subject.kind.attribute
        )
        return ConsentQuestion(
            service=service,
            school=outcome.school,
            idp=self._federation.identity_providers[pending.authentication.idp],
            agreement=outcome.decision.agreement.reference,
            identifier=outcome.released.subject.kind,
            going=going,
            shown=_named(outcome),
        )

    def answer(self, asked: str, browser: str, *, shown: str | None) -> Pending | AskConsent:
        """A yes to the set that was `shown`, or a no (None), of which the login goes on; exactly one counts.

        Either is on record. A yes to another set than would go now is none: the person is asked again. Raises
        SluisError LOGIN_*.
        """
        pending = self._open(asked, browser)
        outcome = self._proposed(pending) if shown is not None else None
        if outcome is not None and shown != _named(outcome):
            return AskConsent(asked)
        if self._store.take(_key(asked)) is None:
            raise SluisError(ErrorCode.LOGIN_FINISHED)
        idp, service = self._federation.identity_providers[pending.authentication.idp], self._service(pending)
        if outcome is not None:
            what = what_goes(outcome)
            self._releases.consented(idp, pending.reading, service.id, what, now=self._clock.now())
        else:
            self._releases.refused_by_person(
                service=service,
                idp=idp,
                reading=pending.reading,
                school=pending.held.school,
                now=self._clock.now(),
                reference=reference.current(),
            )
        return pending

    def _proposed(self, pending: Pending) -> Outcome:
        return self._releases.proposed(
            service=self._service(pending),
            idp=self._federation.identity_providers[pending.authentication.idp],
            reading=pending.reading,
            now=self._clock.now(),
            held=pending.held,
        )

    def _service(self, pending: Pending) -> Service:
        return self._federation.services[pending.transaction.request.service]

    def _open(self, asked: str, browser: str) -> Pending:
        found = self._store.get(_key(asked)) if asked.isascii() and len(asked) < 100 else None
        if found is None:
            raise SluisError(ErrorCode.LOGIN_UNKNOWN, cause="this question was answered, or never asked")
        pending = _load(found)
        if pending.transaction.browser != browser:
            raise SluisError(ErrorCode.LOGIN_OTHER_BROWSER)
        if self._registry.last_logout(browser) not in ("", pending.transaction.after_logout):
            raise SluisError(ErrorCode.LOGIN_LOGGED_OUT, service=pending.transaction.request.service)
        reference.bind(pending.transaction.reference)
        legs.told(service=pending.transaction.request.service, idp=pending.authentication.idp)
        known = pending.transaction.request.service in self._federation.services
        if not known or pending.authentication.idp not in self._federation.identity_providers:
            raise SluisError(ErrorCode.LOGIN_UNKNOWN, cause="a party of it left the federation")
        return pending


def _named(outcome: Outcome) -> str:
    return sha256(what_goes(outcome).encode()).hexdigest()[:32]


def _key(asked: str) -> str:
    return f"consent:{asked}"


def _dump(pending: Pending, federation: Federation) -> bytes:
    """Of the identity that the person holds nothing but who it is; of what the school said what the service needs."""
    how = pending.authentication
    needed = needed_by((federation.services[pending.transaction.request.service],))
    fields = {
        "transaction": encode(pending.transaction).decode(),
        "idp": how.idp,
        "context": how.context,
        "instant": how.instant.timestamp(),
        "authorities": how.authorities,
        "session": upstream_as_kept(how.session),
        "reading": kept.dump(minimal(pending.reading, frozenset())).decode(),
        "held": held_as_kept(pending.held, needed),
    }
    return written(fields).encode()


def _load(found: bytes) -> Pending:
    """Raises SluisError LOGIN_UNKNOWN for what a gateway long before or after kept otherwise."""
    try:
        fields = json.loads(found)
        how = Authentication(
            IdpId(fields["idp"]),
            RawAttributes(()),
            fields["context"],
            datetime.fromtimestamp(fields["instant"], UTC),
            tuple(fields["authorities"]),
            upstream_of(fields["session"]),
        )
        held = held_of(fields["held"])
        assert held is not None
        return Pending(decode(fields["transaction"].encode()), how, kept.load(fields["reading"].encode()), held)
    except (ValueError, TypeError, KeyError) as cause:
        raise SluisError(ErrorCode.LOGIN_UNKNOWN, hint="kept by another version of the gateway") from cause
