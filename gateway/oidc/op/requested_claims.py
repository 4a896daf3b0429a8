"""The `claims` parameter (OpenID Connect Core 5.5)."""

import json
from dataclasses import dataclass
from typing import Any

from gateway.domain.errors import ErrorCode, SluisError

MAX_CLAIMS = 60
MAX_NAME = 200
MAX_VALUES = 20


@dataclass(frozen=True, slots=True)
class RequestedClaims:
    """Names of claims asked for, by where they are to go; and what is asked of the login itself.

    `contexts` are values of `acr`; `essential`: one of them must be met. `subject` is the only `sub` that will do.
    """

    userinfo: tuple[str, ...]
    id_token: tuple[str, ...]
    subject: str | None
    contexts: tuple[str, ...]
    essential: bool


def read_claims(text: str) -> RequestedClaims:
    """Read the parameter. Raises SluisError REQUEST_MALFORMED for what is not as the specification has it.

    Claims that nobody knows are passed over (5.5.1). An essential claim of a person is asked for like any other:
    whether it goes is the decision's, and its absence is no error.
    """
    try:
        asked = json.loads(text)
    except (ValueError, RecursionError) as cause:
        raise _malformed("claims is JSON") from cause
    if not isinstance(asked, dict):
        raise _malformed("claims is a JSON object")
    userinfo, id_token = _members(asked, "userinfo"), _members(asked, "id_token")
    wanted = id_token.get("acr") or {}
    subjects = {value for one in (userinfo, id_token) for value in _values(one.get("sub") or {}, "sub")}
    if len(subjects) > 1:
        raise _malformed("claims names more than one sub")
    contexts = _values(wanted, "acr")
    return RequestedClaims(
        userinfo=tuple(userinfo),
        id_token=tuple(id_token),
        subject=next(iter(subjects), None),
        contexts=contexts,
        essential=bool(wanted.get("essential")) and bool(contexts),
    )


def _members(asked: dict[str, Any], place: str) -> dict[str, dict[str, Any] | None]:
    found = {} if asked.get(place) is None else asked[place]
    if not isinstance(found, dict) or len(found) > MAX_CLAIMS:
        raise _malformed(f"{place} in claims is an object of at most {MAX_CLAIMS} claims")
    for name, wish in found.items():
        if len(name) > MAX_NAME or not (wish is None or isinstance(wish, dict)):
            raise _malformed(f"a claim in {place} is null or an object")
        if wish is not None and not isinstance(wish.get("essential", False), bool):
            raise _malformed("essential is true or false")
    return found


def _values(wish: dict[str, Any], name: str) -> tuple[str, ...]:
    values = wish.get("values", [wish["value"]] if "value" in wish else [])
    if not isinstance(values, list) or len(values) > MAX_VALUES or not all(isinstance(one, str) for one in values):
        raise _malformed(f"values of {name} are at most {MAX_VALUES} strings")
    return tuple(values)


def _malformed(hint: str) -> SluisError:
    return SluisError(ErrorCode.REQUEST_MALFORMED, hint=hint)
