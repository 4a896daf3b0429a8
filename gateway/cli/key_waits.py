"""What each key does now, and when it may take its next step: what still depends on it, and until when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.domain.key_ring import KeyState
from gateway.saml.documents import VALIDITY
from gateway.settings.models.gateway import Lifetimes
from gateway.settings.models.keys import KeyEntry

DAY = timedelta(days=1)
TAKEN_UP = timedelta(minutes=10)
"""For every machine of a gateway to take the configuration, where nobody else has to learn of a key."""

RINGS = ("saml_signing", "saml_decryption", "oidc_signing", "sealing", "pseudonyms", "ledger")

_UNKNOWN = "the database cannot be read, so nobody knows what hangs on it"

_DOES: Mapping[str, Mapping[KeyState, str]] = {
    "saml_signing": {
        KeyState.NEXT: "published in the metadata; signs nothing yet",
        KeyState.ACTIVE: "signs SAML messages and metadata",
        KeyState.PREVIOUS: "published still; signs nothing",
    },
    "saml_decryption": {
        KeyState.NEXT: "published: schools may encrypt for it already",
        KeyState.ACTIVE: "published: schools encrypt for it",
        KeyState.PREVIOUS: "opens what schools with older metadata encrypt; published no more",
    },
    "oidc_signing": {
        KeyState.NEXT: "published at /oidc/jwks; signs nothing yet",
        KeyState.ACTIVE: "signs tokens",
        KeyState.PREVIOUS: "published still; signs nothing",
    },
    "sealing": {
        KeyState.NEXT: "would open; seals nothing yet",
        KeyState.ACTIVE: "seals what is stored of logins, and browsers' cookies",
        KeyState.PREVIOUS: "opens what it sealed; seals nothing",
    },
    "pseudonyms": {
        KeyState.NEXT: "derives nothing yet",
        KeyState.ACTIVE: "derives the identifiers of new learners",
        KeyState.PREVIOUS: "derives the identifiers of learners whom services know by it; for ever",
    },
    "ledger": {
        KeyState.NEXT: "chains nothing yet",
        KeyState.ACTIVE: "chains the rows of the ledger and hashes the learners in it",
        KeyState.PREVIOUS: "proves the rows that it chained, and finds their learners",
    },
}


@dataclass(frozen=True, slots=True)
class Wait:
    """Whether a step may be taken: from when on (None: not by waiting), why, and what it costs to take it before.

    `cost` is None where no force can take the step: what would be lost does not come back.
    """

    until: datetime | None
    why: str
    cost: str | None = None

    def is_over(self, now: datetime) -> bool:
        """Whether the step may be taken."""
        return self.until is not None and self.until <= now


@dataclass(frozen=True, slots=True)
class Dependents:
    """What lies in the database by a key; None: nobody can tell.

    Rows of subjects (pseudonyms), chains of the ledger, keys of schools and identifiers that it sealed, and account
    links (sealing).
    """

    subjects: int | None
    chains: int | None
    schools: int | None
    links: int | None


def does(ring: str, state: KeyState) -> str:
    """What a key does in this state, in words."""
    return "not read any more" if state is KeyState.RETIRED else _DOES[ring][state]


def before_activating(ring: str, entry: KeyEntry) -> Wait:
    """When a `next` key may become the active one."""
    match ring:
        case "saml_signing":
            why = f"whoever reads the metadata by itself has it {VALIDITY.days} days later; ask the others"
            cost = "a party that does not know it yet refuses every login until it has the new metadata"
            return Wait(entry.since + VALIDITY, why, cost)
        case "oidc_signing":
            why = "clients may keep the key set for an hour, and some for a day"
            return Wait(
                entry.since + DAY, why, "a client with an older key set refuses tokens until it fetches it anew"
            )
        case _:
            why = "every machine must have been reloaded with it first"
            return Wait(entry.since + TAKEN_UP, why, "logins under way are lost on a machine that does not know it yet")


def before_retiring(ring: str, entry: KeyEntry, lifetimes: Lifetimes, dependents: Dependents) -> Wait:
    """When a key may retire that is not the active one."""
    if ring in ("pseudonyms", "ledger"):
        return (_pseudonyms if ring == "pseudonyms" else _ledger)(entry, dependents)
    if entry.state is KeyState.NEXT and ring != "saml_decryption":
        return Wait(entry.since, "nothing was made with it")
    match ring:
        case "saml_signing":
            cost = "answers that it signed and that are on their way are refused"
            return Wait(entry.since + DAY, "a day, so that nothing that it signed is on its way", cost)
        case "saml_decryption":
            return _decryption(entry)
        case "oidc_signing":
            cost = "clients refuse tokens that it signed just now"
            return Wait(entry.since + DAY, "a day, so that no client has still to check what it signed", cost)
        case "sealing":
            return _sealing(entry, lifetimes, dependents)
    raise ValueError(ring)


def _decryption(entry: KeyEntry) -> Wait:
    why = f"schools may encrypt for it until the metadata that names it ends, {VALIDITY.days} days later"
    cost = "a school that encrypts for it has no logins until it has the new metadata"
    if entry.state is KeyState.PREVIOUS:
        return Wait(entry.since + VALIDITY, why, cost)
    # Announced, and then not wanted after all: its days begin when it is no longer published.
    return Wait(None, f"it is published: make it `state: previous` by hand and reload; {why}", cost)


def _sealing(entry: KeyEntry, lifetimes: Lifetimes, dependents: Dependents) -> Wait:
    if dependents.schools is None or dependents.links is None:
        return Wait(None, _UNKNOWN)
    if dependents.schools:
        return Wait(
            None,
            f"keys of schools and identifiers that it seals: {dependents.schools}; `sluis vault reseal` first",
        )
    if dependents.links:
        return Wait(None, f"account links that it seals: {dependents.links}; `sluis links reseal` first")
    # A session that lasts a day may answer a login in its last minute, which then lasts as long as any.
    longest = DAY + max(lifetimes.session, lifetimes.renewal)
    why = "nothing sealed with it lives longer: logins, sessions and what they gave, tokens that may be renewed"
    return Wait(entry.since + longest, why, "logins under way and tokens that may be renewed are lost")


def _pseudonyms(entry: KeyEntry, dependents: Dependents) -> Wait:
    if entry.state is KeyState.NEXT:
        return Wait(None, "it has derived nothing yet: delete its entry instead")
    known = "" if dependents.subjects is None else f"; {dependents.subjects} records name it"
    return Wait(None, f"learners are known by what it derived, those with an ECK iD without any record of it{known}")


def _ledger(entry: KeyEntry, dependents: Dependents) -> Wait:
    if dependents.chains is None:
        return Wait(None, _UNKNOWN)
    if dependents.chains:
        return Wait(None, f"{dependents.chains} of the ledger's chains can be proven by it alone")
    return Wait(entry.since, "no chain of the ledger was made with it")
