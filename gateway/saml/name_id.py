"""NameID formats (saml-core-2.0-os 8.3)."""

from saml2.saml import NAMEID_FORMAT_PERSISTENT as PERSISTENT
from saml2.saml import NAMEID_FORMAT_TRANSIENT as TRANSIENT
from saml2.saml import NAMEID_FORMAT_UNSPECIFIED as UNSPECIFIED

from gateway.federation.clients import NameIdFormat

__all__ = ["PERSISTENT", "TRANSIENT", "UNSPECIFIED", "URIS"]

URIS: dict[NameIdFormat, str] = {NameIdFormat.TRANSIENT: TRANSIENT, NameIdFormat.PERSISTENT: PERSISTENT}
"""The formats that the gateway gives, as they stand on the wire."""
