"""The gateway's own keys as JOSE has them (RFC 7517)."""

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from joserfc.jwk import ECKey, KeyParameters, RSAKey

from gateway.settings.private_keys import TokenKey


def published(key: TokenKey) -> RSAKey | ECKey:
    """The public half, with what clients choose it by."""
    if isinstance(key.private_key, RSAPrivateKey):
        return RSAKey.import_key(key.private_key.public_key(), _parameters(key))
    return ECKey.import_key(key.private_key.public_key(), _parameters(key))


def signing_jwk(key: TokenKey) -> RSAKey | ECKey:
    """The key that signs. It describes itself by its public half: one in a token has no other to show."""
    public = published(key).as_dict(private=False)
    if isinstance(key.private_key, RSAPrivateKey):
        return RSAKey(key.private_key, public, _parameters(key))
    return ECKey(key.private_key, public, _parameters(key))


def _parameters(key: TokenKey) -> KeyParameters:
    return {"kid": key.id, "use": "sig", "alg": key.algorithm}
