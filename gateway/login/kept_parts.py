"""Parts that several of the kept forms of a login have."""

from datetime import UTC, datetime
from typing import Any

from gateway.attributes import kept
from gateway.domain.attribute import Attribute
from gateway.domain.brin import Brin
from gateway.domain.kept_form import known, named
from gateway.login.messages import UpstreamSession
from gateway.login.sso.session import minimal
from gateway.release.people import HeldLogin


def upstream_as_kept(session: UpstreamSession) -> dict[str, Any]:
    """For JSON, and for `upstream_of`."""
    return {**named(session), "ends": session.ends.timestamp() if session.ends else None}


def upstream_of(found: Any) -> UpstreamSession:
    """The session of `upstream_as_kept`. Raises ValueError or TypeError for what was kept otherwise."""
    fields = known(UpstreamSession, found)
    return UpstreamSession(**{**fields, "ends": moment(fields.get("ends"))})


def held_as_kept(held: HeldLogin | None, needed: frozenset[Attribute]) -> dict[str, Any] | None:
    """For JSON, and for `held_of`; of what the school said nothing but what is needed."""
    if held is None:
        return None
    said = kept.dump(minimal(held.said, needed)).decode() if held.said else None
    return {"school": str(held.school), "said": said, "by_link": held.by_link}


def held_of(found: Any) -> HeldLogin | None:
    """What `held_as_kept` had. Raises ValueError, TypeError or KeyError for what was kept otherwise."""
    if found is None:
        return None
    fields = known(HeldLogin, found)
    said = fields.get("said")
    return HeldLogin(**{**fields, "school": Brin(fields["school"]), "said": kept.load(said.encode()) if said else None})


def moment(seconds: float | None) -> datetime | None:
    """Of seconds since 1970."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
