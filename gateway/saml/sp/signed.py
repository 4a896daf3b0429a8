"""What of a Response the identity provider's signatures cover (saml-core 5.4)."""

from lxml import etree

from gateway.domain.errors import ErrorCode, SluisError
from gateway.saml.sp.encrypted import ASSERTION, ENCRYPTED_ASSERTION, opened_assertion
from gateway.saml.sp.expected import Expected
from gateway.xml.signatures import (
    SignatureProblem,
    SignatureRejected,
    VerifiedElement,
    is_signed,
    verify,
)


def verified_assertion(response: etree._Element, expected: Expected) -> VerifiedElement:
    """The assertion from what is signed: by its own signature, by the Response's, or both, and then both must hold.

    Both are checked where they stand. In the octets that the Response's signature covers, a prefix that the assertion's
    own keeps (InclusiveNamespaces) may be declared no more, and an honest assertion would seem changed.
    """
    whole = verified(response, expected) if is_signed(response) else None
    if response.find(ENCRYPTED_ASSERTION) is not None:
        return _verified_encrypted(response, whole, expected)
    covered = whole.find(ASSERTION) if whole is not None else None
    assertion = response.find(ASSERTION)
    assert assertion is not None
    if is_signed(assertion):
        return verified(assertion, expected)
    if covered is None:
        raise SluisError(ErrorCode.RESPONSE_SIGNATURE_MISSING)
    return VerifiedElement(covered)


def _verified_encrypted(response: etree._Element, whole: VerifiedElement | None, expected: Expected) -> VerifiedElement:
    """The same of an assertion that is encrypted: its own signature stands inside, the Response's goes around it."""
    encrypted = (response if whole is None else whole).find(ENCRYPTED_ASSERTION)
    assert encrypted is not None
    assertion = opened_assertion(encrypted, expected, in_signed=whole is not None)
    if is_signed(assertion):
        return verified(assertion, expected)
    if whole is None:
        raise SluisError(ErrorCode.RESPONSE_SIGNATURE_MISSING)
    return VerifiedElement(assertion)


_PROBLEMS = {
    SignatureProblem.MISSING: ErrorCode.RESPONSE_SIGNATURE_MISSING,
    SignatureProblem.STRUCTURE: ErrorCode.RESPONSE_SIGNATURE_INVALID,
    SignatureProblem.ALGORITHM: ErrorCode.RESPONSE_ALGORITHM,
    SignatureProblem.INVALID: ErrorCode.RESPONSE_SIGNATURE_INVALID,
}


def verified(element: etree._Element, expected: Expected) -> VerifiedElement:
    """The element as its own signature covers it, by a key of the identity provider that was asked."""
    try:
        return verify(element, expected.idp.saml.certificates)
    except SignatureRejected as cause:
        raise SluisError(_PROBLEMS[cause.reason], hint=cause.detail) from cause
