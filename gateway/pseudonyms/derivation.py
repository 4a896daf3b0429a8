"""Keyed derivations (HMAC-SHA-256): the local account, the anchor, and what is made of them (law 4, design 5)."""

from gateway.domain.eck_id import EckId
from gateway.federation.models import IdpId
from gateway.storage.sealing import SecretKey, keyed_hash


def account_hash(key: SecretKey, idp: IdpId, user: str) -> str:
    """The local account (identity provider, user id there) as it may be stored: 64 hexadecimal characters."""
    return keyed_hash(key, "local-account", idp, user).hex()


def anchor_of_eck_id(eck_id: EckId) -> str:
    """The anchor of a learner with an ECK iD: the same at every school of the sector. Never stored."""
    return f"eck:{eck_id.sector}:{eck_id.value}"


def anchor_of_account(account: str) -> str:
    """The anchor of someone without one: the hash of the local account."""
    return f"account:{account}"


def pairwise(key: SecretKey, scope: str, anchor: str) -> str:
    """The subject of one service, or of those that share a sector identifier: stable, of no use to join more.

    `scope` is `Service.pairwise_scope`. `<key id>-` and 64 hexadecimal characters (saml-core 8.3.7, OpenID Connect
    Core 8.1).
    """
    return f"{key.id}-{keyed_hash(key, 'pairwise', scope, anchor).hex()}"
