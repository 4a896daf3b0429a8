"""Verification of an identity provider's Response: first the envelope, then the signatures, then what they cover.

What a login is made of is read from the verified assertion alone (law 7).
"""

from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable

from lxml import etree

from gateway.domain.errors import ErrorCode, SluisError
from gateway.saml.schemas import schema
from gateway.saml.sp import contents, envelope
from gateway.saml.sp.assertion import Assertion
from gateway.saml.sp.encrypted import MAX_BYTES, MAX_ELEMENTS
from gateway.saml.sp.expected import Expected
from gateway.saml.sp.signed import verified_assertion
from gateway.xml.namespaces import SAMLP, name
from gateway.xml.parsing import XmlRejected, parse

_RESPONSE = name(SAMLP, "Response")

ENVELOPE_CHECKS: tuple[Callable[[etree._Element, Expected], None], ...] = (
    envelope.check_version,
    envelope.check_metadata_in_date,
    envelope.check_encryption,
    envelope.check_destination,
    envelope.check_answers_the_request,
    envelope.check_issuer,
    envelope.check_status,
    envelope.check_one_assertion,
    envelope.check_signatures_in_place,
)

ASSERTION_CHECKS: tuple[Callable[[Assertion, Expected], None], ...] = (
    contents.check_version,
    contents.check_issuer,
    contents.check_bearer,
    contents.check_lifetime,
    contents.check_conditions,
    contents.check_audience,
    contents.check_authentication,
    contents.check_freshness,
    contents.check_context,
    contents.check_not_replayed,
)


def decode(encoded: str) -> etree._Element:
    """A schema-valid Response from its form field. Raises SluisError RESPONSE_TOO_LARGE, _MALFORMED or _SCHEMA."""
    if len(encoded) > MAX_BYTES * 4 // 3 + 1024:
        raise SluisError(ErrorCode.RESPONSE_TOO_LARGE, hint=f"more than {MAX_BYTES} bytes")
    try:
        root = parse(b64decode("".join(encoded.split()), validate=True), limit=MAX_BYTES, elements=MAX_ELEMENTS)
    except XmlRejected as cause:
        code = ErrorCode.RESPONSE_TOO_LARGE if cause.reason == "too large" else ErrorCode.RESPONSE_MALFORMED
        raise SluisError(code, hint=cause.reason) from cause
    except (Base64Error, ValueError) as cause:
        raise SluisError(ErrorCode.RESPONSE_MALFORMED, hint="not base64") from cause
    if root.tag != _RESPONSE or not schema().validate(root):
        raise SluisError(ErrorCode.RESPONSE_SCHEMA, hint="not a Response of the SAML 2.0 schema")
    return root


def verify_response(response: etree._Element, expected: Expected) -> Assertion:
    """The verified assertion of a decoded Response, marked as used.

    Raises SluisError with the code of the first check that fails.
    """
    for check in ENVELOPE_CHECKS:
        check(response, expected)
    assertion = Assertion(verified_assertion(response, expected))
    for check_assertion in ASSERTION_CHECKS:
        check_assertion(assertion, expected)
    return assertion
