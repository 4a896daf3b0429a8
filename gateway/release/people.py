"""Whom a release is about: somebody as their school knows them, whichever identity they came with."""

from dataclasses import dataclass, replace
from datetime import datetime

from gateway.attributes.canonical import Reading
from gateway.attributes.institution import Institutions
from gateway.attributes.school import SchoolOfLogin, school_of
from gateway.domain.brin import Brin
from gateway.domain.clock import dutch_day
from gateway.domain.errors import ErrorCode, SluisError
from gateway.federation.models import IdentityProvider
from gateway.federation.snapshot import Federation
from gateway.release.link_content import LinkedAccount
from gateway.release.linked import LinkedAccounts
from gateway.release.provisioned import provisioned
from gateway.storage.vault_entry import VaultEntry


@dataclass(frozen=True, slots=True, repr=False)
class HeldLogin:
    """What a login with a user-held identity has beside its reading.

    `school` is the one that the person chose; `said` what that school said of them, if it was asked already; `by_link`
    that it did not know them, and a link did.
    """

    school: Brin
    said: Reading | None = None
    by_link: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class Principal:
    """Whoever logged in, as an identity provider says (SAML glossary): not yet who they are at their school.

    `account` is the keyed hash of the account there, if there is one; `held` is of a login with a user-held identity.
    """

    idp: IdentityProvider
    reading: Reading
    account: str | None
    held: HeldLogin | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Person:
    """Somebody as a school knows them: `reading` is what the school says, never what a user-held identity does.

    `account` is the keyed hash of the account that identifiers derive from, and `idp` whose account it is. `held`: they
    came with a user-held identity; `asked`: the school itself was asked about them, and `reading` is its answer;
    `link`: a link led to the account.
    """

    idp: IdentityProvider
    found: SchoolOfLogin
    reading: Reading
    account: str
    held: bool = False
    asked: bool = False
    link: LinkedAccount | None = None


class People:
    """Finds who somebody is at their school."""

    def __init__(self, *, federation: Federation, institutions: Institutions, links: LinkedAccounts) -> None:
        self._federation = federation
        self._institutions = institutions
        self._links = links

    def found_at(self, who: Principal) -> SchoolOfLogin:
        """The school: the one that a school's identity provider names, or that a person with eduID chose.

        Raises SluisError BRIN_*, or USER_HELD_SCHOOL_MISSING.
        """
        idp, held = who.idp, who.held
        if not idp.user_held:
            return school_of(who.reading.attributes, idp, self._federation)
        if held is None or held.school not in idp.schools:
            raise SluisError(ErrorCode.USER_HELD_SCHOOL_MISSING, hint=str(idp.id))
        return SchoolOfLogin(self._federation.schools[held.school], None)

    def of_school(self, who: Principal, found: SchoolOfLogin) -> Person:
        """Who logged in at their school. Raises SluisError ACCOUNT_MISSING."""
        return Person(who.idp, found, who.reading, _account(who))

    def of_user_held(self, who: Principal, held: HeldLogin, found: SchoolOfLogin, *, now: datetime) -> Person:
        """Who came with a user-held identity, by what the school says of it; else by what it said of a linked account.

        Raises SluisError ACCOUNT_MISSING, INSTITUTION_UNREACHABLE, or as `LinkedAccounts.find` does.
        """
        account, said, api = _account(who), held.said, found.school.at_eduid.api
        if said is None and api is not None and not held.by_link:
            said = self._institutions.ask(found.school, api, who.reading.eduid, today=dutch_day(now))
        if said is not None:
            return Person(who.idp, found, said, account, held=True, asked=True)
        linked = self._links.find(account, found.school.brin, now=now)
        there = school_of(linked.reading.attributes, linked.idp, self._federation)
        return Person(linked.idp, there, linked.reading, linked.row.linked, held=True, link=linked)


def _account(who: Principal) -> str:
    if who.account is None:
        raise SluisError(ErrorCode.ACCOUNT_MISSING, hint=str(who.idp.id))
    return who.account


def with_provisioned(person: Person, entry: VaultEntry | None) -> Person:
    """The person with what the school's administration said beside."""
    if entry is None or (entry.adult is None and entry.branch is None):
        return person
    reading, found = provisioned(person.reading, person.found, entry)
    return replace(person, found=found, reading=reading)
