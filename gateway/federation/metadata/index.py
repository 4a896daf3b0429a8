"""An index over verified metadata: what is needed of every entity at load, and where the rest of it stands.

Entities are kept as the octets of the verified tree, one behind another; each is parsed when somebody first logs in
with it. Before that its octets are compared with the digest that the index has of them.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from lxml import etree

from gateway.federation.metadata.document import MetadataDocument, MetadataRejected
from gateway.federation.metadata.parse import earliest_valid_until, read_idp, read_sp
from gateway.settings.fields import is_loopback


@dataclass(frozen=True, slots=True)
class Indexed:
    """What is known of an entity without parsing it.

    `idp` and `sp` say what is wrong with that role: empty for a sound one, None where there is none. `valid_until` is
    in seconds since 1970.
    """

    entity_id: str
    offset: int
    length: int
    digest: str
    valid_until: float | None
    idp: str | None
    sp: str | None

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
        one = MetadataDocument({entity_id: element})
        entities[entity_id] = Indexed(
            entity_id,
            len(written),
            len(raw),
            hashlib.sha256(raw).hexdigest(),
            None if until is None else until.timestamp(),
            _idp_problem(one, entity_id),
            _sp_problem(one, entity_id),
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
    return [list(asdict(one).values()) for one in entities.values()]


def from_rows(rows: list[list[Any]]) -> dict[str, Indexed]:
    """The index from what `as_rows` made of it."""
    return {row[0]: Indexed(*row) for row in rows}


def _idp_problem(one: MetadataDocument, entity_id: str) -> str | None:
    """What is wrong with the identity provider: None when there is none."""
    if not one.has_role("IDPSSODescriptor"):
        return None
    try:
        return _plain(endpoint.location for endpoint in read_idp(one, entity_id).single_sign_on)
    except MetadataRejected as cause:
        return str(cause)


def _sp_problem(one: MetadataDocument, entity_id: str) -> str | None:
    """What is wrong with the service provider: None when there is none."""
    if not one.has_role("SPSSODescriptor"):
        return None
    try:
        return _plain(endpoint.location for endpoint in read_sp(one, entity_id).assertion_consumers)
    except MetadataRejected as cause:
        return str(cause)


def _plain(locations: Iterable[str]) -> str:
    unsafe = next((location for location in locations if not _is_safe(location)), None)
    return "" if unsafe is None else f"the endpoint {unsafe} is not https"


def _is_safe(location: str) -> bool:
    parts = urlsplit(location)
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname))
