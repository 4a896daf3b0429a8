"""What a new version of a source changes, and whether that looks like an accident or an attack."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from gateway.federation.metadata.index import Indexed


@dataclass(frozen=True, slots=True)
class Difference:
    """EntityIDs that came, went and changed; `had` is how many there were."""

    came: tuple[str, ...]
    went: tuple[str, ...]
    changed: tuple[str, ...]
    had: int


def difference(old: Mapping[str, Indexed], new: Mapping[str, Indexed]) -> Difference:
    """From one version to the next."""
    return Difference(
        came=tuple(sorted(new.keys() - old.keys())),
        went=tuple(sorted(old.keys() - new.keys())),
        changed=tuple(sorted(one for one in old.keys() & new.keys() if old[one].digest != new[one].digest)),
        had=len(old),
    )


def objection(
    found: Difference, new: Mapping[str, Indexed], configured: Collection[tuple[str, str]], *, max_lost_percent: int
) -> str:
    """Why a new version is not taken by itself; empty when it is.

    `configured` are the entityIDs of parties, each with its role, `idp` or `sp`: one of them that is gone, or sound no
    more, is never taken unseen.
    """
    lost = sorted(entity for entity, role in configured if entity not in new or getattr(new[entity], role) != "")
    before = found.had and {*found.went, *found.changed}.intersection(lost)
    if before:
        named = ", ".join(lost[:3]) + (f" and {len(lost) - 3} more" if len(lost) > 3 else "")
        counted = "a configured entity is" if len(lost) == 1 else f"{len(lost)} configured entities are"
        return f"{counted} gone or cannot be used: {named}"
    if len(found.went) * 100 > max_lost_percent * found.had:
        return f"{len(found.went)} of {found.had} entities are gone, more than {max_lost_percent} percent"
    return ""
