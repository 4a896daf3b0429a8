"""The protocols that a party may speak."""

from enum import StrEnum


class Protocol(StrEnum):
    """Of an identity provider or a service."""

    SAML = "saml"
    OIDC = "oidc"
