"""Who sends a request, as far as tokens are bound to it: by a DPoP proof (RFC 9449) or a certificate (RFC 8705 3)."""

from dataclasses import dataclass

from gateway.domain.errors import ErrorCode, SluisError
from gateway.federation.clients import OidcClient
from gateway.oidc.op.certificates import read_certificate, thumbprint
from gateway.oidc.op.proofs import Proofs, refused
from gateway.oidc.op.sender_key import KeyKind, SenderKey
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
        if client.certificate_bound:
            if key is not None:
                raise refused("this client's tokens are bound to its certificate")
            key = _of_certificate(transport)
            if key is None:
                raise SluisError(ErrorCode.REQUEST_MISSING, hint="a client certificate, which tokens are bound to")
            return key
        if key is None and client.dpop_bound:
            raise refused("this client's tokens are bound to a key, so a proof is needed")
        return key

    def proves(self, key: SenderKey, transport: Transport, client: OidcClient, *, access_token: str) -> bool:
        """Whether the sender holds the key that this access token is bound to. Raises SluisError."""
        if key.kind is KeyKind.CERTIFICATE:
            return _of_certificate(transport) == key
        proven = self.proofs.key(transport, needs_nonce=client.dpop_nonce, access_token=access_token)
        if proven is None:
            raise refused("a proof is needed beside the access token")
        return proven == key


def _of_certificate(transport: Transport) -> SenderKey | None:
    """Holding its private key was proven in the handshake; who issued it does not matter for that."""
    if transport.certificate is None:
        return None
    try:
        return SenderKey(KeyKind.CERTIFICATE, thumbprint(read_certificate(transport.certificate)))
    except ValueError as cause:
        raise SluisError(ErrorCode.REQUEST_MALFORMED, hint=str(cause)) from cause
