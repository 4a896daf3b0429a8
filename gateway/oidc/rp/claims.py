"""From verified claims to raw attributes, in which the dialects read SAML and OpenID Connect alike."""

from collections.abc import Iterator, Mapping
from typing import Any

from gateway.attributes.values import RawAttributes
from gateway.oidc.rp.id_token import Claims

_OF_THE_PROTOCOL = frozenset(
    {"iss", "sub", "aud", "exp", "iat", "nbf", "jti", "nonce", "azp", "acr", "amr", "auth_time", "at_hash", "c_hash"}
    | {"sid", "s_hash", "typ", "ver", "rh", "uti", "aio", "email_verified", "updated_at"}
)
"""Claims about the token, not the person."""


def raw_attributes(id_token: Claims, userinfo: Mapping[str, Any]) -> RawAttributes:
    """The claims of both, those of UserInfo before those of the ID token; `sub` where SAML has the NameID.

    An address that the provider says it did not verify is none. Some write yes and no as text; what is neither is no.
    """
    merged = {**id_token, **userinfo}
    if str(merged.get("email_verified", True)).lower() != "true":
        merged.pop("email", None)
    values = tuple((name, tuple(_texts(value))) for name, value in merged.items() if name not in _OF_THE_PROTOCOL)
    return RawAttributes(tuple((name, texts) for name, texts in values if texts), str(id_token["sub"]))


def _texts(value: Any) -> Iterator[str]:
    """A claim as the texts that an attribute would have; what is neither text, number, yes/no nor a list is none."""
    match value:
        case bool():
            yield "true" if value else "false"
        case str() | int():
            yield str(value)
        case list():
            for one in value:
                if not isinstance(one, list):
                    yield from _texts(one)
