"""What a service is in its own protocol."""

from dataclasses import dataclass, field
from enum import StrEnum

from gateway.domain.attribute import Attribute
from gateway.federation.encrypting import Encrypt, encryption_for
from gateway.federation.metadata.entities import SpMetadata
from gateway.xml.encryption import EncryptFor


class NameIdFormat(StrEnum):
    """The NameID that a service gets: another at each login, or pairwise and stable (saml-core 8.3.7 and 8.3.8)."""

    TRANSIENT = "transient"
    PERSISTENT = "persistent"


class ClientAuthentication(StrEnum):
    """How a client proves at the token endpoint who it is (OpenID Connect Core 9)."""

    PRIVATE_KEY_JWT = "private_key_jwt"
    CLIENT_SECRET_BASIC = "client_secret_basic"  # noqa: S105 - the name of a method
    CLIENT_SECRET_POST = "client_secret_post"  # noqa: S105 - the name of a method
    TLS_CLIENT_AUTH = "tls_client_auth"
    NONE = "none"


class SigningAlgorithm(StrEnum):
    """JWS algorithms that tokens are signed with (RFC 7518 3.1)."""

    RS256 = "RS256"
    ES256 = "ES256"
    ES384 = "ES384"


class CertificateField(StrEnum):
    """Where in its certificate a client has its name, by the name that client metadata has for it (RFC 8705 2.1.2)."""

    SUBJECT_DN = "tls_client_auth_subject_dn"
    SAN_DNS = "tls_client_auth_san_dns"
    SAN_URI = "tls_client_auth_san_uri"
    SAN_IP = "tls_client_auth_san_ip"
    SAN_EMAIL = "tls_client_auth_san_email"


@dataclass(frozen=True, slots=True)
class CertificateName:
    """The name by which a client's certificate is known."""

    field: CertificateField
    value: str


class Profile(StrEnum):
    """A set of rules that a client is held to beyond OpenID Connect Core."""

    FAPI2 = "fapi2"
    """FAPI 2.0 Security Profile (OpenID Foundation, February 2025)."""


@dataclass(frozen=True, slots=True)
class SamlClient:
    """A service as a SAML service provider."""

    metadata: SpMetadata
    name_id: NameIdFormat = NameIdFormat.TRANSIENT
    require_signed_requests: bool = False
    sign_response: bool = True
    sign_assertion: bool = True
    encrypt: Encrypt = Encrypt.AUTO
    allow_cbc: bool = False

    @property
    def encryption(self) -> EncryptFor | None:
        """How its assertions are encrypted; None: not."""
        return encryption_for(self.metadata.encryption_keys, wish=self.encrypt, allow_cbc=self.allow_cbc)


@dataclass(frozen=True, slots=True)
class OidcClient:
    """A service as an OpenID Connect relying party.

    `secret_hashes` are SHA-256, hexadecimal, of secrets with 256 bits of entropy. `jwks` is the text of its JSON Web
    Key Set, None where it has no keys, or none was fetched yet from its `jwks_uri`. `claim_names` are names other than
    the dialect's. What it has to do, where it otherwise may: `require_pushed` push its authorization requests
    (RFC 9126), `require_signed` sign them (RFC 9101), `dpop_bound` have its tokens bound to a key, `dpop_nonce` put a
    nonce into its proofs (RFC 9449), `certificate_bound` have them bound to its certificate (RFC 8705 3).
    `certificate_name` is in that by which it proves who it is.
    """

    client_id: str
    redirect_uris: tuple[str, ...]
    authentication: frozenset[ClientAuthentication]
    native: bool = False
    post_logout_redirect_uris: tuple[str, ...] = ()
    frontchannel_logout_uri: str | None = None
    backchannel_logout_uri: str | None = None
    secret_hashes: tuple[str, ...] = field(default=(), repr=False)
    jwks: str | None = field(default=None, repr=False)
    jwks_uri: str | None = None
    profile: Profile | None = None
    require_pushed: bool = False
    require_signed: bool = False
    dpop_bound: bool = False
    dpop_nonce: bool = False
    certificate_bound: bool = False
    certificate_name: CertificateName | None = None
    id_token_algorithm: SigningAlgorithm = SigningAlgorithm.RS256
    userinfo_algorithm: SigningAlgorithm | None = None
    claim_names: tuple[tuple[Attribute, str], ...] = ()

    @property
    def public(self) -> bool:
        """Whether it can keep no secret (RFC 6749 2.1)."""
        return ClientAuthentication.NONE in self.authentication

    @property
    def fapi2(self) -> bool:
        """Whether it is held to the FAPI 2.0 Security Profile."""
        return self.profile is Profile.FAPI2
