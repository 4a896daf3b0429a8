"""DPoP proofs: that whoever sends a request holds a key (RFC 9449 4.3)."""

from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from joserfc.errors import JoseError

from gateway.domain.clock import Clock
from gateway.domain.errors import ErrorCode, SluisError
from gateway.oidc.op.client_keys import PublicKey, header_of, public_key, verified_claims
from gateway.oidc.op.nonces import Nonces
from gateway.oidc.op.sender_key import KeyKind, SenderKey
from gateway.oidc.op.transport import Transport
from gateway.storage.contracts import ShortLivedStore

ALGORITHMS = ("ES256", "PS256", "EdDSA", "Ed25519")
SECONDS = 60
"""How old a proof may be, beside the skew of clocks."""
MAX_ID = 200
_PORTS = {"https": 443, "http": 80}


class NonceNeeded(SluisError):
    """The proof is to be made again, with this nonce in it (RFC 9449 8)."""

    def __init__(self, nonce: str) -> None:
        super().__init__(ErrorCode.PROOF_NONCE, hint="a DPoP proof with the nonce of the DPoP-Nonce header")
        self.nonce = nonce


@dataclass(slots=True, repr=False)
class Proof:
    """A proof on its way through the checks; each field says which check fills it in."""

    text: str
    transport: Transport
    needs_nonce: bool
    access_token: str | None
    header: dict[str, Any] = field(init=False)
    """check_header."""
    key: PublicKey = field(init=False)
    """check_key."""
    claims: dict[str, Any] = field(init=False)
    """check_signature."""


class Proofs:
    """Checks proofs, and that each is used once. `bases` are the addresses under which the provider is reached."""

    def __init__(
        self, *, bases: tuple[str, ...], nonces: Nonces, store: ShortLivedStore, clock: Clock, skew: int
    ) -> None:
        self.bases = bases
        self.nonces = nonces
        self.store = store
        self.skew = skew
        self._clock = clock

    def now(self) -> int:
        """In whole seconds since 1970."""
        return int(self._clock.now().timestamp())

    def key(self, transport: Transport, *, needs_nonce: bool, access_token: str | None = None) -> SenderKey | None:
        """The key that the sender proves to hold; None without a proof.

        Raises SluisError PROOF_INVALID with what is wrong as hint, NonceNeeded.
        """
        if transport.proof is None:
            return None
        proof = Proof(transport.proof, transport, needs_nonce, access_token)
        for check in CHECKS:
            check(self, proof)
        return SenderKey(KeyKind.DPOP, proof.key.thumbprint())


def check_header(_: Proofs, proof: Proof) -> None:
    """One JWT, of the type that is a proof and nothing else. Two headers arrive joined by a comma, which is none."""
    try:
        proof.header = header_of(proof.text, ALGORITHMS)
    except ValueError as cause:
        raise refused(str(cause)) from None
    if proof.header.get("typ") != "dpop+jwt":
        raise refused("typ is dpop+jwt")


def check_key(_: Proofs, proof: Proof) -> None:
    """The header holds the public key, and not the private one."""
    try:
        proof.key = public_key(proof.header["jwk"])
    except (JoseError, ValueError, KeyError, TypeError, AttributeError):
        raise refused("jwk is a public key: EC on P-256, Ed25519, or RSA of 2048 bits at least") from None


def check_signature(_: Proofs, proof: Proof) -> None:
    """That key signed it."""
    try:
        proof.claims = verified_claims(proof.text, [proof.key], ALGORITHMS, by_kid=False)
    except ValueError as cause:
        raise refused(str(cause)) from None


def check_target(proofs: Proofs, proof: Proof) -> None:
    """Made for this method and this address (query and fragment do not count)."""
    if proof.claims.get("htm") != proof.transport.method:
        raise refused("htm is the method of the request")
    address = _address(proof.claims.get("htu"))
    if address is None or address not in {_address(base + proof.transport.path) for base in proofs.bases}:
        raise refused("htu is the address of the request")


def check_time(proofs: Proofs, proof: Proof) -> None:
    """Made just now."""
    now = proofs.now()
    made: Any = proof.claims.get("iat")
    if type(made) not in (int, float) or not now - SECONDS - proofs.skew < made <= now + proofs.skew:
        raise refused(f"iat is a moment of the last {SECONDS} seconds")


def check_nonce(proofs: Proofs, proof: Proof) -> None:
    """With a nonce of ours where the client has to have one; a nonce that is there is always one of ours."""
    nonce = proof.claims.get("nonce")
    if nonce is None and not proof.needs_nonce:
        return
    if not isinstance(nonce, str) or not proofs.nonces.is_known(nonce):
        raise NonceNeeded(proofs.nonces.current())


def check_access_token(_: Proofs, proof: Proof) -> None:
    """Made for the access token that it comes with."""
    if proof.access_token is None:
        return
    expected = urlsafe_b64encode(sha256(proof.access_token.encode()).digest()).rstrip(b"=").decode()
    if proof.claims.get("ath") != expected:
        raise refused("ath is the hash of the access token")


def check_replay(proofs: Proofs, proof: Proof) -> None:
    """Used for the first time. The last check: it leaves a mark."""
    proof_id = proof.claims.get("jti")
    if not isinstance(proof_id, str) or not 0 < len(proof_id) <= MAX_ID:
        raise refused(f"jti of at most {MAX_ID} characters")
    name = sha256(proof_id.encode(errors="backslashreplace")).hexdigest()
    seconds = SECONDS + 2 * proofs.skew + 1
    if not proofs.store.add(f"dpop:{proof.key.thumbprint()}:{name}", b"1", seconds=seconds):
        raise refused("this jti was used before")


CHECKS: tuple[Callable[[Proofs, Proof], None], ...] = (
    check_header,
    check_key,
    check_signature,
    check_target,
    check_time,
    check_nonce,
    check_access_token,
    check_replay,
)
"""In their order, the same at every endpoint."""


def refused(hint: str) -> SluisError:
    """A proof that does not prove."""
    return SluisError(ErrorCode.PROOF_INVALID, hint=f"DPoP proof: {hint}")


def _address(text: Any) -> str | None:
    """Scheme, host, port and path, in the one way of writing them (RFC 3986 6.2.2 and 6.2.3); None for no address."""
    try:
        parts = urlsplit(text)
        scheme, port = parts.scheme.lower(), parts.port
    except (ValueError, TypeError, AttributeError):
        return None
    if scheme not in _PORTS or not parts.hostname or "@" in parts.netloc:
        return None
    return f"{scheme}://{parts.hostname}:{port or _PORTS[scheme]}{parts.path or '/'}"
