"""Moments as SAML writes them: xs:dateTime in UTC (saml-core-2.0-os 1.3.3)."""

from datetime import UTC, datetime


def read_instant(text: str) -> datetime:
    """The moment, aware. Without a time zone it is UTC, as the specification has it; finer than microseconds is cut.

    Raises ValueError.
    """
    moment = datetime.fromisoformat(text.strip())
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def write_instant(moment: datetime) -> str:
    """The moment in whole seconds: `2026-09-07T08:30:00Z`."""
    return f"{moment.astimezone(UTC).isoformat(timespec='seconds')[:19]}Z"
