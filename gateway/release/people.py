"""Whom a release is about: somebody as their school knows them, whichever identity they came with."""

from dataclasses import dataclass, replace
from datetime import datetime

from gateway.attributes.canonical import Reading
from gateway.attributes.institution import Institutions
from gateway.attributes.school import SchoolOfLogin, school_of
from gateway.attributes.values import Attributes
from gateway.domain.attribute import Attribute
from gateway.domain.brin import Brin
from gateway.domain.clock import dutch_day
from gateway.domain.errors import ErrorCode, SluisError
from gateway.federation.models import IdentityProvider
from gateway.federation.snapshot import Federation
from gateway.storage.vault_entry import VaultEntry


@dataclass(frozen=True, slots=True, repr=False)
class HeldLogin:
    """What a login with a user-held identity has beside its reading.

    `school` is the one that the person chose; `said` what that school said of them, if it was asked already.
    """

    school: Brin
    said: Reading | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Person:
    """Somebody as a school knows them: `reading` is what the school says, never what a user-held identity does.

    `account` is the keyed hash of the account that identifiers derive from. `held`: they came with a user-held
    identity; `asked`: the school itself was asked about them, and `reading` is its answer.
    """

    found: SchoolOfLogin
    reading: Reading
    account: str
    held: bool = False
    asked: bool = False


class People:
    """Finds who somebody is at their school."""

    def __init__(self, *, federation: Federation, institutions: Institutions) -> None:
        self._federation = federation
        self._institutions = institutions

    def found_at(self, idp: IdentityProvider, reading: Reading, held: HeldLogin | None) -> SchoolOfLogin:
        """The school: the one that a school's identity provider names, or that a person with eduID chose.

        Raises SluisError BRIN_*, or USER_HELD_SCHOOL_MISSING.
        """
        if not idp.user_held:
            return school_of(reading.attributes, idp, self._federation)
        if held is None or held.school not in idp.schools:
            raise SluisError(ErrorCode.USER_HELD_SCHOOL_MISSING, hint=str(idp.id))
        return SchoolOfLogin(self._federation.schools[held.school], None)

    def of_school(self, idp: IdentityProvider, reading: Reading, found: SchoolOfLogin, account: str | None) -> Person:
        """Who logged in at their school. Raises SluisError ACCOUNT_MISSING."""
        if account is None:
            raise SluisError(ErrorCode.ACCOUNT_MISSING, hint=str(idp.id))
        return Person(found, reading, account)

    def of_user_held(
        self,
        idp: IdentityProvider,
        reading: Reading,
        found: SchoolOfLogin,
        account: str | None,
        *,
        said: Reading | None,
        now: datetime,
    ) -> Person:
        """Who came with a user-held identity, by what the school says of it.

        Raises SluisError ACCOUNT_MISSING, INSTITUTION_UNREACHABLE, or USER_HELD_NOT_KNOWN when the school
        says nothing.
        """
        if account is None:
            raise SluisError(ErrorCode.ACCOUNT_MISSING, hint=str(idp.id))
        api = found.school.at_eduid.api
        if said is None and api is not None:
            said = self._institutions.ask(found.school, api, reading.eduid, today=dutch_day(now))
        if said is None:
            raise SluisError(ErrorCode.USER_HELD_NOT_KNOWN, hint=str(found.school.brin))
        return Person(found, said, account, held=True, asked=True)


def with_provisioned(person: Person, entry: VaultEntry | None) -> Person:
    """The person with what the school's administration said beside: a branch, and whether they are of age.

    What the login says of a branch comes first. Of age is who nobody of the two says is a minor.
    """
    if entry is None or (entry.adult is None and entry.branch is None):
        return person
    reading, found = person.reading, person.found
    if found.branch is None and entry.branch is not None:
        found = replace(found, branch=Brin(entry.branch))
    if entry.adult is not None:
        attributes = reading.attributes
        if _SAY_AGE.isdisjoint(attributes.values):
            said = str(entry.adult).lower()
            attributes = Attributes({**attributes.values, Attribute.ADULT: (said,)})
        adult = entry.adult and reading.adult is not False
        reading = replace(reading, attributes=attributes, adult=adult)
    return replace(person, found=found, reading=reading)


_SAY_AGE = frozenset({Attribute.ADULT, Attribute.BIRTH_DATE})
