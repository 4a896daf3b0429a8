"""What the configuration says of an identity provider that speaks OpenID Connect."""

from dataclasses import dataclass, field

from gateway.federation.clients import ClientAuthentication


@dataclass(frozen=True, slots=True)
class OpenIdProvider:
    """An OpenID provider, and how the gateway is known there.

    `issuer` is compared exactly. `secret` is there for the two methods that need one. `contexts` are the acr values
    that are asked for when the service asks for none. `userinfo`: the UserInfo endpoint is asked for claims too.
    `endpoint_is_audience`: of the gateway's assertions, in place of the issuer.
    """

    issuer: str
    client_id: str
    authentication: ClientAuthentication = ClientAuthentication.PRIVATE_KEY_JWT
    secret: str | None = field(default=None, repr=False)
    scopes: tuple[str, ...] = ("openid", "profile")
    contexts: tuple[str, ...] = ()
    userinfo: bool = True
    endpoint_is_audience: bool = False

    @property
    def entity_id(self) -> str:
        """The issuer: what names this party in messages to others."""
        return self.issuer
