"""The HTTP-Redirect binding (saml-bindings-2.0-os 3.4): a message in a query string, signed as a string.

A signature covers the octets that the sender wrote, so it is checked over those same octets: never over a query that
was decoded and encoded again, which differs for senders that escape in lower case or escape other characters.
"""

import zlib
from base64 import b64encode
from binascii import Error as NotBase64
from binascii import a2b_base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum, auto
from typing import Literal
from urllib.parse import quote, unquote_plus, unquote_to_bytes

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from gateway.xml import algorithms
from gateway.xml.keys import SigningKey
from gateway.xml.signatures import SignatureProblem, SignatureRejected

Parameter = Literal["SAMLRequest", "SAMLResponse"]

_DEFLATE = "urn:oasis:names:tc:SAML:2.0:bindings:URL-Encoding:DEFLATE"
_OF_THE_BINDING = frozenset({"SAMLRequest", "SAMLResponse", "RelayState", "SigAlg", "Signature", "SAMLEncoding"})


class QueryProblem(StrEnum):
    """Why a query string was rejected."""

    MISSING = auto()
    DOUBLED = auto()
    MALFORMED = auto()
    TOO_LARGE = auto()


class QueryRejected(Exception):
    """A query string that does not carry one message of this binding."""

    def __init__(self, reason: QueryProblem) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class SignedQuery:
    """A query string of this binding, taken apart. `signed` are the octets that its signature covers, as sent.

    `signature` and `algorithm` are both there or both None.
    """

    message: str = field(repr=False)
    relay_state: str | None = field(repr=False)
    algorithm: str | None
    signature: bytes | None = field(repr=False)
    signed: bytes = field(repr=False)


def signed_url(location: str, parameter: Parameter, message: bytes, relay_state: str | None, key: SigningKey) -> str:
    """The address that carries this message to `location`, signed by the key's scheme over exactly what it says.

    An ECDSA signature is written as XML signatures write it, which SigAlg names (RFC 6931 2.3.6).
    """
    query = f"{parameter}={_quoted_base64(_deflate(message))}"
    if relay_state is not None:
        query += f"&RelayState={quote(relay_state, safe='')}"
    query += f"&SigAlg={quote(key.scheme.signature, safe='')}"
    signature = key.sign(query.encode())
    return f"{location}{'&' if '?' in location else '?'}{query}&Signature={_quoted_base64(signature)}"


def read_query(raw: bytes, parameter: Parameter) -> SignedQuery:
    """Take a raw query string apart, without trusting it.

    Raises QueryRejected: MISSING without the parameter, DOUBLED when a parameter of the binding stands there twice or
    request and response stand together, MALFORMED for half a signature, another encoding or text that is not UTF-8.
    """
    sent: dict[str, tuple[bytes, str]] = {}
    for fragment in raw.split(b"&"):
        raw_name, _, raw_value = fragment.partition(b"=")
        name = unquote_to_bytes(raw_name).decode("ascii", "replace")
        if name in _OF_THE_BINDING:
            if name in sent:
                raise QueryRejected(QueryProblem.DOUBLED)
            sent[name] = fragment, _decoded(raw_value)
    if parameter not in sent:
        raise QueryRejected(QueryProblem.MISSING)
    if "SAMLRequest" in sent and "SAMLResponse" in sent:
        raise QueryRejected(QueryProblem.DOUBLED)
    values = {name: value for name, (_, value) in sent.items()}
    if values.get("SAMLEncoding", _DEFLATE) != _DEFLATE or ("Signature" in sent) != ("SigAlg" in sent):
        raise QueryRejected(QueryProblem.MALFORMED)
    return SignedQuery(
        message=values[parameter],
        relay_state=values.get("RelayState"),
        algorithm=values.get("SigAlg"),
        signature=_from_base64(values["Signature"]) if "Signature" in values else None,
        signed=b"&".join(sent[name][0] for name in (parameter, "RelayState", "SigAlg") if name in sent),
    )


def verify_query(query: SignedQuery, certificates: Sequence[x509.Certificate]) -> None:
    """Return when a key of one of these certificates signed the query, by an algorithm of `gateway/xml/algorithms`.

    Raises SignatureRejected: MISSING, ALGORITHM, or INVALID (no such key, or one that is too small to count).
    """
    if query.signature is None or query.algorithm is None:
        raise SignatureRejected(SignatureProblem.MISSING)
    if query.algorithm not in algorithms.SIGNATURES:
        raise SignatureRejected(SignatureProblem.ALGORITHM, "SigAlg")
    signature = _side_by_side(query.signature) if "#ecdsa-" in query.algorithm else query.signature
    for certificate in certificates:
        key = algorithms.strong_key(certificate)
        if key is not None and algorithms.signature_is_valid(query.algorithm, key, signature, query.signed):
            return
    raise SignatureRejected(SignatureProblem.INVALID)


def inflate(message: str, *, limit: int) -> bytes:
    """The XML of a message parameter's value; never more than `limit` bytes are unpacked.

    Raises QueryRejected: TOO_LARGE beyond the limit, MALFORMED for what is not base64 of one whole DEFLATE stream.
    """
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        unpacked = unpacker.decompress(_from_base64(message), limit + 1)
    except zlib.error as cause:
        raise QueryRejected(QueryProblem.MALFORMED) from cause
    if len(unpacked) > limit:
        raise QueryRejected(QueryProblem.TOO_LARGE)
    if not unpacker.eof or unpacker.unused_data:
        raise QueryRejected(QueryProblem.MALFORMED)
    return unpacked


_WINDOW_BITS, _MEMORY_LEVEL = 12, 4
"""4 kB, more than a message has: to set up the usual 256 kB costs more than to pack it. Any receiver can unpack it."""


def _deflate(message: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-_WINDOW_BITS, memLevel=_MEMORY_LEVEL)
    return packer.compress(message) + packer.flush()


def _quoted_base64(octets: bytes) -> str:
    """base64 as a query string carries it. Only three of its characters need an escape; `quote` looks at each one."""
    return b64encode(octets).decode().replace("+", "%2B").replace("/", "%2F").replace("=", "%3D")


def _decoded(raw_value: bytes) -> str:
    try:
        return unquote_plus(raw_value.decode("ascii"), errors="strict")
    except UnicodeDecodeError as cause:
        raise QueryRejected(QueryProblem.MALFORMED) from cause


def _from_base64(text: str) -> bytes:
    try:
        return a2b_base64(text, strict_mode=True)
    except (NotBase64, ValueError) as cause:
        raise QueryRejected(QueryProblem.MALFORMED) from cause


def _side_by_side(signature: bytes) -> bytes:
    """The two numbers as XML signatures write them (RFC 4050 3.3): some senders write DER in a query string instead."""
    try:
        r, s = decode_dss_signature(signature)
    except ValueError:
        return signature
    size = max(r.bit_length(), s.bit_length()) // 8 + 1
    return r.to_bytes(size) + s.to_bytes(size)
