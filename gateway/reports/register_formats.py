"""The register of processing as a page and as CSV."""

from collections.abc import Iterator
from typing import Any

from gateway.domain.language import Language
from gateway.domain.purpose import Purpose
from gateway.reports.formats import as_csv
from gateway.reports.measures import LACKS
from gateway.reports.page import page
from gateway.reports.register import Register

_COLUMNS = (
    "activity", "service", "recipient", "data", "purpose", "people", "reduction", "schools", "legal_basis",
    "kept_seconds",
)  # fmt: skip


def register_html(register: Register, *, language: Language) -> str:
    """The register as a page that needs nothing beside it."""
    return page(
        "register.html",
        language=language,
        register=register,
        lacks=LACKS,
        purpose=lambda one: Purpose(one).text(language),
    )


def register_csv(register: Register) -> str:
    """A line for each activity, and of the releases one for each attribute that a service may get."""
    return as_csv(_COLUMNS, _rows(register))


def _rows(register: Register) -> Iterator[dict[str, Any]]:
    for one in register.activities:
        yield {
            "activity": one.activity,
            "recipient": one.recipients,
            "data": one.data,
            "purpose": one.purpose,
            "people": one.people,
            "legal_basis": register.legal_basis,
            "kept_seconds": one.seconds,
        }
    for recipient in register.recipients:
        for line in recipient.lines:
            yield {
                "activity": "release",
                "service": recipient.service,
                "recipient": recipient.supplier,
                "data": line.attribute,
                "purpose": " ".join(line.purposes),
                "people": " ".join(line.roles),
                "reduction": " ".join(line.reductions),
                "schools": line.schools,
                "legal_basis": register.legal_basis,
                "kept_seconds": 0,
            }
