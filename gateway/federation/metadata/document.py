"""A SAML metadata document, of one entity or many: verified first when a key is known, then searched."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from cryptography import x509
from lxml import etree

from gateway.xml.namespaces import MD, SAMLP, name
from gateway.xml.parsing import XmlRejected, parse
from gateway.xml.signatures import SignatureProblem, SignatureRejected, verify

MAX_BYTES = 200_000_000
MAX_ELEMENTS = 5_000_000
_ENTITY = name(MD, "EntityDescriptor")
_ENTITIES = name(MD, "EntitiesDescriptor")


class MetadataRejected(Exception):
    """The document is not metadata that the gateway can use. The text is for the operator."""


@dataclass(frozen=True, slots=True)
class MetadataDocument:
    """The entities of a document by their entityID."""

    entities: Mapping[str, etree._Element]

    @classmethod
    def of(cls, raw: bytes, *, signers: Sequence[x509.Certificate] = ()) -> "MetadataDocument":
        """Read an EntityDescriptor, or an EntitiesDescriptor with any number of them (saml-metadata 2.3).

        With `signers`, one of them must have signed the root, and only what that signature covers is read. Without,
        a signature is not looked at: the file is the operator's own. Raises MetadataRejected.
        """
        entities: dict[str, etree._Element] = {}
        for entity in _entities(_root(raw, signers)):
            entity_id = entity.get("entityID", "")
            if not entity_id:
                raise MetadataRejected("an EntityDescriptor has no entityID")
            if entity_id in entities:
                raise MetadataRejected(f"{entity_id} is in it twice")
            entities[entity_id] = entity
        return cls(entities)

    def has_role(self, local: str) -> bool:
        """Whether any entity has a role descriptor of this name for SAML 2.0."""
        return any(_roles(entity, local) for entity in self.entities.values())

    def role(self, local: str, entity_id: str | None) -> tuple[etree._Element, etree._Element]:
        """The entity, and its one role descriptor of this name for SAML 2.0. Raises MetadataRejected.

        Without an entityID it is the only entity that has such a role.
        """
        if entity_id is None:
            candidates = [entity for entity in self.entities.values() if _roles(entity, local)]
            if len(candidates) > 1:
                raise MetadataRejected(f"{len(candidates)} entities in it have an {local}; say which with entity_id")
            entity = candidates[0] if candidates else None
        else:
            entity = self.entities.get(entity_id)
            if entity is None:
                raise MetadataRejected(f"{entity_id} is not in it")
        roles = _roles(entity, local) if entity is not None else []
        if entity is None or len(roles) != 1:
            raise MetadataRejected(f"it has {len(roles) or 'no'} {local} for SAML 2.0; one is needed")
        return entity, roles[0]


def _root(raw: bytes, signers: Sequence[x509.Certificate]) -> etree._Element:
    try:
        root = parse(raw, limit=MAX_BYTES, elements=MAX_ELEMENTS)
        return verify(root, signers) if signers else root
    except XmlRejected as cause:
        raise MetadataRejected(f"the document is refused: {cause.reason}") from cause
    except SignatureRejected as cause:
        if cause.reason is SignatureProblem.MISSING:
            raise MetadataRejected("it is not signed, and its certificate is given") from cause
        raise MetadataRejected(f"its signature does not count: {cause.reason}, {cause.detail}") from cause


def _entities(root: etree._Element) -> Iterator[etree._Element]:
    """Only where entities belong: what lies in an Extensions element is no entity of this document."""
    if root.tag == _ENTITY:
        yield root
    elif root.tag == _ENTITIES:
        for child in root:
            if child.tag in (_ENTITY, _ENTITIES):
                yield from _entities(child)
    else:
        raise MetadataRejected("the root is neither an EntityDescriptor nor an EntitiesDescriptor")


def _roles(entity: etree._Element, local: str) -> list[etree._Element]:
    return [
        role
        for role in entity.iterfind(name(MD, local))
        if SAMLP in (role.get("protocolSupportEnumeration") or "").split()
    ]
