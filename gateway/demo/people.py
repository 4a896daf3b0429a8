"""Who can log in at the demo's schools, and what to expect of it."""

from dataclasses import dataclass
from hashlib import sha512
from uuid import NAMESPACE_DNS, uuid5

_ENTREE = "urn:oasis:names:tc:SAML:2.0:attrname-format:basic"
_URI = "urn:oasis:names:tc:SAML:2.0:attrname-format:uri"
_MACE = "urn:mace:dir:attribute-def:"
ADULT = "urn:x:adult"
"""The entitlement by which an attribute API of the demo says that somebody is of age."""
ACR = "https://eduid.nl/trust/linked-institution"
"""How sure eduID is of everybody here (domain facts 5.3)."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account at a school. `expect` says what the services will show."""

    account: str
    given_name: str
    surname: str
    role: str
    expect: str
    prefix: str = ""
    group: str = ""
    number: str = ""
    has_eck_id: bool = True
    adult: bool = False

    def eck_id(self) -> str:
        """A made-up ECK iD of the test environment."""
        return f"https://ketenid.nl/pilot/{sha512(f'demo:{self.account}'.encode()).hexdigest()}"


@dataclass(frozen=True, slots=True)
class DemoSchool:
    """A school of the demo, its host, and the dialect that it speaks."""

    id: str
    name: str
    host: str
    brin: str
    domain: str
    dialect: str
    people: tuple[Person, ...]
    says_adult: bool = False
    eduid: tuple[tuple[str, str], ...] = ()
    """Which eduIDs it knows, and whose they are here: accounts at eduID and at the school."""
    aims_at: str = ""
    """Of eduID: at whom it aims its identifiers, where that does not depend on who asks."""

    def known_by_eduid(self) -> dict[str, Person]:
        """Its people by their account at eduID."""
        accounts = {person.account: person for person in self.people}
        return {holder: accounts[account] for holder, account in self.eduid}

    def attributes(self, person: Person) -> list[tuple[str, str]]:
        """What this school sends of a person: more than any service may have."""
        match self.dialect:
            case "entree":
                return _entree(self, person)
            case "eduid":
                return _eduid_claims(self, person) if self.aims_at else _eduid(self, person)
        return _surf(self, person)

    @property
    def name_format(self) -> str:
        """The NameFormat of its attributes."""
        return _ENTREE if self.dialect == "entree" else _URI


def _entree(school: DemoSchool, person: Person) -> list[tuple[str, str]]:
    return [
        ("uid", f"{person.account}@{school.domain}"),
        ("employeeNumber", person.number),
        ("givenName", person.given_name),
        ("nlEduPersonTussenvoegsels", person.prefix),
        ("sn", person.surname),
        ("mail", f"{person.account}@{school.domain}"),
        ("eduPersonAffiliation", person.role),
        ("nlEduPersonHomeOrganizationId", school.brin),
        ("nlEduPersonHomeOrganization", school.name),
        ("nlEduPersonUnit", person.group),
        ("eckId", person.eck_id() if person.has_eck_id else ""),
        *([("isAdult", str(person.adult).lower())] if school.says_adult else []),
    ]


def _eduid(school: DemoSchool, person: Person) -> list[tuple[str, str]]:
    """What a person chose to say of themselves, and the identifiers that stay inside the gateway."""
    return [
        ("urn:mace:eduid.nl:1.1", aimed(person.account, school.domain)),
        (
            "urn:oasis:names:tc:SAML:attribute:subject-id",
            f"{uuid5(NAMESPACE_DNS, f'{person.account}.{school.domain}')}@{school.domain}",
        ),
        (_MACE + "givenName", person.given_name),
        (_MACE + "sn", person.surname),
        (_MACE + "mail", f"{person.account}@private.example"),
    ]


def aimed(account: str, institution: str) -> str:
    """The eduID of somebody as one institution knows it."""
    return str(uuid5(NAMESPACE_DNS, f"aimed.{account}.{institution}"))


def _eduid_claims(school: DemoSchool, person: Person) -> list[tuple[str, str]]:
    """The same as claims of OpenID Connect."""
    return [
        ("eduid", aimed(person.account, school.aims_at)),
        ("subject_id", f"{uuid5(NAMESPACE_DNS, f'{person.account}.{school.domain}')}@{school.domain}"),
        ("given_name", person.given_name),
        ("family_name", person.surname),
        ("email", f"{person.account}@private.example"),
    ]


def _surf(school: DemoSchool, person: Person) -> list[tuple[str, str]]:
    return [
        (_MACE + "eduPersonPrincipalName", f"{person.account}@{school.domain}"),
        (_MACE + "employeeNumber", person.number),
        (_MACE + "givenName", person.given_name),
        (_MACE + "sn", f"{person.prefix} {person.surname}".strip()),
        (_MACE + "mail", f"{person.account}@{school.domain}"),
        (_MACE + "eduPersonAffiliation", person.role),
        ("urn:mace:terena.org:attribute-def:schacHomeOrganization", school.domain),
        (_MACE + "ou", person.group),
        ("urn:mace:surf.nl:attribute-def:eckid", person.eck_id() if person.has_eck_id else ""),
    ]


# fmt: off
PUPIL = Person("fenna", "Fenna", "Vries", "student", "ECK iD and first name at both", "de", "groep 6", "P-1001")
NEW_PUPIL = Person("noor", "Noor", "Smit", "student", "no ECK iD yet: an identifier made by the gateway, another at each", "", "groep 3", "P-1003", has_eck_id=False)
TEACHER = Person("juf-els", "Els", "Jong", "employee", "a teacher: the role says so at Leesplein", "de", "", "P-9001")
MBO = DemoSchool(
    id="vuurtoren",
    name="Vuurtoren mbo",
    host="127.0.0.8",
    brin="99XD",
    domain="vuurtoren.example",
    dialect="entree",
    people=(
        Person("mo", "Mo", "Hassan", "student", "of age: may link the eduID of Mo, and is known by either", "", "MZ2", "P-3001", adult=True),
        Person("sam", "Sam", "Kok", "student", "a minor: cannot use eduID", "", "MZ1", "P-3002"),
        Person("lotte", "Lotte", "Berg", "student", "a guest of Petteflat College: link the two at /link of the gateway", "van den", "MZ1", "P-3003", has_eck_id=False),
    ),
    says_adult=True,
)
MBO_WITH_API = DemoSchool(
    id="waterkant",
    name="Waterkant mbo",
    host="127.0.0.10",
    brin="99XE",
    domain="waterkant.example",
    dialect="entree",
    people=(
        Person("els", "Els", "Jong", "student", "of age: eduID needs no link, the school itself says whose it is", "de", "IT2", "P-4001", adult=True),
        Person("daan-b", "Daan", "Bakker", "student", "a minor: cannot use eduID", "", "IT1", "P-4002"),
        Person("yara", "Yara", "Meijer", "student", "new: while she logs in her ECK iD is asked of Nummervoorziening", "", "IT1", "P-4003", has_eck_id=False),
        Person("bram", "Bram", "Dijk", "student", "new too: no ECK iD until the operator gets it by batch", "van", "IT1", "P-4004", has_eck_id=False),
    ),
    says_adult=True,
    eduid=(("els-privé", "els"), ("daan-privé", "daan-b")),
)
BY_STAMPSEUDONYM, BY_HASH = MBO_WITH_API.people[-2:]
"""Of whom the administration knows a stampseudonym, and a first level hash."""
EDUID = DemoSchool(
    id="eduid",
    name="eduID",
    host="127.0.0.9",
    brin="",
    domain="eduid.example",
    dialect="eduid",
    people=(
        Person("mo-privé", "Mohammed", "Hassan", "eduID", "choose eduID at Vuurtoren mbo for Schrijfmaatje; then Mo at school"),
        Person("sam-privé", "Sammie", "Kok", "eduID", "the same, but Sam is a minor: sent to the school"),
    ),
)
OPENID_EDUID = DemoSchool(
    id="eduid-openid",
    name="eduID (OpenID)",
    host="127.0.0.11",
    brin="",
    domain="eduid.example",
    dialect="eduid",
    people=(
        Person("els-privé", "Elsje", "Jong", "eduID", "choose eduID at Waterkant mbo for Schrijfmaatje: the ECK iD of Els"),
        Person("daan-privé", "Daantje", "Bakker", "eduID", "the same, but Daan is a minor: sent to the school"),
    ),
    aims_at=MBO_WITH_API.id,
)
EXAMPLE_SCHOOLS = (
    DemoSchool(
        id="regenboog",
        name="De Regenboog",
        host="127.0.0.2",
        brin="99XA00",
        domain="regenboog.example",
        dialect="entree",
        people=(
            PUPIL,
            Person("daan", "Daan", "Bakker", "student", "ECK iD and first name at both", "", "groep 6", "P-1002"),
            NEW_PUPIL,
            TEACHER,
        ),
    ),
    DemoSchool(
        id="petteflat",
        name="Petteflat College",
        host="127.0.0.3",
        brin="99XB",
        domain="petteflat.example",
        dialect="surf",
        people=(
            Person("sem", "Sem", "Visser", "student", "in at Leesplein; no agreement with Rekentuin", "", "H2A", "P-2001"),
            Person("lotte", "Lotte", "Berg", "student", "in at Leesplein; no agreement with Rekentuin", "van den", "V4", "P-2002"),
        ),
    ),
)
# fmt: on
"""Those of the example in `config/`."""
SCHOOLS = (*EXAMPLE_SCHOOLS, MBO, EDUID, MBO_WITH_API)
"""Those that speak SAML; all schools are, and eduID as SURFconext offers it."""
PROVIDERS = (*SCHOOLS, OPENID_EDUID)
"""Everybody whom people log in at."""


@dataclass(frozen=True, slots=True)
class DemoService:
    """A service of the demo, and its host."""

    id: str
    name: str
    host: str
    signs_requests: bool = False


SERVICES = (
    DemoService("rekentuin", "Rekentuin", "127.0.0.4"),
    DemoService("leesplein", "Leesplein", "127.0.0.5", signs_requests=True),
)
"""Those that speak SAML."""
CLIENTS = (DemoService("schrijfmaatje", "Schrijfmaatje", "127.0.0.7"),)
"""Those that speak OpenID Connect."""
GATEWAY_HOST = "127.0.0.1"
GUIDE_HOST = "127.0.0.6"
NUMMERVOORZIENING_HOST = "127.0.0.12"
