"""Where an ECK iD comes from, in the order of the identity provider's entry."""

from collections.abc import Mapping
from typing import Protocol

from gateway.attributes.values import Attributes
from gateway.domain.attribute import Attribute
from gateway.domain.eck_id import EckId
from gateway.domain.errors import ErrorCode, SluisError
from gateway.federation.models import EckIdSource, IdentityProvider, School


class Source(Protocol):
    """One place to ask."""

    def eck_id(self, attributes: Attributes, school: School) -> EckId | None:
        """The learner's ECK iD in the school's sector; None when this source knows none.

        Raises SluisError ECK_ID_MALFORMED or ECK_ID_CONTRADICTORY: an error is not "no ECK iD".
        """
        ...


class FromAssertion:
    """The identity provider sends it. `segments` are the version segments of this environment."""

    def __init__(self, segments: frozenset[str]) -> None:
        self._segments = segments

    def eck_id(self, attributes: Attributes, school: School) -> EckId | None:
        values = attributes.all(Attribute.ECK_ID)
        if len(values) > 1:
            raise SluisError(ErrorCode.ECK_ID_CONTRADICTORY, hint=f"{len(values)} different values")
        if not values:
            return None
        try:
            return EckId.parse(values[0], sector=school.sector, segments=self._segments)
        except ValueError as cause:
            raise SluisError(ErrorCode.ECK_ID_MALFORMED, hint=str(cause)) from cause


class EckIds:
    """Asks the sources that an identity provider's entry names; the first that knows one answers."""

    def __init__(self, sources: Mapping[EckIdSource, Source]) -> None:
        self._sources = sources

    def find(self, idp: IdentityProvider, attributes: Attributes, school: School) -> EckId | None:
        """The learner's ECK iD, or None. Raises as the sources do."""
        for source in idp.eck_id_sources:
            found = self._sources[source].eck_id(attributes, school)
            if found is not None:
                return found
        return None
