"""Fetching a source anew: never seen by a login before it has been verified, whole and judged."""

import random
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

from gateway.domain.http import Http, HttpFailed
from gateway.federation.metadata.document import MetadataRejected
from gateway.federation.metadata.guard import Difference, difference, objection
from gateway.federation.metadata.index import Indexed
from gateway.federation.metadata.kept import FetchState, digest_of, read
from gateway.federation.metadata.sources import ConfiguredSource

MAX_BYTES = 200_000_000
"""Of a document, as it comes."""
CONTENT_TYPES = frozenset({"application/samlmetadata+xml", "application/xml", "text/xml"})
_SOON = timedelta(minutes=1)
_MAX_DOUBLINGS = 10


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came of a fetch. `difference` is None when there was nothing to compare; `problem` is for the operator.

    `entities` are in the document.
    """

    changed: bool
    difference: Difference | None = None
    problem: str = ""
    entities: int = 0


class NotTaken(Exception):
    """The new version is not taken. The text is for the operator."""

    def __init__(self, text: str, difference: Difference | None = None) -> None:
        super().__init__(text)
        self.difference = difference


def fetch(
    source: ConfiguredSource,
    http: Http,
    *,
    now: datetime,
    configured: Collection[tuple[str, str]],
    accept: bool = False,
    write: bool = True,
) -> Fetched:
    """Fetch a source and keep it, if it is sound and nothing speaks against it; `accept`: whatever speaks against it.

    With `write` False nothing is kept. Whatever goes wrong leaves the last good copy as it is.
    """
    kept, state = source.kept, source.kept.state()
    try:
        answer = _asked(source, http, "" if accept or not write else state.etag)
        if answer is None:
            fetched, etag = Fetched(changed=False, entities=state.entities), state.etag
        else:
            raw, etag = answer
            fetched = _taken(source, raw, now=now, configured=configured, accept=accept, write=write)
    except NotTaken as cause:
        if write:
            failed = replace(state, tried=now.timestamp(), failures=state.failures + 1, problem=str(cause))
            kept.keep_state(failed)
        return Fetched(changed=False, difference=cause.difference, problem=str(cause))
    if write:
        seconds = now.timestamp()
        kept.keep_state(FetchState(tried=seconds, fetched=seconds, etag=etag, entities=fetched.entities))
    return fetched


def next_fetch(state: FetchState, refresh: timedelta, chance: random.Random) -> float:
    """When to try next, in seconds since 1970: not all gateways at one moment; after failures soon, then ever later."""
    wait = refresh
    if state.failures:
        wait = min(refresh, _SOON * 2 ** min(state.failures - 1, _MAX_DOUBLINGS))
    return state.tried + wait.total_seconds() * chance.uniform(0.9, 1.1)


def _asked(source: ConfiguredSource, http: Http, etag: str) -> tuple[bytes, str] | None:
    """The document and its ETag; None when it is the one that is kept."""
    url = source.entry.value.url
    if url is None:
        return _read(source), ""
    headers = {"Accept": "application/samlmetadata+xml, application/xml;q=0.9, text/xml;q=0.8"}
    if etag and source.document.exists():
        headers["If-None-Match"] = etag
    try:
        answer = http.get(url, headers=headers)
    except HttpFailed as cause:
        raise NotTaken(f"it could not be fetched: {cause}") from None
    if answer.status == 304 and "If-None-Match" in headers:
        return None
    if 300 <= answer.status < 400 and answer.status != 304:
        raise NotTaken("it was answered with a redirect, which is not followed: configure the address itself")
    if answer.status != 200:
        raise NotTaken(f"it was answered with status {answer.status}")
    if answer.content_type not in CONTENT_TYPES:
        raise NotTaken(f"it was answered with {answer.content_type or 'no content type'}, which is no metadata")
    return answer.body, answer.headers.get("etag", "")


def _read(source: ConfiguredSource) -> bytes:
    try:
        return read(source.document)
    except MetadataRejected as cause:
        raise NotTaken(str(cause)) from None


def _taken(
    source: ConfiguredSource,
    raw: bytes,
    *,
    now: datetime,
    configured: Collection[tuple[str, str]],
    accept: bool,
    write: bool,
) -> Fetched:
    kept = source.kept
    old = _kept_entities(source)
    try:
        verified, octets = kept.verified(raw)
    except MetadataRejected as cause:
        raise NotTaken(str(cause)) from None
    new = verified.entities
    if new and all(one.is_expired(now) for one in new.values()):
        raise NotTaken("all of it is past its validUntil")
    found = difference(old, new) if old is not None else None
    if found is not None and not accept:
        why = objection(found, new, configured, max_lost_percent=source.entry.value.max_lost_percent)
        if why:
            raise NotTaken(f"{why}; `sluis metadata fetch DIR --source {kept.id} --accept` takes it", found)
    same = old is not None and source.document.exists() and digest_of(source.document) == sha256(raw).hexdigest()
    if write and not same:
        if source.entry.value.url is not None:
            kept.write("document.xml", raw)
        kept.keep_index(raw, verified, octets)
    return Fetched(changed=not same, difference=found, entities=len(new))


def _kept_entities(source: ConfiguredSource) -> dict[str, Indexed] | None:
    """The entities of the last good copy; None when there is none, or it is not believed any more."""
    if source.entry.value.url is None:
        return None
    try:
        return source.kept.open(source.document).entities
    except MetadataRejected:
        return None
