"""Whether the limits of single parties are of parties that there are."""

from collections.abc import Iterator

from gateway.settings.loader import Settings
from gateway.settings.problems import Problem


def limit_problems(settings: Settings) -> Iterator[Problem]:
    """Every id under `limits` that nobody has."""
    limits, document = settings.gateway.limits, settings.gateway_document
    for key, entries, what in (
        ("services", settings.services, "service"),
        ("identity_providers", settings.identity_providers, "identity provider"),
    ):
        known = sorted(entry.value.id for entry in entries)
        for name in getattr(limits, key):
            if name not in known and name not in settings.unread:
                place = document.place(("limits", key, name))
                yield Problem(place, f"there is no {what} {name}", f"there is {', '.join(known[:20]) or 'none'}")
