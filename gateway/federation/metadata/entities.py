"""What the gateway keeps of an entity's SAML metadata (saml-metadata-2.0-os)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cryptography import x509

from gateway.domain.language import Language
from gateway.federation.metadata.encryption_keys import EncryptionKey
from gateway.federation.metadata.scopes import NO_SCOPES, Scopes


class Binding(StrEnum):
    """The bindings of saml-bindings-2.0-os that the gateway speaks: two by the browser, and SOAP for logouts."""

    REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
    POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
    SOAP = "urn:oasis:names:tc:SAML:2.0:bindings:SOAP"


BY_BROWSER = frozenset({Binding.REDIRECT, Binding.POST})


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address and the binding that it understands."""

    binding: Binding
    location: str


@dataclass(frozen=True, slots=True)
class LogoutEndpoint:
    """A SingleLogoutService; answers go to `response_location` (saml-metadata 2.2.2)."""

    binding: Binding
    location: str
    response_location: str


@dataclass(frozen=True, slots=True)
class IndexedEndpoint:
    """An AssertionConsumerService: address, binding, index, and whether it is the default (2.2.3); one is."""

    binding: Binding
    location: str
    index: int
    is_default: bool


@dataclass(frozen=True, slots=True)
class IdpMetadata:
    """An IDPSSODescriptor and its entity. `certificates` are those that may sign, in the document's order.

    `keywords` are what people may look for (mdui 2.1.3), for discovery alone.
    """

    entity_id: str
    valid_until: datetime | None
    certificates: tuple[x509.Certificate, ...]
    single_sign_on: tuple[Endpoint, ...]
    want_authn_requests_signed: bool
    scopes: Scopes = NO_SCOPES
    single_logout: tuple[LogoutEndpoint, ...] = ()
    keywords: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SpMetadata:
    """An SPSSODescriptor and its entity. Only POST consumers are kept, in the document's order.

    `discovery_responses` are where answers of a discovery service may go, the default in front.
    """

    entity_id: str
    valid_until: datetime | None
    certificates: tuple[x509.Certificate, ...]
    assertion_consumers: tuple[IndexedEndpoint, ...]
    authn_requests_signed: bool
    want_assertions_signed: bool
    name_id_formats: tuple[str, ...]
    display_names: Mapping[Language, str]
    encryption_keys: tuple[EncryptionKey, ...] = ()
    single_logout: tuple[LogoutEndpoint, ...] = ()
    discovery_responses: tuple[str, ...] = ()

    @property
    def default_consumer(self) -> IndexedEndpoint:
        """Where an answer goes when the request does not say."""
        return next((one for one in self.assertion_consumers if one.is_default), self.assertion_consumers[0])
