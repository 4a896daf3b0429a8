"""What has run out, or will within a month."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from cryptography import x509

from gateway.domain.clock import dutch_day
from gateway.federation.metadata.entities import IdpMetadata, SpMetadata
from gateway.settings.certificates import stage
from gateway.settings.loader import Settings
from gateway.settings.problems import Place, Problem, warning

SOON = timedelta(days=30)


def agreement_dates(settings: Settings, now: datetime) -> Iterator[Problem]:
    """Agreements that have ended, or end soon; their days are Dutch."""
    today = dutch_day(now)
    for entry in settings.agreements:
        until = entry.value.valid_until
        if until is not None and until < today:
            yield warning(entry.place("until"), f"the agreement {entry.value.reference} ended on {until}")
        elif until is not None and until < today + SOON:
            yield warning(entry.place("until"), f"the agreement {entry.value.reference} ends on {until}")


def metadata_dates(dated: Iterable[tuple[IdpMetadata | SpMetadata, Place]], now: datetime) -> Iterator[Problem]:
    """Metadata past its validUntil is not used. Certificates past their date are (2.4.1.1), but tell of neglect."""
    for metadata, place in dated:
        until = metadata.valid_until
        if until is not None and until <= now:
            what = f"the metadata was valid until {until:%Y-%m-%d}: logins of {metadata.entity_id} are refused"
            yield Problem(place, what, "fetch it anew")
        elif until is not None and until <= now + SOON:
            yield warning(place, f"the metadata is valid until {until:%Y-%m-%d}", "fetch it anew before then")
        yield from _certificate_dates(metadata.certificates, place, now)


def _certificate_dates(certificates: Sequence[x509.Certificate], place: Place, now: datetime) -> Iterator[Problem]:
    for certificate in certificates:
        ends = certificate.not_valid_after_utc
        left = stage(ends, now)
        if left is None:
            continue
        what = f"ends on {ends:%Y-%m-%d}, within {left.days} days" if left else f"ended on {ends:%Y-%m-%d}"
        yield warning(place, f"a certificate {what}", "ask the party for new metadata")
