"""AuthnRequests as services send them, honest and otherwise. Shares no code with the checks that it tests."""

import base64
import string
import urllib.parse
import zlib
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, SHA384, SHA512, HashAlgorithm
from lxml import etree

from gateway.domain.errors import ErrorCode, SluisError
from gateway.federation.models import Service
from gateway.federation.snapshot import Federation
from gateway.login.messages import LoginRequest
from gateway.saml.addresses import Addresses
from gateway.saml.idp.request import NotGranted, check_request
from gateway.saml.idp.transport import Sent, SentByPost, SentByRedirect
from gateway.xml.keys import SigningKey
from gateway.xml.signatures import sign
from tests.support.held import HeldClock
from tests.support.signing_keys import signing_key
from tests.support.small_federation import LEESPLEIN, changed, small_federation

ADDRESSES = Addresses("https://sluis.example")
SSO = ADDRESSES.single_sign_on
ISSUER = "https://rekentuin.example/sp"
ACS = "https://rekentuin.example/acs"
NOW = "2026-09-07T08:30:00Z"

RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
RSA_SHA1 = "http://www.w3.org/2000/09/xmldsig#rsa-sha1"
_PLAIN = string.ascii_letters + string.digits
_HASHES: dict[str, HashAlgorithm] = {
    RSA_SHA256: SHA256(),
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384": SHA384(),
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512": SHA512(),
    RSA_SHA1: SHA1(),
}


def authn_request(
    *,
    issuer: str = f"<saml:Issuer>{ISSUER}</saml:Issuer>",
    inside: str = "",
    prologue: str = "",
    **attributes: str | None,
) -> bytes:
    """An AuthnRequest of rekentuin; attributes by name, None leaves one out; `inside` comes after the Issuer."""
    given: dict[str, str | None] = {
        "ID": "_request-1",
        "Version": "2.0",
        "IssueInstant": NOW,
        "Destination": SSO,
        "AssertionConsumerServiceURL": ACS,
        **attributes,
    }
    written = " ".join(f'{name}="{value}"' for name, value in given.items() if value is not None)
    return (
        f'{prologue}<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" '
        f'xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" {written}>{issuer}{inside}</samlp:AuthnRequest>'
    ).encode()


def deflated(message: bytes) -> str:
    packer = zlib.compressobj(wbits=-15)
    return base64.b64encode(packer.compress(message) + packer.flush()).decode()


def lower_case_escapes(text: str) -> str:
    """Percent-encoding with lower-case digits, as some senders write it."""
    return "".join(chr(byte) if chr(byte) in _PLAIN else f"%{byte:02x}" for byte in text.encode())


def by_redirect(
    message: bytes | str,
    relay_state: str | None = None,
    *,
    key: SigningKey | None = None,
    algorithm: str = RSA_SHA256,
    escape: Callable[[str], str] = urllib.parse.quote_plus,
) -> SentByRedirect:
    """A query string; text is taken for an encoded message as it is. Signed when there is a key."""
    encoded = message if isinstance(message, str) else deflated(message)
    query = f"SAMLRequest={escape(encoded)}"
    if relay_state is not None:
        query += f"&RelayState={escape(relay_state)}"
    if key is not None:
        query += f"&SigAlg={escape(algorithm)}"
        signature = key.private_key.sign(query.encode(), padding.PKCS1v15(), _HASHES[algorithm])
        query += f"&Signature={escape(base64.b64encode(signature).decode())}"
    return SentByRedirect(query.encode())


def by_post(message: bytes, relay_state: str | None = None, *, key: SigningKey | None = None) -> SentByPost:
    """A form; signed inside the XML when there is a key."""
    if key is not None:
        root = etree.fromstring(message)
        sign(root, key)
        message = etree.tostring(root)
    return SentByPost([base64.b64encode(message).decode()], [] if relay_state is None else [relay_state])


def federation(**changes: object) -> Federation:
    """The small federation, with signing certificates; `changes` are made to rekentuin's entry or its metadata."""
    plain = small_federation()
    return Federation.of(
        schools=tuple(plain.schools.values()),
        identity_providers=tuple(plain.identity_providers.values()),
        services=tuple(_with_certificate(service, changes) for service in plain.services.values()),
        agreements=(),
    )


def _with_certificate(service: Service, changes: dict[str, object]) -> Service:
    certificates = (signing_key(service.id).certificate,)
    return changed(service, **{"certificates": certificates, **({} if service.id == LEESPLEIN else changes)})


def outcome(
    sent: Sent, *, clock: HeldClock | None = None, at: datetime | None = None, **changes: object
) -> LoginRequest | NotGranted:
    """What the gateway makes of a request."""
    held = clock or (HeldClock(at) if at else HeldClock())
    return check_request(
        sent,
        federation=federation(**changes),
        single_sign_on=SSO,
        clock=held,
        skew=timedelta(seconds=60),
        admit=lambda _service: None,
    )


def page(sent: Sent, **changes: object) -> ErrorCode:
    """The error that is shown on a page, because there is nobody who may be answered."""
    with pytest.raises(SluisError) as refused:
        outcome(sent, **changes)
    return refused.value.code


def told(sent: Sent, **changes: object) -> ErrorCode:
    """The error that the service is told of."""
    refused = outcome(sent, **changes)
    assert isinstance(refused, NotGranted), "granted"
    return refused.error.code


def granted(sent: Sent, **changes: object) -> LoginRequest:
    """What a request that is in order comes down to."""
    asked = outcome(sent, **changes)
    assert isinstance(asked, LoginRequest), asked.error
    return asked
