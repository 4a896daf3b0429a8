"""A reading as a session keeps it, so that a release can be decided anew without a new login. Sealed by the store."""

import json

from gateway.attributes.canonical import Reading
from gateway.attributes.values import Attributes
from gateway.domain.attribute import Attribute
from gateway.domain.role import Role


def dump(reading: Reading) -> bytes:
    """The reading as UTF-8 JSON. What was dropped at the door is not in it: it has been counted."""
    kept = {
        "account": reading.account,
        "roles": sorted(reading.roles),
        "attributes": dict(reading.attributes.values),
        "adult": reading.adult,
        "eduid": reading.eduid,
    }
    return json.dumps(kept, separators=(",", ":"), ensure_ascii=False).encode()


def load(kept: bytes) -> Reading:
    """The reading of `dump`. Raises ValueError for anything that an older or newer gateway kept otherwise."""
    try:
        data = json.loads(kept)
        return Reading(
            attributes=Attributes({Attribute(name): tuple(values) for name, values in data["attributes"].items()}),
            account=data["account"],
            roles=frozenset(Role(role) for role in data["roles"]),
            unknown=(),
            citizen_numbers=0,
            adult=data.get("adult") is True if data.get("adult") is not None else None,
            eduid=data.get("eduid"),
        )
    except (KeyError, TypeError, AttributeError) as cause:
        raise ValueError("not a reading as this gateway keeps it") from cause
