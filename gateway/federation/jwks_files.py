"""Files with the public keys of clients. What the keys are good for is judged where they are used (`gateway/oidc`)."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gateway.settings.loader import Entry
from gateway.settings.problems import Problem

MAX_BYTES = 100_000


def read_jwks(
    entry: Entry[Any], name: str, directory: Path, problems: list[Problem], place: Sequence[str | int] = ("jwks",)
) -> str | None:
    """The text of a JSON Web Key Set (RFC 7517 5) beside an entry; None, and a problem, when it cannot be used.

    `place` is where the entry names it.
    """
    path = (directory / entry.document.file).parent / name
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-8")
        keys = json.loads(text).get("keys")
    except OSError as cause:
        what = f"{name}: the file cannot be read: {cause.strerror}; it belongs beside this one"
    except (ValueError, AttributeError):
        what = f"{name}: this is no JSON Web Key Set"
    else:
        if isinstance(keys, list) and keys and len(raw) <= MAX_BYTES:
            return text
        what = f"{name}: `keys` in it is a list of 1 key at least, in at most {MAX_BYTES // 1000} kB"
    problems.append(Problem(entry.place(*place), what, "ask the supplier for its public keys"))
    return None
