"""The algorithms that the gateway accepts: SHA-256 and up, RSA of 2048 bits and up, ECDSA on P-256 and up."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

_MORE = "http://www.w3.org/2001/04/xmldsig-more#"

RSA_SHA256 = _MORE + "rsa-sha256"
ECDSA_SHA256 = _MORE + "ecdsa-sha256"
ECDSA_SHA384 = _MORE + "ecdsa-sha384"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
SHA384 = _MORE + "sha384"

DIGESTS: dict[str, Callable[[bytes], Any]] = {
    SHA256: hashlib.sha256,
    SHA384: hashlib.sha384,
    "http://www.w3.org/2001/04/xmlenc#sha512": hashlib.sha512,
}
"""DigestMethod -> hash function (RFC 6931)."""

_RSA: dict[str, hashes.HashAlgorithm] = {
    RSA_SHA256: hashes.SHA256(),
    _MORE + "rsa-sha384": hashes.SHA384(),
    _MORE + "rsa-sha512": hashes.SHA512(),
}
_ECDSA: dict[str, hashes.HashAlgorithm] = {
    ECDSA_SHA256: hashes.SHA256(),
    ECDSA_SHA384: hashes.SHA384(),
    _MORE + "ecdsa-sha512": hashes.SHA512(),
}
_CURVES = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)
SIGNATURES = frozenset(_RSA) | frozenset(_ECDSA)
"""SignatureMethod and SigAlg values (RFC 6931) that may be used at all."""


@dataclass(frozen=True, slots=True)
class Scheme:
    """What the gateway signs with by a key: SignatureMethod, DigestMethod, and the hash in both."""

    signature: str
    digest: str
    hash: hashes.HashAlgorithm


_BY_RSA = Scheme(RSA_SHA256, SHA256, hashes.SHA256())
_BY_CURVE: dict[type[ec.EllipticCurve], Scheme] = {
    ec.SECP256R1: Scheme(ECDSA_SHA256, SHA256, hashes.SHA256()),
    ec.SECP384R1: Scheme(ECDSA_SHA384, SHA384, hashes.SHA384()),
}


def scheme_for(key: CertificatePublicKeyTypes) -> Scheme:
    """The one scheme that the gateway signs with by this kind of key. Raises ValueError for any other kind."""
    if isinstance(key, rsa.RSAPublicKey):
        return _BY_RSA
    if isinstance(key, ec.EllipticCurvePublicKey) and type(key.curve) in _BY_CURVE:
        return _BY_CURVE[type(key.curve)]
    raise ValueError("the gateway signs with RSA, and with EC on P-256 or P-384")


def strong_enough(key: CertificatePublicKeyTypes) -> bool:
    """Whether a signature by this key may count: RSA of at least 2048 bits, or an EC key on P-256, P-384 or P-521."""
    if isinstance(key, rsa.RSAPublicKey):
        return key.key_size >= 2048
    return isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, _CURVES)


def strong_key(certificate: x509.Certificate) -> CertificatePublicKeyTypes | None:
    """The certificate's key if a signature by it may count; None also for a kind that nobody here knows."""
    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return None
    return key if strong_enough(key) else None


def signature_is_valid(algorithm: str, key: CertificatePublicKeyTypes, signature: bytes, signed: bytes) -> bool:
    """Whether this key made this signature over these bytes; an algorithm of the other kind of key never fits.

    ECDSA signatures are the two integers of RFC 4050, not DER.
    """
    try:
        if isinstance(key, rsa.RSAPublicKey) and algorithm in _RSA:
            key.verify(signature, signed, padding.PKCS1v15(), _RSA[algorithm])
            return True
        if isinstance(key, ec.EllipticCurvePublicKey) and algorithm in _ECDSA:
            half = len(signature) // 2
            numbers = int.from_bytes(signature[:half]), int.from_bytes(signature[half:])
            key.verify(encode_dss_signature(*numbers), signed, ec.ECDSA(_ECDSA[algorithm]))
            return True
    except InvalidSignature:
        return False
    return False
