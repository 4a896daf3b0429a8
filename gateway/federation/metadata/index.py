"""An index over verified metadata: what is needed of every entity at load, and where the rest of it stands.

Entities are kept as the octets of the verified tree, one behind another; each is parsed when somebody first logs in
with it. Before that its octets are compared with the digest that the index has of them.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lxml import etree

from gateway.federation.metadata.document import MetadataDocument, MetadataRejected
from gateway.federation.metadata.entities import IdpMetadata, SpMetadata
from gateway.federation.metadata.parse import earliest_valid_until, is_safe, read_idp, read_sp
from gateway.federation.metadata.scopes import NO_SCOPES, Scopes


@dataclass(frozen=True, slots=True)
class Indexed:
    """What is known of an entity without parsing it.

    `idp` and `sp` say what is wrong with that role: empty for a sound one, None where there is none. `valid_until`, and
    `certificates_until` of the signing certificate that ends first, are in seconds since 1970. `scopes` and
    `keywords` are of the identity provider.
    """

    entity_id: str
    offset: int
    length: int
    digest: str
    valid_until: float | None
    idp: str | None
    sp: str | None
    certificates_until: float | None
    scopes: Scopes
    keywords: tuple[str, ...] = ()

    def is_expired(self, now: datetime) -> bool:
        """Whether it is past its validUntil."""
        return self.valid_until is not None and self.valid_until <= now.timestamp()


def index_of(document: MetadataDocument) -> tuple[dict[str, Indexed], bytes]:
    """The index of a document, by entityID, and the octets that it points into."""
    entities: dict[str, Indexed] = {}
    written = bytearray()
    for entity_id, element in document.entities.items():
        until = earliest_valid_until(element)
        if until is not None:
            # What stands around the entity binds it too, and is not there when it is read again.
            element.set("validUntil", until.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
        raw = etree.tostring(element, with_tail=False)
        idp, sp = _roles(MetadataDocument({entity_id: element}), entity_id)
        certificates = (one.not_valid_after_utc for role in (idp, sp) if role.read for one in role.read.certificates)
        entities[entity_id] = Indexed(
            entity_id=entity_id,
            offset=len(written),
            length=len(raw),
            digest=hashlib.sha256(raw).hexdigest(),
            valid_until=_seconds(until),
            idp=idp.problem,
            sp=sp.problem,
            certificates_until=_seconds(min(certificates, default=None)),
            scopes=idp.read.scopes if isinstance(idp.read, IdpMetadata) else NO_SCOPES,
            keywords=idp.read.keywords if isinstance(idp.read, IdpMetadata) else (),
        )
        written += raw
        element.clear()
    return entities, bytes(written)


def entity_of(indexed: Indexed, octets: Any) -> MetadataDocument:
    """The entity, parsed. Raises MetadataRejected when the octets are not those that were indexed."""
    raw = bytes(octets[indexed.offset : indexed.offset + indexed.length])
    if hashlib.sha256(raw).hexdigest() != indexed.digest:
        raise MetadataRejected(f"{indexed.entity_id}: what is kept of it was changed")
    return MetadataDocument.of(raw)


def as_rows(entities: Mapping[str, Indexed]) -> list[list[Any]]:
    """The index as plain values, to be written down."""
    return [
        [
            one.entity_id,
            one.offset,
            one.length,
            one.digest,
            one.valid_until,
            one.idp,
            one.sp,
            one.certificates_until,
            list(one.keywords),
            *([sorted(one.scopes.names), one.scopes.under, one.scopes.unread] if one.scopes.are_declared else ()),
        ]
        for one in entities.values()
    ]


def from_rows(rows: list[list[Any]]) -> dict[str, Indexed]:
    """The index from what `as_rows` made of it."""
    return {row[0]: _indexed(row) for row in rows}


def _indexed(row: list[Any]) -> Indexed:
    entity_id, offset, length, digest, valid_until, idp, sp, ends, keywords, *of = row
    scopes = Scopes(frozenset(of[0]), tuple(of[1]), of[2]) if of else NO_SCOPES
    return Indexed(entity_id, offset, length, digest, valid_until, idp, sp, ends, scopes, tuple(keywords))


def _seconds(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()


@dataclass(frozen=True, slots=True)
class _Role:
    """A role as it was read, and what is wrong with it: None when there is no such role."""

    read: IdpMetadata | SpMetadata | None
    problem: str | None


def _roles(one: MetadataDocument, entity_id: str) -> tuple[_Role, _Role]:
    return (
        _role(one, "IDPSSODescriptor", lambda: _idp(one, entity_id)),
        _role(one, "SPSSODescriptor", lambda: _sp(one, entity_id)),
    )


def _role(one: MetadataDocument, local: str, read: Callable[[], tuple[IdpMetadata | SpMetadata, str]]) -> _Role:
    if not one.has_role(local):
        return _Role(None, None)
    try:
        return _Role(*read())
    except MetadataRejected as cause:
        return _Role(None, str(cause))


def _idp(one: MetadataDocument, entity_id: str) -> tuple[IdpMetadata, str]:
    found = read_idp(one, entity_id)
    return found, _plain(endpoint.location for endpoint in found.single_sign_on)


def _sp(one: MetadataDocument, entity_id: str) -> tuple[SpMetadata, str]:
    found = read_sp(one, entity_id)
    return found, _plain(endpoint.location for endpoint in found.assertion_consumers)


def _plain(locations: Iterable[str]) -> str:
    unsafe = next((location for location in locations if not is_safe(location)), None)
    return "" if unsafe is None else f"the endpoint {unsafe} is not https"
