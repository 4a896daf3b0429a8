"""What a school itself answers about an eduID that is aimed at it (domain facts 5.7).

Fail closed: only 404 means that the school does not know the person; whatever else goes wrong says nothing of anybody.
"""

import json
from base64 import b64encode
from dataclasses import replace
from datetime import date
from uuid import UUID

from gateway.attributes.canonical import MAX_VALUES, Reading, read
from gateway.attributes.dialects import INSTITUTION, dialect
from gateway.attributes.scopes import institution_scopes
from gateway.attributes.values import RawAttributes
from gateway.domain.attribute import Attribute
from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.http import Http, HttpAnswer, HttpFailed
from gateway.federation.at_eduid import AttributeApi
from gateway.federation.models import School
from gateway.federation.snapshot import Federation
from gateway.observability import legs
from gateway.observability.legs import StepName

_MAX_BYTES = 64 * 1024
_KNOWN, _UNKNOWN = 200, 404


class Institutions:
    """Asks attribute APIs. `http` must be bounded in time: a person waits."""

    def __init__(self, http: Http, federation: Federation) -> None:
        self._http = http
        self._federation = federation

    def ask(self, school: School, api: AttributeApi, eduid: str | None, *, today: date) -> Reading | None:
        """What the school says of this person; None when it does not know them.

        Raises SluisError INSTITUTION_UNREACHABLE for every other answer, and for none.
        """
        address = f"{api.base_url}/api/attributes/{_canonical(eduid)}"
        credentials = b64encode(f"{api.user}:{api.password}".encode()).decode()
        headers = {"Authorization": f"Basic {credentials}", "Accept": "application/json"}
        try:
            with legs.step(StepName.ATTRIBUTE_API):
                answer = self._http.get(address, headers=headers)
        except HttpFailed as cause:
            raise SluisError(ErrorCode.INSTITUTION_UNREACHABLE, hint=str(school.brin), cause=str(cause)) from cause
        if answer.status == _UNKNOWN:
            return None
        fields = _fields(answer, school)
        own = institution_scopes(school, self._federation)
        reading = read(RawAttributes(tuple(fields.items())), dialect(INSTITUTION), own, today=today)
        _check_school(reading, school)
        return replace(reading, adult=_of_age(fields, api))


def _canonical(eduid: str | None) -> str:
    """As a UUID is written: nothing else may stand in the address."""
    try:
        return str(UUID(eduid or ""))
    except ValueError:
        hint = "eduID sent none that is aimed at the school" if eduid is None else "the eduID is no UUID"
        raise SluisError(ErrorCode.INSTITUTION_UNREACHABLE, hint=hint) from None


def _fields(answer: HttpAnswer, school: School) -> dict[str, tuple[str, ...]]:
    """The fields: lists of texts, each of which may be absent or null."""
    if answer.status != _KNOWN:
        raise SluisError(
            ErrorCode.INSTITUTION_UNREACHABLE, hint=str(school.brin), cause=f"the API answered {answer.status}"
        )
    try:
        document = json.loads(answer.body) if len(answer.body) <= _MAX_BYTES else None
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise SluisError(ErrorCode.INSTITUTION_UNREACHABLE, hint=str(school.brin), cause="the answer is no JSON object")
    present = {name: values for name, values in document.items() if values is not None}
    for values in present.values():
        if not isinstance(values, list) or len(values) > MAX_VALUES or not all(isinstance(one, str) for one in values):
            cause = "a field of the answer is no list of texts"
            raise SluisError(ErrorCode.INSTITUTION_UNREACHABLE, hint=str(school.brin), cause=cause)
    return {name: tuple(values) for name, values in present.items()}


def _check_school(reading: Reading, school: School) -> None:
    """An API that answers for another school than it was asked for is not to be believed about anything.

    An affiliation elsewhere is as good as not said.
    """
    incoming = dialect(INSTITUTION).incoming
    foreign = any(incoming.get(name) is not Attribute.ROLE for name in reading.foreign)
    named = reading.attributes.all(Attribute.SCHOOL_DOMAIN)
    if foreign or any(domain not in school.domains for domain in named):
        raise SluisError(ErrorCode.INSTITUTION_UNREACHABLE, hint=str(school.brin), cause="it speaks of another school")


def _of_age(fields: dict[str, tuple[str, ...]], api: AttributeApi) -> bool | None:
    """True or unknown: an API that says nothing of age leaves everybody a minor."""
    if api.adult is None:
        return None
    name, value = api.adult
    return True if value in fields.get(name, ()) else None
