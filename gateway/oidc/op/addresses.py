"""The provider's own addresses."""

from dataclasses import dataclass

CONFIGURATION_PATH = "/.well-known/openid-configuration"
OAUTH_CONFIGURATION_PATH = "/.well-known/oauth-authorization-server"
AUTHORIZATION_PATH = "/oidc/authorize"
TOKEN_PATH = "/oidc/token"  # noqa: S105 - a path
USERINFO_PATH = "/oidc/userinfo"
INTROSPECTION_PATH = "/oidc/introspect"
REVOCATION_PATH = "/oidc/revoke"
JWKS_PATH = "/oidc/jwks"
PUSHED_PATH = "/oidc/par"
END_SESSION_PATH = "/oidc/logout"
CONFIRMED_PATH = "/oidc/logout/confirmed"


@dataclass(frozen=True, slots=True)
class Addresses:
    """Of one provider. The issuer is the gateway's base URL, without a slash at the end."""

    issuer: str

    @property
    def authorization(self) -> str:
        """Authorization endpoint (RFC 6749 3.1)."""
        return self.issuer + AUTHORIZATION_PATH

    @property
    def token(self) -> str:
        """Token endpoint (RFC 6749 3.2)."""
        return self.issuer + TOKEN_PATH

    @property
    def pushed(self) -> str:
        """Pushed authorization request endpoint (RFC 9126 2)."""
        return self.issuer + PUSHED_PATH

    @property
    def userinfo(self) -> str:
        """UserInfo endpoint (OpenID Connect Core 5.3)."""
        return self.issuer + USERINFO_PATH

    @property
    def introspection(self) -> str:
        """Introspection endpoint (RFC 7662)."""
        return self.issuer + INTROSPECTION_PATH

    @property
    def revocation(self) -> str:
        """Revocation endpoint (RFC 7009)."""
        return self.issuer + REVOCATION_PATH

    @property
    def jwks(self) -> str:
        """The provider's public keys (RFC 7517)."""
        return self.issuer + JWKS_PATH

    @property
    def end_session(self) -> str:
        """End-session endpoint (OpenID Connect RP-Initiated Logout 1.0)."""
        return self.issuer + END_SESSION_PATH
