"""/docs/connect: how a supplier connects a service, true for this gateway and the configuration that it runs."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response

from gateway.attributes.dialects import NAMES, OIDC, dialect
from gateway.domain.attribute import Attribute
from gateway.domain.language import COMPLETE
from gateway.domain.purpose import Purpose
from gateway.domain.release_class import ReleaseClass
from gateway.pages.render import Renderer
from gateway.release.policy import Policy
from gateway.settings.loader import Settings

PATH = "/docs/connect"
_CLAIM, _SAML = OIDC, NAMES


@dataclass(frozen=True, slots=True)
class OpenId:
    """What clients need of the provider: its discovery document says the same to programs.

    `endpoints` are names of discovery with their addresses. `scopes` are what each asks for.
    """

    issuer: str
    configuration: str
    endpoints: Mapping[str, str]
    authentication: tuple[str, ...]
    signing: tuple[str, ...]
    scopes: Mapping[str, AbstractSet[Attribute]]

    @classmethod
    def of(cls, document: Mapping[str, Any], scopes: Mapping[str, AbstractSet[Attribute]]) -> "OpenId":
        """From the discovery document, and what each scope asks for."""
        issuer = document["issuer"]
        return cls(
            issuer=issuer,
            configuration=f"{issuer}/.well-known/openid-configuration",
            endpoints={name: address for name, address in document.items() if name.endswith(("_endpoint", "jwks_uri"))},
            authentication=tuple(document["token_endpoint_auth_methods_supported"]),
            signing=tuple(document["id_token_signing_alg_values_supported"]),
            scopes=scopes,
        )


@dataclass(frozen=True, slots=True)
class Saml:
    """What SAML service providers need: all of it stands in the metadata too."""

    entity_id: str
    single_sign_on: str

    @property
    def metadata(self) -> str:
        """Where it is: the entity id is its address (saml-metadata 4.1)."""
        return self.entity_id


@dataclass(frozen=True, slots=True)
class AttributeRow:
    """One attribute that the policy may let go: its names, the scope that asks it, and the purposes that justify it.

    Without `purposes` an agreement is enough.
    """

    claim: str
    scope: str
    saml: tuple[str, ...]
    purposes: tuple[Purpose, ...]


def attribute_rows(policy: Policy, scopes: Mapping[str, AbstractSet[Attribute]]) -> tuple[AttributeRow, ...]:
    """Every attribute that may go to somebody about somebody, in the order of the vocabulary."""
    outgoing = [dialect(name).outgoing for name in (_CLAIM, *_SAML)]
    rows = []
    for attribute in Attribute:
        known = policy.attributes.get(attribute)
        names = [one.get(attribute, "") for one in outgoing]
        if known is None or known.classes.all_named == {ReleaseClass.NEVER} or not any(names):
            continue
        justified = ReleaseClass.JUSTIFIED in known.classes.all_named
        asked_by = next((scope for scope, attributes in scopes.items() if attribute in attributes), "")
        purposes = tuple(sorted(known.purposes)) if justified else ()
        rows.append(AttributeRow(names[0], asked_by if names[0] else "", tuple(names[1:]), purposes))
    return tuple(rows)


def blueprints(*, settings: Settings, renderer: Renderer, openid: OpenId | None, saml: Saml) -> tuple[Blueprint, ...]:
    """The page, unless it is switched off. `openid` is None on a gateway that speaks SAML alone."""
    gateway = settings.gateway
    if not gateway.supplier_page:
        return ()
    routes = Blueprint("connect", __name__)
    rows = attribute_rows(Policy.of(settings.policy), openid.scopes if openid else {})
    contact = next((one for one in gateway.contacts if one.type == "technical"), gateway.contacts[0]).email

    @routes.get(PATH)
    def connect() -> Response:
        page = renderer.page(
            "connect.html",
            switch=True,
            alone=True,
            spoken=COMPLETE,
            openid=openid,
            saml=saml,
            rows=rows,
            purposes=tuple(Purpose),
            dialects=_SAML,
            contact=contact,
        )
        page.headers["Cache-Control"] = "no-cache"
        return page

    return (routes,)
