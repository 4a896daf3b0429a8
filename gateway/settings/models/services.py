"""`services/*.yaml`."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Field, IPvAnyAddress, model_validator

from gateway.domain.attribute import Attribute
from gateway.domain.fallback import Fallback
from gateway.domain.protocol import Protocol
from gateway.domain.purpose import Purpose
from gateway.domain.reduction import Reduction
from gateway.domain.role import Role
from gateway.domain.sector import Sector
from gateway.settings.fields import (
    Address,
    BaseUrl,
    DomainName,
    Email,
    FileName,
    Id,
    Model,
    Names,
    Switch,
    Text,
    Whole,
)
from gateway.settings.models.saml_metadata import SamlMetadata
from gateway.settings.redirect_uris import KeysUri, LogoutUri, RedirectUri, is_loopback_uri, is_private_use
from gateway.settings.subject_names import subject_name

AuthenticationMethod = Literal[
    "private_key_jwt", "client_secret_basic", "client_secret_post", "tls_client_auth", "none"
]
STRONG_METHODS = frozenset({"private_key_jwt", "tls_client_auth"})
"""What FAPI 2.0 has for clients (5.3.2.1)."""
CERTIFICATE_NAMES = (
    "tls_client_auth_subject_dn",
    "tls_client_auth_san_dns",
    "tls_client_auth_san_uri",
    "tls_client_auth_san_ip",
    "tls_client_auth_san_email",
)
"""Client metadata of RFC 8705 2.1.2."""
SubjectName = Annotated[str, Field(max_length=500), AfterValidator(subject_name)]
SecretHash = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]
ClientId = Annotated[str, Field(pattern=r"^[A-Za-z0-9](?:[A-Za-z0-9._~-]{0,98}[A-Za-z0-9])?$")]
ClaimName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_:./-]{0,199}$")]


class Supplier(Model):
    """Who offers a service."""

    name: Text = Field(description="Name")
    contact: Text = Field(description="Where operators write to")
    helpdesk: Text | None = Field(
        default=None,
        description="Whom schools ask, as pages say it where a school has no agreement: an e-mail address, a page "
        "(`https://...`), a telephone number; absent: its name alone is said",
    )


class Sign(Model):
    """What is signed for a service."""

    response: Switch = Field(default=True, description="The Response")
    assertion: Switch = Field(default=True, description="The assertion")

    @model_validator(mode="after")
    def _something(self) -> "Sign":
        if not self.response and not self.assertion:
            raise ValueError("nothing is signed; sign the response, the assertion, or both")
        return self


class AskEntry(Model):
    """What a service asks of an attribute. The purpose alone may stand in its place: `given_name: greeting`."""

    purpose: Purpose = Field(description="Why it is asked")
    roles: list[Role] = Field(default=[], description="Of whom: people in these roles; absent: everybody")
    reduction: Reduction | None = Field(default=None, description="What suffices: its values are reduced to this")


def _ask(value: Any) -> Any:
    return {"purpose": value} if isinstance(value, str) else value


class SuccessionEntry(Model):
    """How a service hears that a learner is known by another identifier from now on."""

    attribute: Switch = Field(
        default=True,
        description="Whether the login that brings the change names the identifier before: `formerId`, "
        "`urn:sluis:attribute:former-id` in the dialect surf, the claim `former_id`",
    )
    notices: LogoutUri | None = Field(
        default=None,
        description="Where signed notices of it are posted (RFC 8417, RFC 8935), again and again until one is taken",
    )

    @model_validator(mode="after")
    def _something(self) -> "SuccessionEntry":
        if not self.attribute and self.notices is None:
            raise ValueError("it hears nothing: name an address for notices, or leave succession out")
        return self


class CommonServiceEntry(Model):
    """What an entry of `services/*.yaml` has whatever its protocol."""

    id: Id = Field(description="Id in logs, reports and commands")
    names: Names = Field(description="Name in each language")
    supplier: Supplier = Field(description="Who offers it")
    sectors: list[Sector] = Field(min_length=1, description="Sectors whose ECK iD it may see")
    fallback: Fallback = Field(default=Fallback.PROVISIONAL, description="What it wants of a learner without ECK iD")
    sector_identifier: DomainName | None = Field(
        default=None,
        description="Domain that services of one supplier share, so that all of them know a person by one pairwise "
        "identifier; absent: each has its own",
    )
    start_url: Address | None = Field(default=None, description="Where error pages lead back to")
    login_url: Address | None = Field(
        default=None,
        description="Where a login begins at once (for a client: its initiate_login_uri); `/go/<id>` leads there, or "
        "to start_url where it is absent",
    )
    logo: FileName | None = Field(
        default=None, description="SVG, PNG, JPEG or WebP of at most 32 KiB, beside this file: shown with its name"
    )
    embedded_by: list[BaseUrl] = Field(
        default=[],
        max_length=10,
        description="Sites (`https://HOST`) whose pages may show a login for it in a frame, but for consent and links. "
        "Browsers that keep cookies of other sites back log nobody in there",
    )
    sso: Literal["allowed", "never"] = Field(
        default="allowed", description="`never`: every login asks the school, also of a person who is logged in already"
    )
    minimum_assurance: Id | None = Field(default=None, description="The least level of assurance of a login there")
    minimum_assurance_of: dict[Role, Id] = Field(
        default={}, description="The same of people in a role, where that is more"
    )
    succession: SuccessionEntry | None = Field(
        default=None, description="How it hears that a learner is known by another identifier from now on; absent: not"
    )
    attribute_sets: dict[Annotated[Whole, Field(ge=1)], dict[Attribute, Annotated[AskEntry, BeforeValidator(_ask)]]] = (
        Field(min_length=1, description="Numbered sets of attributes, each with its purpose; each names eck_id")
    )


class SamlServiceEntry(CommonServiceEntry, SamlMetadata):
    """A SAML service provider."""

    protocol: Literal[Protocol.SAML] = Field(default=Protocol.SAML, description="Protocol that it speaks")
    dialect: Literal["entree", "surf"] = Field(default="entree", description="Names of the attributes that it reads")
    name_id: Literal["transient", "persistent"] = Field(default="transient", description="The NameID that it gets")
    require_signed_requests: Switch = Field(
        default=False, description="Refuse unsigned requests, whatever the metadata says"
    )
    sign: Sign = Field(default=Sign(), description="What is signed; one of both at least")
    encrypt_assertion: Literal["auto", "always", "never"] = Field(
        default="auto",
        description="`auto`: when its metadata marks a key for encryption. `always`: for any key that may encrypt; one "
        "is needed",
    )
    allow_cbc: Switch = Field(
        default=False, description="Whether to encrypt in CBC where it reads nothing better; `check` warns"
    )


class OidcServiceEntry(CommonServiceEntry):
    """An OpenID Connect relying party. Keys are named as in client metadata (RFC 7591, OpenID Registration)."""

    protocol: Literal[Protocol.OIDC] = Field(description="Protocol that it speaks")
    client_id: ClientId | None = Field(default=None, description="Its client_id; absent: the entry's id")
    application_type: Literal["web", "native"] = Field(
        default="web", description="A native app may have a loopback address with any port, or a scheme of its own"
    )
    redirect_uris: list[RedirectUri] = Field(min_length=1, description="Where answers may go, compared to the letter")
    post_logout_redirect_uris: list[RedirectUri] = Field(
        default=[], description="Where a logout that it asked for may end"
    )
    frontchannel_logout_uri: LogoutUri | None = Field(
        default=None,
        description="Loaded in a frame of the page that ends a logout; nothing comes back of it: "
        "`backchannel_logout_uri` is better",
    )
    backchannel_logout_uri: LogoutUri | None = Field(
        default=None, description="Told by the gateway when its session ends elsewhere"
    )
    token_endpoint_auth_methods: list[AuthenticationMethod] = Field(
        default=["private_key_jwt"], min_length=1, description="How it proves who it is; `none`: a public client"
    )
    client_secret_hashes: list[SecretHash] = Field(
        default=[],
        max_length=5,
        description="`sha256:` and the SHA-256 of a secret that `sluis service add-oidc` made; several while one is "
        "replaced",
    )
    jwks: FileName | None = Field(default=None, description="File with its public keys (JSON Web Key Set), beside this")
    jwks_uri: KeysUri | None = Field(
        default=None,
        description="Where it publishes them instead: fetched every 15 minutes beside logins, never during one; the "
        "last good copy is in use",
    )
    profile: Literal["fapi2"] | None = Field(
        default=None,
        description="`fapi2`: held to the FAPI 2.0 Security Profile, so that it pushes its requests, authenticates by "
        "key and has its tokens bound, whatever stands here beside it",
    )
    require_pushed_authorization_requests: Switch = Field(
        default=False, description="Whether it pushes every authorization request (RFC 9126); it always may"
    )
    require_signed_request_object: Switch = Field(
        default=False, description="Whether it signs every authorization request (RFC 9101); with keys it always may"
    )
    dpop_bound_access_tokens: Switch = Field(
        default=False, description="Whether its tokens are always bound to a key by DPoP (RFC 9449); they may be anyway"
    )
    require_dpop_nonce: Switch = Field(
        default=False,
        description="Whether its DPoP proofs need a nonce of the gateway: none is made beforehand",
    )
    tls_client_auth_subject_dn: SubjectName | None = Field(
        default=None,
        description="Its name in its certificate: the subject, as RFC 4514 writes it (`CN=klas,O=Letterbos`)",
    )
    tls_client_auth_san_dns: DomainName | None = Field(default=None, description="Its name: a DNS name")
    tls_client_auth_san_uri: Text | None = Field(default=None, description="Its name: a URI")
    tls_client_auth_san_ip: IPvAnyAddress | None = Field(default=None, description="Its name: an IP address")
    tls_client_auth_san_email: Email | None = Field(default=None, description="Its name: an e-mail address")
    tls_client_certificate_bound_access_tokens: Switch = Field(
        default=False, description="Whether its tokens are bound to the certificate of its connection (RFC 8705)"
    )
    id_token_signed_response_alg: Literal["RS256", "ES256", "ES384"] = Field(
        default="RS256", description="What signs its ID tokens"
    )
    userinfo_signed_response_alg: Literal["RS256", "ES256", "ES384"] | None = Field(
        default=None, description="What signs UserInfo; absent: plain JSON"
    )
    dialect: ClassVar[str] = "oidc"
    claim_names: dict[Attribute, ClaimName] = Field(
        default={}, description="Other names for claims, by canonical attribute"
    )

    @model_validator(mode="after")
    def _credentials(self) -> "OidcServiceEntry":
        methods = set(self.token_endpoint_auth_methods)
        by_secret = bool(methods & {"client_secret_basic", "client_secret_post"})
        if "none" in methods and len(methods) > 1:
            raise ValueError("token_endpoint_auth_methods: `none` goes with no other method")
        if by_secret and not self.client_secret_hashes:
            raise ValueError("client_secret_hashes is missing: a client secret is a way for this client to log in")
        if self.client_secret_hashes and not by_secret:
            raise ValueError("client_secret_hashes: no method of this client uses a secret")
        return self

    @model_validator(mode="after")
    def _keys(self) -> "OidcServiceEntry":
        if self.jwks is not None and self.jwks_uri is not None:
            raise ValueError("jwks_uri: its keys are in the file of `jwks`, or at an address, not both")
        if self.jwks is not None or self.jwks_uri is not None:
            return self
        if "private_key_jwt" in self.token_endpoint_auth_methods:
            raise ValueError("jwks is missing, or jwks_uri: private_key_jwt is checked with the client's public keys")
        if self.require_signed_request_object:
            raise ValueError("jwks is missing, or jwks_uri: signed requests are checked with the client's public keys")
        return self

    @model_validator(mode="after")
    def _certificate(self) -> "OidcServiceEntry":
        names = [name for name in CERTIFICATE_NAMES if getattr(self, name) is not None]
        by_certificate = "tls_client_auth" in self.token_endpoint_auth_methods
        if by_certificate and len(names) != 1:
            raise ValueError(f"tls_client_auth: its certificate is known by one of {', '.join(CERTIFICATE_NAMES)}")
        if names and not by_certificate:
            raise ValueError(f"{names[0]}: no method of this client uses a certificate")
        if self.tls_client_certificate_bound_access_tokens and (
            self.dpop_bound_access_tokens or self.require_dpop_nonce
        ):
            raise ValueError(
                "tls_client_certificate_bound_access_tokens: tokens are bound to one key, and not by DPoP too"
            )
        return self

    @model_validator(mode="after")
    def _profile(self) -> "OidcServiceEntry":
        if self.profile is None:
            return self
        if weak := sorted(set(self.token_endpoint_auth_methods) - STRONG_METHODS):
            known = " or ".join(sorted(STRONG_METHODS))
            raise ValueError(f"token_endpoint_auth_methods: profile fapi2 has {known}, not {', '.join(weak)}")
        for key in ("id_token_signed_response_alg", "userinfo_signed_response_alg"):
            if getattr(self, key) not in {None, "ES256"}:
                raise ValueError(f"{key}: profile fapi2 signs with ES256")
        return self

    @model_validator(mode="after")
    def _addresses(self) -> "OidcServiceEntry":
        if self.application_type == "web" and any(is_private_use(uri) for uri in self.redirect_uris):
            raise ValueError("redirect_uris: only `application_type: native` has a scheme of its own")
        if self.application_type == "native" and any(
            not is_private_use(uri) and not is_loopback_uri(uri) and not uri.startswith("https:")
            for uri in self.redirect_uris
        ):
            raise ValueError("redirect_uris: http is for loopback alone")
        return self

    @model_validator(mode="after")
    def _claims(self) -> "OidcServiceEntry":
        names = list(self.claim_names.values())
        if len(set(names)) < len(names):
            raise ValueError("claim_names: two attributes have one name")
        if taken := RESERVED_CLAIMS.intersection(names):
            raise ValueError(f"claim_names: {', '.join(sorted(taken))} means something else in a token")
        return self


RESERVED_CLAIMS = frozenset(
    {
        "iss", "sub", "aud", "exp", "iat", "nbf", "jti", "nonce", "azp", "auth_time", "acr", "amr", "at_hash", "c_hash",
        "s_hash", "sid", "events", "cnf", "active", "scope", "client_id", "token_type", "username", "may_act", "act",
        "former_id", "sub_id",
    }
)  # fmt: skip
"""Names that protocols use in ID tokens, UserInfo and introspection; no attribute may go under them."""

ServiceEntry = SamlServiceEntry | OidcServiceEntry
SERVICE_ENTRIES: dict[str, type[SamlServiceEntry] | type[OidcServiceEntry]] = {
    Protocol.SAML: SamlServiceEntry,
    Protocol.OIDC: OidcServiceEntry,
}
"""The model of an entry, by its `protocol`."""
