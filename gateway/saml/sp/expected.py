"""What is known of a Response before it is read."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric import rsa

from gateway.domain.randomness import Randomness, SystemRandomness
from gateway.federation.models import IdentityProvider
from gateway.storage.contracts import ShortLivedStore

SAML_VERSION = "2.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """All that must be known before a Response is read.

    `request_id` is None for one that nobody asked for; `replay_marks` tell which assertions were accepted before.
    """

    idp: IdentityProvider
    request_id: str | None
    consumer_url: str
    audience: str
    contexts: tuple[str, ...]
    fresh_since: datetime | None
    now: datetime
    skew: timedelta
    replay_marks: ShortLivedStore
    decryption_keys: tuple[rsa.RSAPrivateKey, ...] = field(default=(), repr=False)
    randomness: Randomness = field(default_factory=SystemRandomness)
