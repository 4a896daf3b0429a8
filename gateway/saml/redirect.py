"""The HTTP-Redirect binding (saml-bindings 3.4): messages in a query string, and signatures over its raw octets."""

import zlib
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote_plus, unquote_plus

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.hashes import SHA256

from gateway.xml.algorithms import RSA_SHA256, SIGNATURES, signature_is_valid, strong_enough
from gateway.xml.keys import SigningKey

Parameter = Literal["SAMLRequest", "SAMLResponse"]

_QUOTED_ALGORITHM = quote_plus(RSA_SHA256)
_NAMES = frozenset({"SAMLRequest", "SAMLResponse", "RelayState", "SigAlg", "Signature", "SAMLEncoding"})
_DEFLATE = "urn:oasis:names:tc:SAML:2.0:bindings:URL-Encoding:DEFLATE"


class QueryRejected(Exception):
    """The query is not one of this binding. The reason is a constant."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True, repr=False)
class Query:
    """The binding's parameters, decoded, and the octets that a signature covers, as the sender wrote them."""

    parameter: Parameter
    message: str
    relay_state: str | None
    algorithm: str | None
    signature: str | None
    signed: bytes


def signed_url(location: str, parameter: Parameter, message: bytes, relay_state: str | None, key: SigningKey) -> str:
    """The address that carries this message, signed with RSA-SHA256 (3.4.4.1)."""
    compressor = zlib.compressobj(6, zlib.DEFLATED, -15)
    deflated = compressor.compress(message) + compressor.flush()
    query = f"{parameter}={quote_plus(b64encode(deflated))}"
    if relay_state is not None:
        query += f"&RelayState={quote_plus(relay_state)}"
    query += f"&SigAlg={_QUOTED_ALGORITHM}"
    signature = key.private_key.sign(query.encode(), padding.PKCS1v15(), SHA256())
    separator = "&" if "?" in location else "?"
    return f"{location}{separator}{query}&Signature={quote_plus(b64encode(signature))}"


def read_query(raw: str, parameter: Parameter) -> Query:
    """Take a raw query string apart. Raises QueryRejected for a doubled or missing parameter.

    The signed octets are put together from the raw fragments in the order of the specification, so that any way of
    percent-encoding that the sender chose is the way that is verified (3.4.4.1).
    """
    fragments: dict[str, str] = {}
    for part in raw.split("&"):
        key, _, value = part.partition("=")
        if key in _NAMES:
            if key in fragments:
                raise QueryRejected("a parameter stands twice")
            fragments[key] = value
    if parameter not in fragments or len({"SAMLRequest", "SAMLResponse"} & fragments.keys()) != 1:
        raise QueryRejected(f"{parameter} is not there, or not alone")
    if "SAMLEncoding" in fragments and unquote_plus(fragments["SAMLEncoding"]) != _DEFLATE:
        raise QueryRejected("another encoding than DEFLATE")
    signed = "&".join(f"{key}={fragments[key]}" for key in (parameter, "RelayState", "SigAlg") if key in fragments)
    decoded = {key: unquote_plus(value) for key, value in fragments.items()}
    return Query(
        parameter,
        decoded[parameter],
        decoded.get("RelayState"),
        decoded.get("SigAlg"),
        decoded.get("Signature"),
        signed.encode(),
    )


def inflate(message: str, *, limit: int) -> bytes:
    """Decode base64 and DEFLATE; raises QueryRejected beyond `limit` bytes, having inflated no more than that."""
    try:
        inflater = zlib.decompressobj(-15)
        plain = inflater.decompress(b64decode("".join(message.split()), validate=True), limit + 1)
    except (Base64Error, ValueError, zlib.error) as cause:
        raise QueryRejected("not base64 of DEFLATE") from cause
    if len(plain) > limit:
        raise QueryRejected("too large")
    if not inflater.eof:
        raise QueryRejected("cut off")
    return plain


class SignatureAlgorithmRefused(Exception):
    """SigAlg is not one that the gateway accepts."""


def query_signature_is_valid(query: Query, certificates: Sequence[x509.Certificate]) -> bool:
    """Whether one of these certificates' keys signed the query. Raises SignatureAlgorithmRefused before trying."""
    if query.algorithm not in SIGNATURES:
        raise SignatureAlgorithmRefused
    try:
        signature = b64decode("".join((query.signature or "").split()), validate=True)
    except (Base64Error, ValueError):
        return False
    keys = (certificate.public_key() for certificate in certificates)
    return any(strong_enough(key) and signature_is_valid(query.algorithm, key, signature, query.signed) for key in keys)
