"""Metadata queries (draft-young-md-query, and its SAML profile): each party's metadata is asked for by its entityID.

Only parties of the configuration are asked for, beside the workers, never on the way of a login.
"""

import json
from collections.abc import Collection
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import quote

from gateway.domain.http import Http, HttpFailed
from gateway.federation.metadata.answers import entity_in, read_answers, write_answers
from gateway.federation.metadata.document import MetadataDocument, MetadataRejected
from gateway.federation.metadata.guard import difference
from gateway.federation.metadata.index import index_of
from gateway.federation.metadata.kept import FetchState, Kept, read
from gateway.federation.metadata.refresh import CONTENT_TYPES, Fetched, fetch
from gateway.federation.metadata.sources import ConfiguredSource

MAX_ANSWER = 2_000_000
"""Bytes of one answer."""
SECONDS = 10
"""That one answer may take."""
_GIVE_UP = 5
"""So many failures in a row, and the server is not asked for the rest."""


@dataclass(frozen=True, slots=True)
class Asked:
    """How the last query for an entity went. `tried` is in seconds since 1970.

    `absent`: the server knows no such entity.
    """

    tried: float
    etag: str = ""
    absent: bool = False
    problem: str = ""

    def is_due(self, now: datetime, refresh: timedelta) -> bool:
        """What failed is asked for again whenever the source is; what was answered, be it with no, after a while."""
        return bool(self.problem and not self.absent) or self.tried + refresh.total_seconds() * 0.9 <= now.timestamp()


def refresh(
    source: ConfiguredSource,
    http: Http,
    *,
    now: datetime,
    configured: Collection[tuple[str, str]],
    accept: bool = False,
    write: bool = True,
    everything: bool = True,
) -> Fetched:
    """`refresh.fetch` for a source of any kind; of one that is queried, without `everything`, only what is due."""
    if source.entry.value.mdq is None:
        return fetch(source, http, now=now, configured=configured, accept=accept, write=write)
    round_ = _Round(source, http, now, configured)
    wanted = sorted({entity for entity, _ in configured})
    due = [entity for entity in wanted if everything or round_.is_due(entity)]
    for entity in due:
        round_.ask(entity, accept=accept)
    return round_.taken(wanted, write=write)


def asked_before(kept: Kept) -> dict[str, Asked]:
    """How the last queries of a source went, by entityID."""
    try:
        found = json.loads((kept.directory / "asked.json").read_bytes())
        return {str(entity): Asked(**asked) for entity, asked in found.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def ask(source: ConfiguredSource, http: Http, entity_id: str, etag: str = "") -> tuple[bytes, str] | None:
    """The answer for an entity and its ETag; None when it is the one with this ETag.

    Raises Absent when the server knows no such entity, NotAnswered when there is no answer. It is not verified yet.
    """
    base = source.entry.value.mdq
    assert base is not None
    headers = {"Accept": "application/samlmetadata+xml"} | ({"If-None-Match": etag} if etag else {})
    try:
        # Every character that means something in an address is encoded: an entityID cannot lead elsewhere.
        answer = http.get(f"{base.rstrip('/')}/entities/{quote(entity_id, safe='')}", headers=headers)
    except HttpFailed as cause:
        raise NotAnswered(f"it could not be fetched: {cause}") from None
    if answer.status == 304 and etag:
        return None
    if answer.status == 404:
        raise Absent("the server knows no such entity")
    if answer.status != 200:
        redirected = ", a redirect, which is not followed" if 300 <= answer.status < 400 else ""
        raise NotAnswered(f"it was answered with status {answer.status}{redirected}")
    if answer.content_type not in CONTENT_TYPES:
        raise NotAnswered(f"it was answered with {answer.content_type or 'no content type'}, which is no metadata")
    return answer.body, answer.headers.get("etag", "")


class NotAnswered(Exception):
    """There is no answer that can be used. The text is for the operator."""


class Absent(NotAnswered):
    """The server says that there is no such entity."""


class _Round:
    """One round of queries of a source."""

    def __init__(
        self, source: ConfiguredSource, http: Http, now: datetime, configured: Collection[tuple[str, str]]
    ) -> None:
        self._source, self._http, self._now, self._configured = source, http, now, configured
        self._asked = asked_before(source.kept)
        self._answers: dict[str, bytes] = {}
        self._failed_in_a_row = 0
        with suppress(MetadataRejected):
            self._answers = read_answers(read(source.document))
        self._before = dict(self._answers)

    def is_due(self, entity: str) -> bool:
        asked = self._asked.get(entity)
        return asked is None or asked.is_due(self._now, self._source.entry.value.refresh)

    def ask(self, entity: str, *, accept: bool) -> None:
        """Ask for one. Whatever goes wrong leaves its last good answer as it is; `accept`: a no is taken, too."""
        seconds, before = self._now.timestamp(), self._asked.get(entity, Asked(0))
        if self._failed_in_a_row >= _GIVE_UP:
            self._asked[entity] = replace(before, tried=seconds, absent=False, problem="the server does not answer")
            return
        try:
            answer = ask(self._source, self._http, entity, before.etag if entity in self._answers else "")
            if answer is not None:
                self._check(answer[0], entity)
        except Absent as cause:
            self._failed_in_a_row = 0
            self._asked[entity] = Asked(seconds, absent=True, problem=str(cause))
            if accept:
                self._answers.pop(entity, None)
        except NotAnswered as cause:
            self._failed_in_a_row += 1
            self._asked[entity] = replace(before, tried=seconds, absent=False, problem=str(cause))
        else:
            self._failed_in_a_row = 0
            self._asked[entity] = Asked(seconds, before.etag if answer is None else answer[1])
            if answer is not None:
                self._answers[entity] = answer[0]

    def _check(self, answer: bytes, entity: str) -> None:
        """Whether an answer may take the place of the one before. Raises NotAnswered."""
        try:
            element = entity_in(answer, entity, self._source.kept.signers)
            (indexed,) = index_of(MetadataDocument({entity: element}))[0].values()
        except MetadataRejected as cause:
            raise NotAnswered(str(cause)) from None
        if indexed.is_expired(self._now):
            raise NotAnswered("the answer is past its validUntil")
        for role in sorted(role for name, role in self._configured if name == entity):
            problem = getattr(indexed, role)
            if problem != "":
                raise NotAnswered(problem or f"the answer has no role {role}")

    def taken(self, wanted: Collection[str], *, write: bool) -> Fetched:
        """Keep what came of it."""
        kept = self._source.kept
        answers = {entity: answer for entity, answer in self._answers.items() if entity in wanted}
        raw = write_answers(answers)
        new, octets = kept.verified(raw)
        old = None
        with suppress(MetadataRejected):
            old = kept.verified(write_answers(self._before))[0]
        changed = answers != self._before
        wrong = {entity: asked for entity in wanted if (asked := self._asked.get(entity)) is not None and asked.problem}
        if write:
            if changed or not self._source.document.exists():
                kept.write(self._source.document.name, raw)
                kept.keep_index(raw, new, octets)
            rows = {entity: asdict(one) for entity, one in self._asked.items() if entity in wanted}
            kept.write("asked.json", json.dumps(rows).encode())
            kept.keep_state(self._state(wrong, entities=len(new.entities)))
        found = difference(old.entities, new.entities) if old is not None else None
        return Fetched(changed=changed, difference=found, problem=_said(wrong), entities=len(new.entities))

    def _state(self, wrong: dict[str, Asked], *, entities: int) -> FetchState:
        state, seconds = self._source.kept.state(), self._now.timestamp()
        failed = any(not one.absent for one in wrong.values())
        return FetchState(
            tried=seconds,
            fetched=state.fetched if failed else seconds,
            failures=state.failures + 1 if failed else 0,
            problem=_said(wrong),
            entities=entities,
        )


def _said(wrong: dict[str, Asked]) -> str:
    named = [f"{entity}: {asked.problem}" for entity, asked in sorted(wrong.items())]
    return "; ".join(named[:3]) + (f"; and {len(named) - 3} more" if len(named) > 3 else "")
