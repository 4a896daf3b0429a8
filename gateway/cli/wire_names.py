"""Attributes under the names that a service reads, and how it asks for them."""

from collections.abc import Mapping

from gateway.attributes.dialects import dialect
from gateway.domain.attribute import Attribute
from gateway.domain.protocol import Protocol
from gateway.federation.models import Service
from gateway.oidc.op.claims import claim_names
from gateway.oidc.op.scopes import SCOPES


def wire_names(service: Service) -> Mapping[Attribute, str]:
    """The claims of a client, the SAML attributes of any other service."""
    return claim_names(service) if service.protocol is Protocol.OIDC else dialect(service.dialect).outgoing


def attribute_of(service: Service, name: str) -> Attribute | None:
    """The attribute that is meant by its canonical name, or by the one that this service reads; None: neither."""
    by_name = {wire: attribute for attribute, wire in wire_names(service).items()}
    if name in by_name:
        return by_name[name]
    return Attribute(name) if name in list(Attribute) else None


def how_asked(service: Service, attribute: Attribute) -> str:
    """How a client asks for it: what goes reaches only who asks. Empty for a service that is sent all that goes."""
    if service.protocol is not Protocol.OIDC:
        return ""
    scopes = [scope for scope, attributes in SCOPES.items() if attribute in attributes]
    return f"asked by scope {scopes[0]}, or by name in `claims`" if scopes else "asked by name in `claims` alone"
