"""Certificates that end: the gateway's own, and those of parties whose metadata lies in files; health and metrics."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from gateway.domain.clock import Clock
from gateway.domain.key_ring import KeyState
from gateway.federation.metadata.entities import IdpMetadata, SpMetadata
from gateway.federation.metadata.lazily import IdpOnFirstUse, SpOnFirstUse
from gateway.federation.snapshot import Federation
from gateway.settings.certificates import WARN_BEFORE, OwnCertificate, stage

OWN, PEERS = "own", "peers"
_PEERS_SOON = timedelta(days=30)
"""With many parties one certificate or other always ends within 90 days: health would never be well."""


class CertificateEnds:
    """When certificates end. What a metadata source names is left out: to know its dates all of it must be parsed."""

    def __init__(self, own: Sequence[OwnCertificate], federation: Federation, clock: Clock) -> None:
        self._own = tuple(one for one in own if one.state is not KeyState.PREVIOUS)
        self._peers = tuple(_peer_ends(federation))
        self._clock = clock

    def counts(self) -> Mapping[tuple[str, str], int]:
        """(whose, when) -> how many; when: `ended`, or the narrowest of 7, 30 and 90 days."""
        now = self._clock.now()
        counted = Counter((OWN, _named(stage(one.ends, now))) for one in self._own)
        counted += Counter((PEERS, _named(stage(ends, now))) for ends in self._peers)
        return {(whose, when): counted[whose, when] for whose in (OWN, PEERS) for when in _STAGES}

    def warnings(self) -> Mapping[str, str]:
        """For health: the gateway's own by name within 90 days, those of parties by number within 30."""
        now = self._clock.now()
        own = [said for one in self._own if (said := _said(one, now))]
        soon = sum(1 for ends in self._peers if timedelta() < ends - now <= _PEERS_SOON)
        found = {}
        if own:
            found["certificates"] = "; ".join(own)
        if soon:
            found["certificates of parties"] = f"{soon} end within {_PEERS_SOON.days} days; `sluis check` says whose"
        return found


def _said(one: OwnCertificate, now: datetime) -> str:
    left = one.stage(now)
    if left is None:
        return ""
    when = f"ends on {one.ends:%Y-%m-%d}, within {left.days} days" if left else f"ended on {one.ends:%Y-%m-%d}"
    return f"that of {one.kind} {one.id} {when}"


def _named(left: timedelta | None) -> str:
    return "" if left is None else str(left.days) if left else "ended"


_STAGES = tuple(_named(left) for left in (timedelta(), *WARN_BEFORE))


def _peer_ends(federation: Federation) -> Iterator[datetime]:
    for metadata in _of_files(federation):
        for certificate in metadata.certificates:
            yield certificate.not_valid_after_utc


def _of_files(federation: Federation) -> Iterator[IdpMetadata | SpMetadata]:
    for idp in federation.identity_providers.values():
        if isinstance(idp.party, IdpMetadata) and not isinstance(idp.party, IdpOnFirstUse):
            yield idp.party
    for service in federation.service_by_entity_id.values():
        if not isinstance(service.saml.metadata, SpOnFirstUse):
            yield service.saml.metadata
