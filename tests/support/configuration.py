"""A small configuration that has nothing wrong with it, to be spoilt one thing at a time."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from gateway.federation.metadata.entities import Binding
from gateway.xml.keys import SigningKey
from gateway.xml.namespaces import DS, MD, SAMLP
from gateway.xml.signatures import sign
from tests.support.signing_keys import signing_key

GATEWAY = """\
base_url: https://login.example.nl
listen: 127.0.0.1:8080
organisation: {name: Voorbeeld, url: "https://example.nl"}
contacts:
  - {type: technical, name: Beheer, email: beheer@example.nl}
lifetimes: {transaction: 15m}
"""
KEYS = """\
saml_signing:
  - {id: saml1, state: active, since: 2026-08-01T00:00:00Z, key: {file: keys/saml.key}, certificate: keys/saml.crt}
sealing: [{id: s1, state: active, since: 2026-08-01T00:00:00Z, secret: {file: keys/sealing.secret}}]
pseudonyms: [{id: p1, state: active, since: 2026-08-01T00:00:00Z, secret: {file: keys/pseudonyms.secret}}]
ledger: [{id: l1, state: active, since: 2026-08-01T00:00:00Z, secret: {file: keys/ledger.secret}}]
"""
POLICY = """\
version: "1"
date: 2026-08-01
attributes:
  eck_id: {class: base, source: tests, reason: the one identifier}
  provisional_id: {class: base, source: tests, reason: stands in}
  real_id: {class: base, source: tests, reason: where an agreement names it}
  profile_id: {class: base, source: tests, reason: where an agreement names it}
  las_key: {class: base, source: tests, reason: where an agreement names it}
  pupil_number: {class: never, source: tests, reason: local}
  given_name: {class: base, source: tests, reason: norm}
  initials: {class: never, source: tests, reason: not needed}
  surname_prefix: {class: base, source: tests, reason: norm}
  surname: {class: base, source: tests, reason: norm}
  email: {class: justified, source: tests, reason: staff, purposes: [staff-contact], roles: {student: never}}
  birth_date: {class: justified, source: tests, reason: normed tests, purposes: [norm-referenced-test]}
  age_in_years: {class: never, source: tests, reason: not needed}
  adult: {class: never, source: tests, reason: not needed}
  gender: {class: never, source: tests, reason: not needed}
  grade: {class: never, source: tests, reason: not needed}
  role: {class: base, source: tests, reason: needed}
  school: {class: base, source: tests, reason: licences}
  school_branch: {class: base, source: tests, reason: licences}
  school_name: {class: base, source: tests, reason: licences}
  school_domain: {class: base, source: tests, reason: licences}
  digi_delivery_id: {class: base, source: tests, reason: licences}
  group: {class: justified, source: tests, reason: teachers, purposes: [progress-per-group]}
  subgroup: {class: justified, source: tests, reason: teachers, purposes: [progress-per-group]}
"""
IDP = """\
- id: petteflat
  names: {nl: Petteflat College}
  metadata: petteflat.xml
  dialect: entree
  schools: [99XB]
"""
SERVICE = """\
id: leesplein
names: {nl: Leesplein}
supplier: {name: Letterbos, contact: support@leesplein.example}
metadata: leesplein.xml
sectors: [vo]
fallback: provisional
attribute_sets:
  1: {eck_id: access}
  2:
    eck_id: access
    given_name: greeting
"""
SCHOOLS = """\
- brin: 99XB
  names: {nl: Petteflat College}
  sector: vo
  board: stichting
  domains: [petteflat.example]
"""
AGREEMENTS = """\
- service: leesplein
  attribute_set: 2
  schools: [99XB]
  from: 2026-08-01
  reference: A-1
"""
FILES: Mapping[str, str] = {
    "gateway.yaml": GATEWAY,
    "keys.yaml": KEYS,
    "policy.yaml": POLICY,
    "identity-providers/petteflat.yaml": IDP,
    "services/leesplein.yaml": SERVICE,
    "schools/schools.yaml": SCHOOLS,
    "agreements/agreements.yaml": AGREEMENTS,
}
SECRET = "c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IHNlY3JldCE="
IDP_ENTITY = "https://idp.petteflat.example/metadata"
SP_ENTITY = "https://leesplein.example/metadata"


def write_configuration(directory: Path, changed: Mapping[str, str | bytes] | None = None) -> Path:
    """Write the configuration with some files changed; the rest is as it should be."""
    files: dict[str, str | bytes] = {
        **FILES,
        "identity-providers/petteflat.xml": idp_document(),
        "services/leesplein.xml": sp_document(),
        **(changed or {}),
    }
    for file, content in files.items():
        path = directory / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    write_keys(directory)
    return directory


def write_keys(directory: Path) -> None:
    key = signing_key("gateway")
    pem = key.private_key.private_bytes(Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (directory / "keys").mkdir(exist_ok=True)
    (directory / "keys/saml.crt").write_bytes(key.certificate.public_bytes(Encoding.PEM))
    secrets = {"saml.key": pem, "sealing.secret": SECRET.encode(), "pseudonyms.secret": SECRET.encode()}
    secrets["ledger.secret"] = SECRET.encode()
    for name, content in secrets.items():
        path = directory / "keys" / name
        path.write_bytes(content)
        path.chmod(0o600)


def edited(file: str, old: str, new: str) -> dict[str, str]:
    """A change of one place in one file."""
    assert FILES[file].count(old) == 1, f"{old!r} does not stand once in {file}"
    return {file: FILES[file].replace(old, new)}


def idp_document(
    entity_id: str = IDP_ENTITY,
    *,
    location: str = "https://idp.petteflat.example/sso",
    certificates: Sequence[x509.Certificate] | None = None,
    valid_until: str | None = None,
) -> bytes:
    """The metadata of an identity provider."""
    role = (
        f'<md:IDPSSODescriptor protocolSupportEnumeration="{SAMLP}">{_keys(certificates, "petteflat")}'
        f'<md:SingleSignOnService Binding="{Binding.REDIRECT}" Location="{location}"/></md:IDPSSODescriptor>'
    )
    return _entity(entity_id, role, valid_until)


def sp_document(
    entity_id: str = SP_ENTITY,
    *,
    location: str = "https://leesplein.example/acs",
    certificates: Sequence[x509.Certificate] | None = None,
    attributes: str = "",
    valid_until: str | None = None,
) -> bytes:
    """The metadata of a service; `attributes` go into its role."""
    role = (
        f'<md:SPSSODescriptor protocolSupportEnumeration="{SAMLP}" {attributes}>{_keys(certificates, "leesplein")}'
        f'<md:AssertionConsumerService Binding="{Binding.POST}" Location="{location}" index="0"/></md:SPSSODescriptor>'
    )
    return _entity(entity_id, role, valid_until)


def aggregate(*documents: bytes, attributes: str = 'ID="_all"') -> bytes:
    """An EntitiesDescriptor around them."""
    inner = b"".join(documents).decode()
    return f'<md:EntitiesDescriptor xmlns:md="{MD}" {attributes}>{inner}</md:EntitiesDescriptor>'.encode()


def signed(document: bytes, key: SigningKey) -> bytes:
    """The document, signed at its root."""
    root = etree.fromstring(document)
    if root.get("ID") is None:
        root.set("ID", "_document")
    sign(root, key)
    return etree.tostring(root)


def _entity(entity_id: str, role: str, valid_until: str | None) -> bytes:
    until = f' validUntil="{valid_until}"' if valid_until else ""
    return f'<md:EntityDescriptor xmlns:md="{MD}" entityID="{entity_id}"{until}>{role}</md:EntityDescriptor>'.encode()


def _keys(certificates: Sequence[x509.Certificate] | None, owner: str) -> str:
    shown = [signing_key(owner).certificate] if certificates is None else certificates
    return "".join(
        f'<md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="{DS}"><ds:X509Data><ds:X509Certificate>'
        f"{_base64(one)}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
        for one in shown
    )


def _base64(certificate: x509.Certificate) -> str:
    pem = certificate.public_bytes(Encoding.PEM).decode()
    return "".join(pem.splitlines()[1:-1])
