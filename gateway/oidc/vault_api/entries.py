"""What an administration may do with the entries of its school, and with those of no other."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from gateway.domain.clock import Clock, dutch_day
from gateway.domain.errors import ErrorCode, SluisError
from gateway.federation.administrations import Administration
from gateway.federation.models import IdpId
from gateway.federation.snapshot import Federation
from gateway.pseudonyms.derivation import account_hash
from gateway.pseudonyms.provisioned import account_of, provisioned, wrong_names
from gateway.storage.sealing import SecretKey
from gateway.storage.vault import HeldByAnother, Vault
from gateway.storage.vault_entry import VaultEntry

MOST = 1000
_DOUBLED = "the same account stands earlier in this request"
_SHARED = "an account earlier in this request has this ECK iD, or stampseudonym"
_HELD = "another account of the school has this ECK iD, or stampseudonym; delete that one first"


class EntriesRefused(SluisError):
    """Entries of a request are wrong; nothing was written. `problems` are sentences by their index."""

    def __init__(self, problems: Mapping[int, str]) -> None:
        super().__init__(ErrorCode.API_ENTRIES_REFUSED, hint=f"{len(problems)} entries are wrong; nothing was written")
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Entries:
    """The vault, as administrations see it. They give ECK iDs in and never get them out."""

    vault: Vault
    federation: Federation
    segments: frozenset[str]
    account_key: SecretKey
    clock: Clock

    def put(self, caller: Administration, body: bytes) -> list[dict[str, str]]:
        """Write up to 1,000 entries over what was there: all of them, or none; each one's id and ETag.

        The same request again changes nothing. Raises EntriesRefused, SluisError REQUEST_MALFORMED, API_ENTRIES_REFUSED
        or STORE_UNAVAILABLE.
        """
        problems: dict[int, str] = {}
        good: list[VaultEntry] = []
        seen: set[str] = set()
        at: dict[str, int] = {}
        for index, fields in enumerate(_listed(body, "entries")):
            try:
                entry = self._entry(caller, fields)
                if entry.account in at:
                    raise ValueError(_DOUBLED)  # noqa: TRY301 - one way to name what is wrong with an entry
                at[entry.account] = index
                if not seen.isdisjoint(entry.identifiers()):
                    raise ValueError(_SHARED)  # noqa: TRY301
                seen.update(entry.identifiers())
                good.append(entry)
            except ValueError as cause:
                problems[index] = str(cause)
        try:
            problems |= {at[account]: _HELD for account in self.vault.held_by_others(good)}
            if problems:
                raise EntriesRefused(dict(sorted(problems.items())))
            self.vault.put([good], at_once=True)
        except HeldByAnother as cause:
            # Another request was a moment earlier.
            raise EntriesRefused(dict.fromkeys(sorted(at[one] for one in cause.accounts), _HELD)) from cause
        except SQLAlchemyError as cause:
            raise SluisError(ErrorCode.STORE_UNAVAILABLE, cause=type(cause).__name__) from cause
        return [{"id": one.account, "etag": self.vault.etag(one)} for one in good]

    def find(self, caller: Administration, body: bytes) -> list[dict[str, Any] | None]:
        """What the vault has of each of up to 1,000 accounts; None for one that it does not have.

        Raises EntriesRefused for what cannot be a user id, and as `put`.
        """
        problems: dict[int, str] = {}
        accounts: list[str] = []
        for index, one in enumerate(_listed(body, "accounts")):
            try:
                accounts.append(account_hash(self.account_key, IdpId(caller.idp), account_of(_text(one))))
            except ValueError as cause:
                problems[index] = str(cause)
        if problems:
            raise EntriesRefused(problems)
        found = [self._find(caller, account) for account in accounts]
        return [None if one is None else self._told(one) for one in found]

    def get(self, caller: Administration, entry_id: str) -> tuple[dict[str, Any], str]:
        """What is held under this id, and its ETag. Raises SluisError API_ENTRY_UNKNOWN."""
        found = self._find(caller, entry_id)
        if found is None:
            raise SluisError(ErrorCode.API_ENTRY_UNKNOWN, hint="no entry of your school has this id")
        return self._told(found), self.vault.etag(found)

    def delete(self, caller: Administration, entry_id: str, if_match: Sequence[str]) -> None:
        """Remove it; with `if_match` only while it is as one of these ETags says. What is gone is gone.

        Raises SluisError API_ENTRY_CHANGED or STORE_UNAVAILABLE.
        """
        school = str(caller.school)
        if if_match:
            if not self.vault.delete_if(entry_id, school, lambda one: self.vault.etag(one) in if_match):
                raise SluisError(ErrorCode.API_ENTRY_CHANGED, hint="the entry is another than your ETag says")
            return
        try:
            self.vault.delete(entry_id, school=school)
        except SQLAlchemyError as cause:
            raise SluisError(ErrorCode.STORE_UNAVAILABLE, cause=type(cause).__name__) from cause

    def _entry(self, caller: Administration, fields: Any) -> VaultEntry:
        if not isinstance(fields, dict):
            raise ValueError("an entry is an object")  # noqa: TRY004 - it came from outside
        if wrong := wrong_names(fields):
            raise ValueError(wrong)
        texts = {name: _text(value) for name, value in fields.items()}
        texts.setdefault("school", str(caller.school))
        schools = {caller.school: self.federation.schools[caller.school]}
        try:
            said = provisioned(texts, schools, self.segments)
        except ValueError as cause:
            if str(cause).startswith("school: this identity provider"):
                raise ValueError(f"school: this client speaks for {caller.school} alone") from None
            raise
        return said.entry(IdpId(caller.idp), self.account_key)

    def _find(self, caller: Administration, account: str) -> VaultEntry | None:
        return self.vault.find(account, str(caller.school), today=date.min)

    def _told(self, entry: VaultEntry) -> dict[str, Any]:
        """Of identifiers only that they are there: who has them needs no copy from here."""
        ended = entry.until is not None and entry.until < dutch_day(self.clock.now())
        return {
            "id": entry.account,
            "etag": self.vault.etag(entry),
            "school": entry.branch or entry.school,
            "eck_ids": sorted(sector.value for sector in entry.eck_ids),
            "stampseudonym": entry.stampseudonym is not None,
            "adult": entry.adult,
            "until": entry.until.isoformat() if entry.until else None,
            "checked": entry.checked.isoformat() if entry.checked else None,
            "in_force": not ended,
        }


def _listed(body: bytes, name: str) -> list[Any]:
    """The list in `{"<name>": [...]}`. Raises SluisError."""
    try:
        told = json.loads(body, object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        raise SluisError(ErrorCode.REQUEST_MALFORMED, hint="the body is JSON in UTF-8, no name twice") from None
    listed = told.get(name) if isinstance(told, dict) and set(told) == {name} else None
    if not isinstance(listed, list):
        raise SluisError(ErrorCode.REQUEST_MALFORMED, hint=f'the body is {{"{name}": [...]}} and nothing else')
    if not 0 < len(listed) <= MOST:
        raise SluisError(ErrorCode.REQUEST_MALFORMED, hint=f"between 1 and {MOST} {name} a call")
    return listed


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError
    return made


def _text(value: Any) -> str:
    """A text, or a yes or no; null is as good as absent. Raises ValueError."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, str):
        raise ValueError("a value is a text, true, false or null")  # noqa: TRY004 - it came from outside
    return value.strip()
