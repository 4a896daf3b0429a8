"""Whether the scopes that identity providers declare fit the schools of the configuration."""

from collections.abc import Iterator, Sequence

from gateway.federation.models import IdentityProvider
from gateway.settings.loader import Entry, Settings
from gateway.settings.models.identity_providers import IdentityProviderEntry
from gateway.settings.problems import Problem, warning

_IdentityProviders = Iterator[tuple[IdentityProvider, Entry[IdentityProviderEntry]]]


def scope_problems(settings: Settings, identity_providers: _IdentityProviders) -> Iterator[Problem]:
    """Domains of schools that their identity provider may not speak of, and scopes that belong to another's school."""
    domains = {domain: entry.value.brin for entry in settings.schools for domain in entry.value.domains}
    of_school: dict[object, Sequence[str]] = {entry.value.brin: entry.value.domains for entry in settings.schools}
    for idp, entry in identity_providers:
        scopes = idp.saml.scopes
        if not scopes.are_declared:
            continue
        for index, brin in enumerate(entry.value.schools):
            named = of_school.get(brin, ())
            if named and not any(map(scopes.allow, named)):
                what = f"{', '.join(named)}, by which {brin} is known, is no scope of this identity provider"
                hint = "ask whoever publishes its metadata to add it, or correct `domains` of the school"
                yield warning(entry.place("schools", index), what, hint)
        for domain in sorted(scopes.names & domains.keys()):
            if domains[domain] not in idp.schools:
                what = (
                    f"its metadata claims the scope {domain}, which is of {domains[domain]}; it does not speak for it"
                )
                yield warning(entry.place("schools"), what, "what it says of people there is refused")
