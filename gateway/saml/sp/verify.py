"""Verification of an identity provider's Response: first the envelope, then the signature, then what it covers.

Of the envelope nothing is used: its attributes are compared with what is expected, which can only refuse. What a login
is made of is read from the verified assertion alone.
"""

from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from lxml import etree

from gateway.domain.errors import ErrorCode, SluisError
from gateway.federation.models import IdentityProvider
from gateway.saml.schemas import schema
from gateway.saml.sp.assertion import Assertion, moment
from gateway.saml.sp.status import MEANINGS
from gateway.saml.status import SUCCESS
from gateway.xml.namespaces import DS, SAML, SAMLP, name
from gateway.xml.parsing import XmlRejected, parse
from gateway.xml.signatures import (
    SignatureProblem,
    SignatureRejected,
    VerifiedElement,
    is_signed,
    verify,
)

MAX_BYTES = 256 * 1024
"""Of the decoded Response. A rich one has 20 kB."""
MAX_ELEMENTS = 2000
MAX_LIFETIME = timedelta(days=1)
"""How far ahead a bearer assertion may end: its replay mark is kept as long."""

_RESPONSE = name(SAMLP, "Response")
_ASSERTION = name(SAML, "Assertion")
_SIGNATURE = name(DS, "Signature")
_ENCRYPTED = tuple(name(SAML, local) for local in ("EncryptedAssertion", "EncryptedID", "EncryptedAttribute"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """All that must be known before a Response is read. `request_id` is None for one that nobody asked for."""

    idp: IdentityProvider
    request_id: str | None
    consumer_url: str
    audience: str
    contexts: tuple[str, ...]
    fresh_since: datetime | None
    now: datetime
    skew: timedelta


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
    """The verified assertion of a decoded Response. Raises SluisError with the code of the first check that fails."""
    for check in ENVELOPE_CHECKS:
        check(response, expected)
    assertion = Assertion(_verified_assertion(response, expected))
    for check_assertion in ASSERTION_CHECKS:
        check_assertion(assertion, expected)
    return assertion


def check_metadata_in_date(_: etree._Element, expected: Expected) -> None:
    """saml-metadata 2.3.2: metadata past its validUntil is not used, and with it the keys."""
    valid_until = expected.idp.metadata.valid_until
    if valid_until is not None and valid_until <= expected.now:
        raise SluisError(ErrorCode.RESPONSE_IDP_METADATA_EXPIRED, hint=str(expected.idp.id))


def check_not_encrypted(response: etree._Element, _: Expected) -> None:
    """The gateway publishes no encryption key, so nobody can have encrypted for it."""
    if next(response.iter(*_ENCRYPTED), None) is not None:
        raise SluisError(ErrorCode.RESPONSE_ENCRYPTED, hint="the gateway's metadata has no encryption key")


def check_destination(response: etree._Element, expected: Expected) -> None:
    """saml-bindings 3.5.5.2: a signed message by POST names where it was sent; an unsigned envelope may be silent."""
    destination = response.get("Destination")
    if destination is None and not is_signed(response):
        return
    if destination != expected.consumer_url:
        raise SluisError(ErrorCode.RESPONSE_DESTINATION, hint=f"Destination must be {expected.consumer_url}")


def check_answers_the_request(response: etree._Element, expected: Expected) -> None:
    """saml-core 3.2.2: InResponseTo is the ID of the request, and absent when there was none."""
    if response.get("InResponseTo") != expected.request_id:
        raise SluisError(ErrorCode.RESPONSE_REQUEST, hint="InResponseTo of the Response")


def check_envelope_issuer(response: etree._Element, expected: Expected) -> None:
    """The envelope may name no other issuer than the one that was asked."""
    issuer = response.find(name(SAML, "Issuer"))
    if issuer is not None and _text(issuer) != expected.idp.metadata.entity_id:
        raise SluisError(ErrorCode.RESPONSE_ISSUER, hint="Issuer of the Response")


def check_status(response: etree._Element, expected: Expected) -> None:
    """A status that says no ends the login. It may come unsigned: to believe it can only refuse a login."""
    status = response.find(f"{name(SAMLP, 'Status')}/{name(SAMLP, 'StatusCode')}")
    first = status.get("Value") if status is not None else None
    if first == SUCCESS.top:
        return
    if is_signed(response):
        _verified(response, expected)
    second = status.find(name(SAMLP, "StatusCode")) if status is not None else None
    code = MEANINGS.get(second.get("Value", "") if second is not None else "", ErrorCode.IDP_REFUSED)
    raise SluisError(code, cause=f"status {first}")


def check_one_assertion(response: etree._Element, _: Expected) -> None:
    """Exactly one assertion, where the schema puts it: a second one anywhere is how signatures get wrapped."""
    assertions = list(response.iter(_ASSERTION))
    if len(assertions) != 1 or assertions[0].getparent() is not response:
        raise SluisError(ErrorCode.RESPONSE_ASSERTIONS, hint=f"{len(assertions)} assertions")


def check_signatures_in_place(response: etree._Element, _: Expected) -> None:
    """saml-core 5.4.2: signatures stand in the Response and in the assertion, nowhere else."""
    allowed = (response, response.find(_ASSERTION))
    if any(signature.getparent() not in allowed for signature in response.iter(_SIGNATURE)):
        raise SluisError(ErrorCode.RESPONSE_SIGNATURE_INVALID, hint="a signature stands elsewhere")


ENVELOPE_CHECKS: tuple[Callable[[etree._Element, Expected], None], ...] = (
    check_metadata_in_date,
    check_not_encrypted,
    check_destination,
    check_answers_the_request,
    check_envelope_issuer,
    check_status,
    check_one_assertion,
    check_signatures_in_place,
)


def check_issuer(assertion: Assertion, expected: Expected) -> None:
    """The issuer of what was signed is the identity provider that was asked: another member's word does not count."""
    if assertion.issuer != expected.idp.metadata.entity_id:
        raise SluisError(ErrorCode.RESPONSE_ISSUER, hint="Issuer of the Assertion")


def check_bearer(assertion: Assertion, expected: Expected) -> None:
    """saml-profiles 4.1.4.2: a bearer confirmation for this consumer, this request, now, without NotBefore."""
    reasons = [_unconfirmed(confirmation, expected) for confirmation in assertion.bearer_confirmations]
    if not reasons:
        raise SluisError(ErrorCode.RESPONSE_RECIPIENT, hint="no bearer SubjectConfirmation")
    if None not in reasons:
        code, hint = next(reason for reason in reasons if reason is not None)
        raise SluisError(code, hint=hint)


def check_conditions(assertion: Assertion, expected: Expected) -> None:
    """saml-core 2.5.1: Conditions are there, are understood, and hold now."""
    conditions = assertion.conditions
    if conditions is None:
        raise SluisError(ErrorCode.RESPONSE_CONDITIONS, hint="no Conditions")
    if conditions.unknown:
        raise SluisError(ErrorCode.RESPONSE_CONDITIONS, hint="a Condition that is not understood")
    if conditions.not_before is not None and conditions.not_before > expected.now + expected.skew:
        raise SluisError(ErrorCode.RESPONSE_TOO_EARLY, hint="NotBefore of Conditions")
    if conditions.not_on_or_after is not None and conditions.not_on_or_after <= expected.now - expected.skew:
        raise SluisError(ErrorCode.RESPONSE_EXPIRED, hint="NotOnOrAfter of Conditions")


def check_audience(assertion: Assertion, expected: Expected) -> None:
    """saml-core 2.5.1.4: an AudienceRestriction is there, and each one names the gateway."""
    restrictions = assertion.conditions.audiences if assertion.conditions else ()
    if not restrictions or any(expected.audience not in audiences for audiences in restrictions):
        raise SluisError(ErrorCode.RESPONSE_AUDIENCE, hint=f"Audience must be {expected.audience}")


def check_authentication(assertion: Assertion, expected: Expected) -> None:
    """saml-core 2.7.2: the person authenticated, not in the future, and the session has not ended."""
    statement = assertion.authentication
    if statement is None:
        raise SluisError(ErrorCode.RESPONSE_SCHEMA, hint="no AuthnStatement")
    if statement.instant > expected.now + expected.skew:
        raise SluisError(ErrorCode.RESPONSE_TOO_EARLY, hint="AuthnInstant")
    if statement.session_ends is not None and statement.session_ends <= expected.now - expected.skew:
        raise SluisError(ErrorCode.RESPONSE_EXPIRED, hint="SessionNotOnOrAfter")


def check_freshness(assertion: Assertion, expected: Expected) -> None:
    """saml-core 3.4.1: after ForceAuthn, an authentication from before the request does not do."""
    statement = assertion.authentication
    if expected.fresh_since is not None and (
        statement is None or statement.instant < expected.fresh_since - expected.skew
    ):
        raise SluisError(ErrorCode.RESPONSE_NOT_FRESH, hint="AuthnInstant is older than the request with ForceAuthn")


def check_context(assertion: Assertion, expected: Expected) -> None:
    """saml-core 3.3.2.2.1: of the contexts asked with comparison exact, one is met."""
    statement = assertion.authentication
    if expected.contexts and (statement is None or statement.context not in expected.contexts):
        raise SluisError(ErrorCode.RESPONSE_AUTHENTICATION_CONTEXT, hint="AuthnContextClassRef was not asked for")


ASSERTION_CHECKS: tuple[Callable[[Assertion, Expected], None], ...] = (
    check_issuer,
    check_bearer,
    check_conditions,
    check_audience,
    check_authentication,
    check_freshness,
    check_context,
)


def _verified_assertion(response: etree._Element, expected: Expected) -> VerifiedElement:
    """The assertion from what is signed: by its own signature, by the Response's, or both, and then both must hold."""
    found: etree._Element | None = response.find(_ASSERTION)
    response_is_signed = is_signed(response)
    if response_is_signed:
        found = _verified(response, expected).find(_ASSERTION)
    assert found is not None
    if is_signed(found):
        return _verified(found, expected)
    if not response_is_signed:
        raise SluisError(ErrorCode.RESPONSE_SIGNATURE_MISSING)
    return VerifiedElement(found)


_PROBLEMS = {
    SignatureProblem.MISSING: ErrorCode.RESPONSE_SIGNATURE_MISSING,
    SignatureProblem.STRUCTURE: ErrorCode.RESPONSE_SIGNATURE_INVALID,
    SignatureProblem.ALGORITHM: ErrorCode.RESPONSE_ALGORITHM,
    SignatureProblem.INVALID: ErrorCode.RESPONSE_SIGNATURE_INVALID,
}


def _verified(element: etree._Element, expected: Expected) -> VerifiedElement:
    try:
        return verify(element, expected.idp.metadata.certificates)
    except SignatureRejected as cause:
        raise SluisError(_PROBLEMS[cause.reason], hint=cause.detail) from cause


def _unconfirmed(confirmation: etree._Element, expected: Expected) -> tuple[ErrorCode, str] | None:
    data = confirmation.find(name(SAML, "SubjectConfirmationData"))
    if data is None or data.get("Recipient") != expected.consumer_url:
        return ErrorCode.RESPONSE_RECIPIENT, f"Recipient must be {expected.consumer_url}"
    if data.get("InResponseTo") != expected.request_id:
        return ErrorCode.RESPONSE_REQUEST, "InResponseTo of SubjectConfirmationData"
    until = moment(data.get("NotOnOrAfter"))
    if until is None or data.get("NotBefore") is not None:
        return ErrorCode.RESPONSE_CONDITIONS, "SubjectConfirmationData has NotOnOrAfter and no NotBefore"
    if until <= expected.now - expected.skew:
        return ErrorCode.RESPONSE_EXPIRED, "NotOnOrAfter of SubjectConfirmationData"
    if until > expected.now + MAX_LIFETIME:
        return ErrorCode.RESPONSE_CONDITIONS, "a bearer assertion lives at most a day"
    return None


def _text(element: etree._Element) -> str:
    return (element.text or "").strip()
