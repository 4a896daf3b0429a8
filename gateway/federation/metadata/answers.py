"""Answers to metadata queries, as they came: each is one entity, signed by itself, and all are kept in one file."""

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence

from cryptography import x509
from lxml import etree

from gateway.federation.metadata.document import MetadataDocument, MetadataRejected
from gateway.federation.metadata.parse import earliest_valid_until


def write_answers(answers: Mapping[str, bytes]) -> bytes:
    """The content of the file that keeps them, the same for the same answers."""
    kept = {entity: b64encode(answers[entity]).decode() for entity in sorted(answers)}
    return json.dumps(kept, separators=(",", ":")).encode()


def read_answers(kept: bytes) -> dict[str, bytes]:
    """The answers by entityID from what `write_answers` made. Raises MetadataRejected."""
    try:
        return {str(entity): b64decode(answer, validate=True) for entity, answer in json.loads(kept).items()}
    except (ValueError, AttributeError, TypeError) as cause:
        raise MetadataRejected("what is kept of it is no longer readable") from cause


def entity_in(answer: bytes, entity_id: str, signers: Sequence[x509.Certificate]) -> etree._Element:
    """The entity of an answer. Raises MetadataRejected, as `MetadataDocument.of` does and for more.

    It must be the one entity that was asked for, or somebody in between could put one party in the place of another;
    and it must say until when it is valid, or an answer that was once true could be given for ever.
    """
    found = MetadataDocument.of(answer, signers=signers).entities
    if list(found) != [entity_id]:
        raise MetadataRejected(f"the answer is about {', '.join(list(found)[:3]) or 'nobody'}, not what was asked for")
    if earliest_valid_until(found[entity_id]) is None:
        raise MetadataRejected("the answer has no validUntil")
    return found[entity_id]


def document_of(kept: bytes, signers: Sequence[x509.Certificate]) -> MetadataDocument:
    """All kept answers whose signature counts. Raises MetadataRejected when there are some and none does."""
    answers, entities = read_answers(kept), {}
    cause: MetadataRejected | None = None
    for entity_id, answer in answers.items():
        try:
            entities[entity_id] = entity_in(answer, entity_id, signers)
        except MetadataRejected as refused:
            cause = refused
    if cause is not None and not entities:
        raise cause
    return MetadataDocument(entities)
