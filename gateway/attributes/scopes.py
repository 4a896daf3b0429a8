"""Whether what an identity provider says of a domain is its to say."""

from dataclasses import dataclass

from gateway.domain.brin import Brin
from gateway.domain.protocol import Protocol
from gateway.federation.metadata.scopes import NO_SCOPES, Scopes
from gateway.federation.models import IdentityProvider, School
from gateway.federation.snapshot import Federation


@dataclass(frozen=True, slots=True)
class OwnScopes:
    """The domains in which one identity provider may speak of people.

    They are those that its metadata names, if it names any, but never the domain of a registered school that it does
    not speak for: whatever metadata claims, the configuration says whose a school is.
    """

    declared: Scopes
    schools: frozenset[Brin]
    federation: Federation

    def allow(self, scope: str) -> bool:
        """For what stands behind the @ of a scoped value (eduPerson 202208, 2.2.9)."""
        school = self.federation.school_by_domain(scope.lower())
        return self.declared.allow(scope) and (school is None or school.brin in self.schools)

    def allow_realm(self, realm: str) -> bool:
        """For a realm in which an identifier names somebody (domain facts 1.4): anything but another board's school's.

        It need not be one of the domains in metadata, nor a domain at all; and a board that has one realm for all its
        schools answers for all of them.
        """
        named = self.federation.schools_of_realm(realm.lower())
        return not named or any(school.brin in self.schools or self._is_of_own_board(school) for school in named)

    def _is_of_own_board(self, school: School) -> bool:
        own = (self.federation.schools.get(brin) for brin in self.schools)
        return school.board is not None and any(one is not None and one.board == school.board for one in own)

    def allow_school(self, domain: str) -> bool:
        """For the domain that names the school itself; whether it speaks for that school is judged elsewhere."""
        return self.declared.allow(domain)


def own_scopes(idp: IdentityProvider, federation: Federation) -> OwnScopes:
    """Those of this identity provider. An OpenID provider names none."""
    declared = idp.saml.scopes if idp.protocol is Protocol.SAML else NO_SCOPES
    return OwnScopes(declared, idp.schools, federation)


def institution_scopes(school: School, federation: Federation) -> OwnScopes:
    """Those of a school that answers for itself: of no other institution."""
    return OwnScopes(NO_SCOPES, federation.of_institution(school.brin), federation)


def realms_of(value: str) -> tuple[str, ...]:
    """The realms in an identifier: what stands behind each @, or the domains among the parts of a URN."""
    if value[:4].lower() == "urn:":
        return tuple(part for part in value.split(":") if "." in part)
    return tuple(value.split("@")[1:])


def scope_of(value: str) -> str:
    """What stands behind the only @ of a value; with none or with several, all of it, which is nobody's scope."""
    return value.partition("@")[2] if value.count("@") == 1 else value
