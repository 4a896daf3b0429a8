"""`identity-providers/*.yaml`."""

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, field_validator, model_validator

from gateway.domain.protocol import Protocol
from gateway.settings.fields import Address, BrinField, FileName, Id, Model, Names, Switch, Text, is_loopback
from gateway.settings.models.assurance import ContextName
from gateway.settings.models.saml_metadata import SamlMetadata
from gateway.settings.models.sso import NotificationEntry
from gateway.settings.secrets import SecretReference


def _issuer(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme != "https" and not is_loopback(parts.hostname):
        raise ValueError("an issuer is https; http is for loopback alone")
    if parts.query or parts.fragment or "?" in value or "#" in value:
        raise ValueError("an issuer has no query and no fragment (OpenID Connect Discovery 1.0, section 3)")
    return value


Issuer = Annotated[Address, AfterValidator(_issuer)]
Scope = Annotated[str, Field(pattern=r"^[\x21\x23-\x5b\x5d-\x7e]{1,200}$")]


class CommonIdentityProviderEntry(Model):
    """What an entry of `identity-providers/*.yaml` has whatever its protocol."""

    id: Id = Field(description="Id in logs, reports and commands")
    names: Names = Field(description="Name in each language")
    schools: list[BrinField] = Field(min_length=1, description="BRINs of the schools that it speaks for")
    logo: FileName | None = Field(
        default=None,
        description="SVG, PNG, JPEG or WebP of at most 32 KiB, beside this file: "
        "shown with its name, and with that of its only school",
    )
    eck_id: list[Literal["assertion", "vault", "nummervoorziening"]] = Field(
        default=["assertion"],
        min_length=1,
        description="Where ECK iDs come from: what it sends, the vault that schools' administrations fill, and "
        "Nummervoorziening, asked with a stampseudonym in the vault where neither has one; in this order",
    )
    eck_id_disagreement: Literal["prefer-assertion", "prefer-vault", "refuse"] = Field(
        default="refuse", description="Which one counts when the two say different ECK iDs; each time it is an anomaly"
    )
    adult_attribute: Text | None = Field(
        default=None,
        description="Name, as it is sent, of a `true` or `false` that says whether somebody is of age; without one, "
        "and without a birth date, nobody is",
    )

    assurance: dict[Id, Annotated[list[ContextName], Field(min_length=1)]] = Field(
        default={},
        description="By level: the AuthnContextClassRefs or acr values that say it, or `amr:` and a value of amr",
    )
    assurance_otherwise: Id | None = Field(
        default=None, description="Level of a login that says none of those; absent: none at all"
    )

    notification: NotificationEntry | None = Field(
        default=None, description="Portals that say that somebody is logged in there; absent: none"
    )

    @field_validator("eck_id")
    @classmethod
    def _each_once(cls, value: list[str]) -> list[str]:
        if len(set(value)) < len(value):
            raise ValueError("a source is named twice; once is enough")
        return value


class SamlIdentityProviderEntry(CommonIdentityProviderEntry, SamlMetadata):
    """A SAML identity provider."""

    protocol: Literal[Protocol.SAML] = Field(default=Protocol.SAML, description="Protocol that it speaks")
    dialect: Literal["entree", "surf", "eduid"] = Field(
        description="Names of its attributes; `eduid`: an identity that people hold themselves"
    )
    allow_cbc: Switch = Field(
        default=False,
        description="Whether assertions encrypted in CBC are taken from it, in signed Responses only; `check` warns",
    )
    allow_unsolicited: Switch = Field(default=False, description="Whether answers that nobody asked for are taken")


class OidcIdentityProviderEntry(CommonIdentityProviderEntry):
    """An OpenID provider. All else about it is read from its discovery document."""

    protocol: Literal[Protocol.OIDC] = Field(description="Protocol that it speaks")
    issuer: Issuer = Field(description="Its issuer, to the letter; its discovery document lies under it")
    client_id: Text = Field(
        description="How the gateway is known there, with the redirect URI `/oidc/callback/` and the id of this entry"
    )
    authentication: Literal["private_key_jwt", "client_secret_basic", "client_secret_post"] = Field(
        default="private_key_jwt", description="How the gateway proves itself there"
    )
    client_secret: SecretReference | None = Field(default=None, description="The secret, for methods that need one")
    scopes: list[Scope] = Field(default=["openid", "profile"], min_length=1, description="Scopes that are asked for")
    acr_values: list[Text] = Field(default=[], description="Assurance that is asked for when the service asks for none")
    assertion_audience: Literal["issuer", "token_endpoint"] = Field(
        default="issuer", description="Audience of what private_key_jwt signs; Entra ID wants its token endpoint"
    )
    userinfo: Switch = Field(default=True, description="Whether its UserInfo is asked for claims, beside the ID token")
    dialect: Literal["eduid", "oidc-standard", "entra"] = Field(
        description="Names of its claims; `eduid`: an identity that people hold themselves"
    )

    @model_validator(mode="after")
    def _secret(self) -> "OidcIdentityProviderEntry":
        by_secret = self.authentication != "private_key_jwt"
        if by_secret and self.client_secret is None:
            raise ValueError(f"client_secret is missing: {self.authentication} needs one")
        if not by_secret and self.client_secret is not None:
            raise ValueError("client_secret: private_key_jwt needs none; the gateway's own key proves it")
        return self

    @model_validator(mode="after")
    def _openid(self) -> "OidcIdentityProviderEntry":
        if "openid" not in self.scopes:
            raise ValueError("scopes: openid is one of them, or there is no ID token")
        return self


IdentityProviderEntry = SamlIdentityProviderEntry | OidcIdentityProviderEntry
IDENTITY_PROVIDER_ENTRIES: dict[str, type[SamlIdentityProviderEntry] | type[OidcIdentityProviderEntry]] = {
    Protocol.SAML: SamlIdentityProviderEntry,
    Protocol.OIDC: OidcIdentityProviderEntry,
}
"""The model of an entry, by its `protocol`."""
