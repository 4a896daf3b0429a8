"""A federation as large as wanted: schools with an identity provider each, services, agreements, one signed aggregate.

Entities look like those of real aggregates: two certificates, scopes, names, descriptions and logos (one in ten of them
in the document itself), an organisation, contacts, entity categories, who registered them and when.
"""

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from lxml import etree

from gateway.domain.brin import Brin
from gateway.xml.keys import SigningKey
from gateway.xml.namespaces import DS, MD, MDUI, SAMLP, SHIBMD
from gateway.xml.signatures import sign
from tests.support.signing_keys import signing_key

SOURCE = "federation"
SIGNER = signing_key("large federation")
_POOL = 8
_BOARDS = 500
_BUSY = 20
"""So many services have an agreement with every board, the others with a few."""
_LOGO = b64encode(bytes(range(256)) * 12).decode()
_PREFIXES = (
    f'xmlns:md="{MD}" xmlns:ds="{DS}" xmlns:mdui="{MDUI}" xmlns:shibmd="{SHIBMD}"'
    ' xmlns:mdrpi="urn:oasis:names:tc:SAML:metadata:rpi" xmlns:mdattr="urn:oasis:names:tc:SAML:metadata:attribute"'
    ' xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"'
)


@dataclass(frozen=True, slots=True)
class LargeFederation:
    """Its size, and how its parties are named; they are numbered from 0."""

    identity_providers: int
    services: int

    def idp(self, number: int) -> str:
        return f"https://idp.school-{number}.example/saml"

    def service(self, number: int) -> str:
        return f"https://service-{number}.example/sp"

    def brin(self, number: int) -> Brin:
        hundreds = number // 100
        return Brin(f"{number % 100:02}{chr(65 + hundreds // 26)}{chr(65 + hundreds % 26)}")

    def key(self, number: int) -> SigningKey:
        """The key of a party; some share one, with a certificate each."""
        return signing_key(f"large federation {number % _POOL}")

    def document(self, *, changed: int = 0) -> bytes:
        """The aggregate; another for each `changed`, with the same parties."""
        entities = "".join((*self._idps(changed), *self._services()))
        root = etree.fromstring(
            f'<md:EntitiesDescriptor {_PREFIXES} ID="_all" validUntil="2036-01-01T00:00:00Z">{entities}'
            "</md:EntitiesDescriptor>",
            etree.XMLParser(huge_tree=True),
        )
        sign(root, SIGNER)
        return etree.tostring(root)

    def write(self, directory: Path, where: str) -> None:
        """The entries, into a fresh configuration; `where` is `url: ...` or `file: ...` of the aggregate."""
        files = {
            f"metadata/{SOURCE}.yaml": f"id: {SOURCE}\n{where}\ncertificates: [{SOURCE}.crt]\nrefresh: 7d\n",
            "schools/all.yaml": "".join(map(self._school, range(self.identity_providers))),
            "identity-providers/all.yaml": "".join(map(self._idp_entry, range(self.identity_providers))),
            "services/all.yaml": "".join(map(self._service_entry, range(self.services))),
            "agreements/all.yaml": "".join(map(self._agreement, range(self.services))),
        }
        for file, content in files.items():
            (directory / file).parent.mkdir(exist_ok=True)
            (directory / file).write_text(content, "utf-8")
        (directory / f"metadata/{SOURCE}.crt").write_bytes(SIGNER.certificate.public_bytes(Encoding.PEM))

    @property
    def _boards(self) -> int:
        return min(_BOARDS, self.identity_providers)

    def _school(self, number: int) -> str:
        return (
            f"- brin: {self.brin(number)}\n  names: {{nl: School {number}, en: School {number}}}\n  sector: po\n"
            f"  board: board-{number % self._boards}\n  place: Plaats {number % 300}\n"
            f"  domains: [school-{number}.example]\n"
        )

    def _idp_entry(self, number: int) -> str:
        return (
            f"- id: school-{number}\n  names: {{nl: School {number}, en: School {number}}}\n"
            f"  metadata_source: {SOURCE}\n  entity_id: {self.idp(number)}\n  dialect: entree\n"
            f"  schools: [{self.brin(number)}]\n"
        )

    def _service_entry(self, number: int) -> str:
        return (
            f"- id: service-{number}\n  names: {{nl: Dienst {number}, en: Service {number}}}\n"
            f"  supplier: {{name: Uitgever {number % 300}, contact: a@uitgever-{number % 300}.example}}\n"
            f"  metadata_source: {SOURCE}\n  entity_id: {self.service(number)}\n  sectors: [po]\n  attribute_sets:\n"
            "    1: {eck_id: access, given_name: greeting, surname: class-list, role: access, school: access,"
            " school_name: greeting}\n"
        )

    def _agreement(self, number: int) -> str:
        boards = range(self._boards) if number < _BUSY else range(number % self._boards, self._boards, 25)
        named = ", ".join(f"board-{one}" for one in boards)
        return (
            f"- service: service-{number}\n  attribute_set: 1\n  boards: [{named}]\n"
            f"  from: 2020-01-01\n  reference: A-{number}\n"
        )

    def _idps(self, changed: int) -> Iterator[str]:
        for number in range(self.identity_providers):
            name = f"School {number}" + (f" ({changed})" if changed and not number % 100 else "")
            yield (
                f'<md:EntityDescriptor entityID="{self.idp(number)}">{_registered("categories/hide-from-discovery")}'
                f'<md:IDPSSODescriptor protocolSupportEnumeration="{SAMLP}"><md:Extensions>'
                f'<shibmd:Scope regexp="false">school-{number}.example</shibmd:Scope>{_shown(name, number)}'
                f"</md:Extensions>{self._keys(number)}<md:NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:transient</md:NameIDFormat>"
                + "".join(
                    f'<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:{binding}"'
                    f' Location="https://idp.school-{number}.example/sso/{binding}"/>'
                    for binding in ("HTTP-Redirect", "HTTP-POST", "SOAP")
                )
                + f"</md:IDPSSODescriptor>{_people(name, number)}</md:EntityDescriptor>"
            )

    def _services(self) -> Iterator[str]:
        for number in range(self.services):
            name = f"Dienst {number}"
            yield (
                f'<md:EntityDescriptor entityID="{self.service(number)}">'
                f"{_registered('category/research-and-scholarship')}"
                f'<md:SPSSODescriptor AuthnRequestsSigned="true" protocolSupportEnumeration="{SAMLP}">'
                f"<md:Extensions>{_shown(name, number)}</md:Extensions>{self._keys(number, 'signing')}"
                '<md:AssertionConsumerService index="0" Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"'
                f' Location="https://service-{number}.example/acs"/>'
                f"</md:SPSSODescriptor>{_people(name, number)}</md:EntityDescriptor>"
            )

    def _keys(self, number: int, *uses: str) -> str:
        return "".join(
            f'<md:KeyDescriptor use="{use}"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>'
            f"{_certificate(self.key(number), f'{use} {number}')}"
            "</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
            for use in uses or ("signing", "encryption")
        )


_AUTHORITY = ec.generate_private_key(ec.SECP256R1())


def _certificate(key: SigningKey, name: str) -> str:
    """A certificate of its own, signed in a fraction of the time that RSA takes."""
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority")]))
        .public_key(key.private_key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2036, 1, 1, tzinfo=UTC))
        .sign(_AUTHORITY, SHA256())
    )
    text = b64encode(certificate.public_bytes(Encoding.DER)).decode()
    return "\n".join(text[at : at + 64] for at in range(0, len(text), 64))


def _registered(category: str) -> str:
    return (
        '<md:Extensions><mdrpi:RegistrationInfo registrationAuthority="https://www.registrar.example/"'
        ' registrationInstant="2019-05-06T07:08:09Z"><mdrpi:RegistrationPolicy xml:lang="en">'
        "https://www.registrar.example/policy</mdrpi:RegistrationPolicy></mdrpi:RegistrationInfo>"
        '<mdattr:EntityAttributes><saml:Attribute Name="http://macedir.org/entity-category"'
        ' NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:uri">'
        f"<saml:AttributeValue>http://refeds.org/{category}</saml:AttributeValue></saml:Attribute>"
        "</mdattr:EntityAttributes></md:Extensions>"
    )


def _shown(name: str, number: int) -> str:
    logo = f"https://static.party-{number}.example/logo.png" if number % 10 else f"data:image/png;base64,{_LOGO}"
    return (
        f'<mdui:UIInfo><mdui:DisplayName xml:lang="nl">{name}</mdui:DisplayName><mdui:DisplayName xml:lang="en">{name}'
        f'</mdui:DisplayName><mdui:Description xml:lang="nl">{name}, {"voor wie er leert of werkt. " * 6}'
        f'</mdui:Description><mdui:InformationURL xml:lang="nl">https://www.party-{number}.example/</mdui:InformationURL>'
        f'<mdui:Logo height="60" width="80">{logo}</mdui:Logo></mdui:UIInfo>'
    )


def _people(name: str, number: int) -> str:
    contacts = "".join(
        f'<md:ContactPerson contactType="{kind}"><md:GivenName>Beheer</md:GivenName>'
        f"<md:EmailAddress>mailto:{kind}@party-{number}.example</md:EmailAddress></md:ContactPerson>"
        for kind in ("technical", "support", "administrative")
    )
    return (
        f'<md:Organization><md:OrganizationName xml:lang="nl">{name}</md:OrganizationName><md:OrganizationDisplayName'
        f' xml:lang="nl">{name}</md:OrganizationDisplayName><md:OrganizationURL xml:lang="nl">'
        f"https://www.party-{number}.example/</md:OrganizationURL></md:Organization>{contacts}"
    )
