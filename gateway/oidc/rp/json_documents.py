"""JSON that an OpenID provider answers with."""

import json
from collections.abc import Mapping
from typing import Any

from gateway.domain.http import HttpAnswer


class DocumentRejected(Exception):
    """What came is not a document that can be used; says why in words of ours."""


def json_object(answer: HttpAnswer) -> Mapping[str, Any]:
    """The JSON object in an answer. Raises DocumentRejected for anything else, nested beyond reading too."""
    if answer.status != 200:
        raise DocumentRejected(f"HTTP status {answer.status}")
    try:
        document = json.loads(answer.body)
    except (ValueError, RecursionError) as cause:
        raise DocumentRejected("it is not JSON") from cause
    if not isinstance(document, dict):
        raise DocumentRejected("it is not a JSON object")
    return document
