"""On what ground personal data may be processed."""

from enum import StrEnum


class LegalBasis(StrEnum):
    """The grounds of Article 6(1) of the GDPR (a, b, c, e, f) that a school or a gateway can have."""

    CONSENT = "consent"
    CONTRACT = "contract"
    LEGAL_OBLIGATION = "legal-obligation"
    PUBLIC_TASK = "public-task"
    LEGITIMATE_INTERESTS = "legitimate-interests"
