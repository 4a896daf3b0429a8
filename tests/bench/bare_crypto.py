"""What one login costs at the very least: its cryptography, its parsing and its canonicalisation, and nothing else.

Three RSA-2048 signs (outgoing request, assertion, response), three verifications (incoming request, response,
assertion), parse, canonicalise and digest of what comes in and of what goes out, serialise.
"""

import time
from collections.abc import Callable
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from lxml import etree

_SAML = "{urn:oasis:names:tc:SAML:2.0:assertion}"
_DS = "{http://www.w3.org/2000/09/xmldsig#}"
_QUERY = b"SAMLRequest=" + b"a" * 700 + b"&RelayState=" + b"b" * 48 + b"&SigAlg=rsa-sha256"


def _canonical(element: etree._Element) -> bytes:
    return etree.tostring(element, method="c14n", exclusive=True)


def one_login(response: bytes, key: rsa.RSAPrivateKey) -> Callable[[], None]:
    """A function that does the bare work of one login whose messages have this response's size and shape."""
    public = key.public_key()
    query_signature = key.sign(_QUERY, padding.PKCS1v15(), SHA256())
    signed_infos = [_canonical(found) for found in etree.fromstring(response).iter(f"{_DS}SignedInfo")]
    signatures = [key.sign(info, padding.PKCS1v15(), SHA256()) for info in signed_infos]

    def work() -> None:
        public.verify(query_signature, _QUERY, padding.PKCS1v15(), SHA256())
        key.sign(_QUERY, padding.PKCS1v15(), SHA256())
        root = etree.fromstring(response)
        for element, signature in zip((root, root.find(f"{_SAML}Assertion")), signatures, strict=True):
            sha256(_canonical(element)).digest()
            public.verify(
                signature, _canonical(element.find(f"{_DS}Signature/{_DS}SignedInfo")), padding.PKCS1v15(), SHA256()
            )
        for element in (root.find(f"{_SAML}Assertion"), root):
            sha256(_canonical(element)).digest()
            key.sign(_canonical(element.find(f"{_DS}Signature/{_DS}SignedInfo")), padding.PKCS1v15(), SHA256())
        etree.tostring(root)

    return work


def cpu_ms(work: Callable[[], None]) -> float:
    """CPU milliseconds of one call."""
    before = time.thread_time_ns()
    work()
    return (time.thread_time_ns() - before) / 1e6
