"""Who sends a request, as far as tokens are bound to it: the key behind a DPoP proof (RFC 9449)."""

from dataclasses import dataclass

from gateway.federation.clients import OidcClient
from gateway.oidc.op.proofs import Proofs, refused
from gateway.oidc.op.sender_key import SenderKey
from gateway.oidc.op.transport import Transport


@dataclass(frozen=True, slots=True)
class Senders:
    """Finds the key that a client proves to hold."""

    proofs: Proofs

    def proven(self, transport: Transport, client: OidcClient) -> SenderKey | None:
        """The key of a DPoP proof, None without one. Raises SluisError for a proof that is not right."""
        return self.proofs.key(transport, needs_nonce=client.dpop_nonce)

    def key_for_tokens(self, transport: Transport, client: OidcClient) -> SenderKey | None:
        """The key that tokens are to be bound to. Raises SluisError where the client's entry asks for one."""
        key = self.proven(transport, client)
        if key is None and client.dpop_bound:
            raise refused("this client's tokens are bound to a key, so a proof is needed")
        return key

    def proves(self, key: SenderKey, transport: Transport, client: OidcClient, *, access_token: str) -> bool:
        """Whether the sender holds the key that this access token is bound to. Raises SluisError."""
        proven = self.proofs.key(transport, needs_nonce=client.dpop_nonce, access_token=access_token)
        if proven is None:
            raise refused("a proof is needed beside the access token")
        return proven == key
