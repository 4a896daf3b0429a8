"""What a client signs and checks, made by hand: it shares no code with the provider."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from hashlib import sha256
from itertools import count
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384

from tests.support.releasing import NOW
from tests.support.signing_keys import elliptic_key

ISSUER = "https://sluis.example"
CLIENT = "klas"
_NUMBERS = count(1)


def b64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def client_key(name: str = CLIENT) -> ec.EllipticCurvePrivateKey:
    return elliptic_key(f"client {name}")


def public_jwk(key: ec.EllipticCurvePrivateKey, **more: str) -> dict[str, str]:
    numbers = key.public_key().public_numbers()
    point = {"x": b64(numbers.x.to_bytes(32)), "y": b64(numbers.y.to_bytes(32))}
    return {"kty": "EC", "crv": "P-256", **point, **more}


def rsa_jwk(key: rsa.RSAPublicKey, **more: str) -> dict[str, str]:
    numbers = key.public_numbers()
    return {"kty": "RSA", "n": b64(numbers.n.to_bytes(key.key_size // 8)), "e": b64(numbers.e.to_bytes(3)), **more}


def es256(header: dict[str, Any], claims: dict[str, Any], key: ec.EllipticCurvePrivateKey) -> str:
    """A compact JWS made by hand."""
    head, body = (b64(json.dumps(part).encode()) for part in (header, claims))
    r, s = decode_dss_signature(key.sign(f"{head}.{body}".encode(), ec.ECDSA(SHA256())))
    return f"{head}.{body}.{b64(r.to_bytes(32) + s.to_bytes(32))}"


def ed25519(header: dict[str, Any], claims: dict[str, Any], key: Ed25519PrivateKey) -> str:
    """The same with Ed25519 (RFC 8037 3.1, RFC 9864)."""
    head, body = (b64(json.dumps(part).encode()) for part in (header, claims))
    return f"{head}.{body}.{b64(key.sign(f'{head}.{body}'.encode()))}"


def edwards_key(name: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(sha256(name.encode()).digest())


def edwards_jwk(key: Ed25519PrivateKey, **more: str) -> dict[str, str]:
    return {"kty": "OKP", "crv": "Ed25519", "x": b64(key.public_key().public_bytes_raw()), **more}


def assertion(key: ec.EllipticCurvePrivateKey | None = None, *, now: datetime = NOW, **changes: Any) -> str:
    """A client assertion; None leaves a claim out."""
    moment = int(now.timestamp())
    claims = {"iss": CLIENT, "sub": CLIENT, "aud": ISSUER, "jti": "one", "iat": moment, "exp": moment + 60, **changes}
    made = {name: value for name, value in claims.items() if value is not None}
    return es256({"alg": "ES256", "typ": "JWT"}, made, key or client_key())


def verified(token: str, jwks: dict[str, Any]) -> dict[str, Any]:
    """The claims of a token, its signature checked by hand with the published key that its kid names."""
    head, body, signature = token.split(".")
    header = json.loads(unb64(head))
    [jwk] = [key for key in jwks["keys"] if key["kid"] == header["kid"] and key["alg"] == header["alg"]]
    signed, raw = f"{head}.{body}".encode(), unb64(signature)
    number = {name: int.from_bytes(unb64(jwk[name])) for name in ("n", "e", "x", "y") if name in jwk}
    if header["alg"] == "RS256":
        rsa.RSAPublicNumbers(number["e"], number["n"]).public_key().verify(raw, signed, padding.PKCS1v15(), SHA256())
    else:
        curve, digest = (ec.SECP256R1(), SHA256()) if header["alg"] == "ES256" else (ec.SECP384R1(), SHA384())
        point = ec.EllipticCurvePublicNumbers(number["x"], number["y"], curve).public_key()
        half = curve.key_size // 8
        both = encode_dss_signature(int.from_bytes(raw[:half]), int.from_bytes(raw[half:]))
        point.verify(both, signed, ec.ECDSA(digest))
    return json.loads(unb64(body))


def proof(
    key: ec.EllipticCurvePrivateKey | None = None,
    *,
    at: str = "/oidc/token",
    header: dict[str, Any] | None = None,
    now: datetime = NOW,
    token: str | None = None,
    **changes: Any,
) -> dict[str, str]:
    """The DPoP header of a request; None leaves a claim out. `token` is the access token beside it."""
    signer = key or client_key("dpop")
    claims = {"jti": f"{next(_NUMBERS)}", "htm": "POST", "htu": ISSUER + at, "iat": int(now.timestamp()), **changes}
    if token is not None:
        claims.setdefault("ath", b64(sha256(token.encode()).digest()))
    made = {name: value for name, value in claims.items() if value is not None}
    head = {"typ": "dpop+jwt", "alg": "ES256", "jwk": public_jwk(signer), **(header or {})}
    return {"DPoP": es256({name: value for name, value in head.items() if value is not None}, made, signer)}


def thumbprint(key: ec.EllipticCurvePrivateKey | None = None) -> str:
    """RFC 7638 3, by hand."""
    jwk = public_jwk(key or client_key("dpop"))
    return b64(sha256(json.dumps(dict(sorted(jwk.items())), separators=(",", ":")).encode()).digest())


def signed_by(token: str, jwks: dict[str, Any]) -> bool:
    try:
        verified(token, jwks)
    except InvalidSignature:
        return False
    return True
