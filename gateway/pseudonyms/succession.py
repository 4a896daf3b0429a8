"""A learner whom a service knew by one identifier has another: who tells the service, once (design 5).

The one exception to law 2: the identifier before goes beside the ECK iD in the login that brought the change, and in a
signed notice, to a service that wants to hear of it and to no other. It ends when the service has heard, or after 30
days.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from gateway.domain.fallback import Fallback
from gateway.federation.models import Agreement, Service
from gateway.pseudonyms.resolve import SubjectResolver, allowed_fallback
from gateway.pseudonyms.subject import Subject, SubjectKind
from gateway.storage.known_as import KnownAs
from gateway.storage.outbox import SqlOutbox


class Known(Protocol):
    """What services know accounts by; `gateway.storage.known_as` says what each call promises."""

    def find(self, account: str, service: str) -> KnownAs | None:
        """What is known."""
        ...

    def put(
        self, known: KnownAs, *, before: str | None, now: datetime, letter: bytes | None = None, outbox: SqlOutbox
    ) -> bool:
        """Keep it, and the letter about it."""
        ...


@dataclass(frozen=True, slots=True, repr=False)
class Change:
    """What is to be kept once the release is on record: `known` in place of the identifier `before`."""

    known: KnownAs
    before: str | None
    letter: bytes | None


@dataclass(frozen=True, slots=True, repr=False)
class Seen:
    """What a release has to do about it. `former` goes with it; `unexplained`: nobody said why the ECK iD changed."""

    former: str | None = None
    change: Change | None = None
    unexplained: bool = False


NOTHING = Seen()


@dataclass(frozen=True, slots=True, repr=False, kw_only=True)
class Release:
    """Who is released to whom.

    `account` is the hash of the local account, `replaced` what the school's administration says that this ECK iD took
    the place of, `reference` the login.
    """

    account: str
    service: Service
    agreement: Agreement
    subject: Subject
    replaced: Sequence[str]
    reference: str


class Successions:
    """Sees changes of identifiers, and has them told."""

    def __init__(self, *, known: Known, subjects: SubjectResolver, outbox: SqlOutbox) -> None:
        self._known = known
        self._subjects = subjects
        self._outbox = outbox

    def seen(self, one: Release) -> Seen:
        """What a release has to do; it changes nothing. Raises SluisError STORE_UNAVAILABLE."""
        wanted = one.service.succession
        if wanted is None:
            return NOTHING
        known, subject = self._known.find(one.account, one.service.id), one.subject
        if known is not None and known.identifier == subject.identifier:
            return Seen(known.former if wanted.attribute and known.reference == one.reference else None)
        if subject.kind is not SubjectKind.ECK_ID:
            # Also of an ECK iD that is gone: nothing is said of it, and the service hears when there is one again.
            return _changed(one, known, None)
        if known is None:
            return _changed(one, known, self._provisional(one))
        if known.kind == SubjectKind.ECK_ID:
            unexplained = known.identifier not in one.replaced
            return _changed(one, known, None if unexplained else known, unexplained=unexplained)
        return self._after_provisional(one, known)

    def keep(self, change: Change, now: datetime) -> None:
        """Keep what the release changed, and the notice of it. Raises SluisError STORE_UNAVAILABLE."""
        letter = None if change.letter is None else _dated(change.letter, now)
        self._known.put(change.known, before=change.before, now=now, letter=letter, outbox=self._outbox)

    def _after_provisional(self, one: Release, known: KnownAs) -> Seen:
        """Of an ECK iD that came, or came back: as another one perhaps, and then somebody should have said why."""
        lost = self._subjects.since_lost(one.account, one.service)
        if lost is None or lost == self._subjects.mark(one.subject.identifier):
            return _changed(one, known, known)
        replaced = next((value for value in one.replaced if self._subjects.mark(value) == lost), None)
        if replaced is None:
            return _changed(one, known, known, unexplained=True)
        return _changed(one, known, replace(known, kind=SubjectKind.ECK_ID.value, identifier=replaced))

    def _provisional(self, one: Release) -> KnownAs | None:
        """What a service that wants to hear of it since a short while knew the learner by, if it knew them."""
        if one.subject.kind is not SubjectKind.ECK_ID:
            return None
        if allowed_fallback(one.service, one.agreement) is not Fallback.PROVISIONAL:
            return None
        before = self._subjects.known_before(one.account, one.service)
        return None if before is None else _known(one, SubjectKind.PROVISIONAL, before, None)


def is_about(letter: bytes, account: str, references: Collection[str]) -> bool:
    """Whether a notice is about an account: by its own word, which no service is told, or by the login of the change.

    The account may have been moved since; `references` are of the logins that brought what is known of it now.
    """
    said = json.loads(letter)
    return said.get("account") == account or said["reference"] in references


def _known(one: Release, kind: SubjectKind, identifier: str, former: str | None) -> KnownAs:
    return KnownAs(
        account=one.account,
        service=one.service.id,
        kind=kind.value,
        identifier=identifier,
        reference=one.reference,
        former=former,
    )


def _changed(one: Release, known: KnownAs | None, told: KnownAs | None, *, unexplained: bool = False) -> Seen:
    """What the service knows from now on in place of `known`; `told` is the one before that it hears of."""
    wanted, subject = one.service.succession, one.subject
    assert wanted is not None
    former = told.identifier if told else None
    letter = None
    if told is not None and wanted.notices is not None:
        said = {
            "account": one.account,
            "reference": one.reference,
            "former": told.identifier,
            "former_kind": told.kind,
            "identifier": subject.identifier,
            "pairwise": subject.pairwise if one.service.knows_by_pairwise else None,
        }
        letter = json.dumps(said).encode()
    now_known = _known(one, subject.kind, subject.identifier, former)
    change = Change(now_known, known.identifier if known else None, letter)
    return Seen(former if wanted.attribute else None, change, unexplained)


def _dated(letter: bytes, now: datetime) -> bytes:
    return json.dumps({**json.loads(letter), "at": int(now.timestamp())}).encode()
