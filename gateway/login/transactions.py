"""Logins under way: kept sealed in the short-lived store, each bound to the browser that began it.

A login may be tried at several identity providers (back button, other school); each try is an *attempt* with a record
of its own, so that tabs and tries never overwrite each other. Whichever attempt is answered first finishes the login.
"""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from gateway.domain.brin import Brin
from gateway.domain.clock import Clock
from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.kept_form import known, named, written
from gateway.domain.language import Language
from gateway.domain.randomness import Randomness
from gateway.federation.models import IdpId, ServiceId
from gateway.login.messages import LoginRequest
from gateway.observability import legs
from gateway.storage.contracts import ShortLivedStore

NO_SERVICE = ServiceId("")
"""What a login asks for that no service asked for: an errand of the person's own."""

_LOGIN_LENGTH = 40
_ATTEMPT_LENGTH = 60


@dataclass(frozen=True, slots=True)
class Transaction:
    """A login under way. `reference` is what pages and logs call it; `idp` is set in an attempt only.

    `level` is the context of the level of assurance that was asked for because of who somebody turned out to be.
    `begun` is in seconds since 1970; `after_logout` names the last logout in this browser before it. `school` is the
    one that the person chose, where one was. `errand` is set where the answer is for something else than a service.
    `led`: a hint chose it. `keep`: the person wants to go to the school that they chose without a question from now on.
    """

    login: str
    reference: str
    browser: str
    begun: float
    request: LoginRequest
    idp: IdpId | None = None
    after_logout: str = ""
    school: Brin | None = None
    level: str = ""
    errand: str = ""
    led: bool = False
    keep: bool = False


class Transactions:
    """Keeps logins and their attempts for `seconds`, then forgets them."""

    def __init__(self, *, store: ShortLivedStore, clock: Clock, randomness: Randomness, seconds: int) -> None:
        self._store = store
        self._clock = clock
        self._randomness = randomness
        self._seconds = seconds

    def new(self, request: LoginRequest, *, browser: str, reference: str, after_logout: str = "") -> Transaction:
        """A login, not yet kept."""
        begun = self._clock.now().timestamp()
        legs.told(service=request.service)
        return Transaction(self._randomness.token(), reference, browser, begun, request, after_logout=after_logout)

    def keep(self, transaction: Transaction) -> None:
        """Keep a login until a school is chosen for it."""
        self._store.put(f"login:{transaction.login}", encode(transaction), seconds=self._seconds)

    def find(self, login: str, browser: str) -> Transaction:
        """A kept login of this browser.

        Raises SluisError LOGIN_UNKNOWN (expired, or never begun), LOGIN_FINISHED or LOGIN_OTHER_BROWSER.
        """
        transaction = self._open(f"login:{login}", login, browser)
        if self._store.get(f"done:{login}") is not None:
            raise SluisError(ErrorCode.LOGIN_FINISHED, service=transaction.request.service)
        return transaction

    def attempt(self, transaction: Transaction, idp: IdpId, school: Brin | None = None) -> str:
        """Keep a try at this identity provider; its id is 60 hexadecimal characters and cannot be guessed."""
        attempt = transaction.login + self._randomness.token()[: _ATTEMPT_LENGTH - _LOGIN_LENGTH]
        tried = encode(replace(transaction, idp=idp, school=school))
        self._store.put(f"attempt:{attempt}", tried, seconds=self._seconds)
        return attempt

    def peek(self, attempt: str, browser: str) -> Transaction:
        """The attempt, left in place: a wrong answer must not end it. Raises as `find` does."""
        return self._open(f"attempt:{attempt}", attempt[:_LOGIN_LENGTH], browser)

    def finish(self, attempt: str) -> Transaction:
        """End the attempt and its login, and return it; of many at once, and of several attempts, exactly one does.

        Raises SluisError LOGIN_FINISHED for all others.
        """
        taken = self._store.take(f"attempt:{attempt}")
        login = attempt[:_LOGIN_LENGTH]
        if taken is None:
            raise self._finished(login)
        transaction = decode(taken)
        if not self._store.add(f"done:{login}", transaction.request.service.encode(), seconds=self._seconds):
            raise self._finished(login)
        return transaction

    def _open(self, key: str, login: str, browser: str) -> Transaction:
        kept = self._store.get(key) if key.isascii() and len(key) < 100 else None
        if kept is None:
            finished = login.isascii() and self._store.get(f"done:{login[:_LOGIN_LENGTH]}") is not None
            raise self._finished(login) if finished else SluisError(ErrorCode.LOGIN_UNKNOWN)
        transaction = decode(kept)
        if transaction.browser != browser:
            raise SluisError(ErrorCode.LOGIN_OTHER_BROWSER, service=transaction.request.service)
        return transaction

    def _finished(self, login: str) -> SluisError:
        """The mark of a login that is done says whose it was."""
        service = self._store.get(f"done:{login[:_LOGIN_LENGTH]}") or b""
        return SluisError(ErrorCode.LOGIN_FINISHED, service=service.decode())


def encode(transaction: Transaction) -> bytes:
    """As bytes, for `decode`."""
    request = transaction.request
    fresh_since = request.fresh_since
    asked = {
        **named(request),
        "fresh_since": fresh_since.timestamp() if fresh_since else None,
        "school": _text(request.school),
    }
    return written({**named(transaction), "request": asked, "school": _text(transaction.school)}).encode()


def decode(kept: bytes) -> Transaction:
    """The transaction. Raises SluisError LOGIN_UNKNOWN for one that a gateway long before or after kept otherwise."""
    try:
        fields = known(Transaction, json.loads(kept))
        school = fields.get("school")
        return Transaction(
            **{**fields, "request": _request(fields["request"]), "school": Brin(school) if school else None}
        )
    except (ValueError, TypeError, KeyError) as cause:
        raise SluisError(ErrorCode.LOGIN_UNKNOWN, hint="kept by another version of the gateway") from cause


def _request(kept: object) -> LoginRequest:
    fields = known(LoginRequest, kept)
    for name in fields.keys() & {"contexts", "idps", "requesters"}:
        fields[name] = tuple(fields[name])
    language, fresh_since, school = (fields.get(name) for name in ("language", "fresh_since", "school"))
    fields["language"] = Language(language) if language else None
    fields["fresh_since"] = datetime.fromtimestamp(fresh_since, UTC) if fresh_since is not None else None
    fields["school"] = Brin(school) if school else None
    return LoginRequest(**fields)


def _text(brin: Brin | None) -> str | None:
    return str(brin) if brin else None
