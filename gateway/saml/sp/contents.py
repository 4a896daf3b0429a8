"""The checks of a verified assertion: who says it, for whom, in answer to what, and when."""

import hashlib
from datetime import timedelta

from lxml import etree

from gateway.domain.errors import ErrorCode, SluisError
from gateway.login.messages import MAX_SESSION
from gateway.saml.sp.assertion import Assertion, moment
from gateway.saml.sp.expected import SAML_VERSION, Expected
from gateway.xml.namespaces import SAML, name

MAX_LIFETIME = timedelta(days=1)
"""How far ahead a bearer assertion may end: its replay mark is kept as long."""


def check_version(assertion: Assertion, _: Expected) -> None:
    """saml-core 4.1.2: an assertion of another version is not read either."""
    if assertion.version != SAML_VERSION:
        raise SluisError(ErrorCode.RESPONSE_SCHEMA, hint="Version of the Assertion must be 2.0")


def check_issuer(assertion: Assertion, expected: Expected) -> None:
    """The issuer of what was signed is the identity provider that was asked: another member's word does not count."""
    if assertion.issuer != expected.idp.saml.entity_id:
        raise SluisError(ErrorCode.RESPONSE_ISSUER, hint="Issuer of the Assertion")


def check_bearer(assertion: Assertion, expected: Expected) -> None:
    """saml-profiles 4.1.4.2: a bearer confirmation for this consumer, this request, now, without NotBefore."""
    reasons = [_unconfirmed(confirmation, expected) for confirmation in assertion.bearer_confirmations]
    if not reasons:
        raise SluisError(ErrorCode.RESPONSE_RECIPIENT, hint="no bearer SubjectConfirmation")
    if None not in reasons:
        code, hint = next(reason for reason in reasons if reason is not None)
        raise SluisError(code, hint=hint)


def check_lifetime(assertion: Assertion, expected: Expected) -> None:
    """No bearer confirmation, whoever it is for, outlives the time that a replay mark is kept."""
    ends = assertion.ends()
    if ends is not None and ends > expected.now + MAX_LIFETIME:
        raise SluisError(ErrorCode.RESPONSE_CONDITIONS, hint="a bearer assertion lives at most a day")


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
    """saml-core 2.7.2: the person authenticated, not in the future nor ages ago, and the session has not ended."""
    statement = assertion.authentication
    if statement is None:
        raise SluisError(ErrorCode.RESPONSE_SCHEMA, hint="no AuthnStatement")
    if statement.instant > expected.now + expected.skew:
        raise SluisError(ErrorCode.RESPONSE_TOO_EARLY, hint="AuthnInstant")
    if statement.instant < expected.now - MAX_SESSION:
        raise SluisError(ErrorCode.RESPONSE_EXPIRED, hint="AuthnInstant is more than a year ago")
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


def check_not_replayed(assertion: Assertion, expected: Expected) -> None:
    """saml-profiles 4.1.4.5: an assertion is accepted once. The only check that leaves something behind: the last."""
    ends = assertion.ends()
    assert ends is not None
    digest = hashlib.sha256(f"{assertion.issuer}\n{assertion.id}".encode()).hexdigest()
    seconds = int((ends + expected.skew - expected.now).total_seconds()) + 1
    if not expected.replay_marks.add(f"assertion:{digest}", b"1", seconds=seconds):
        raise SluisError(ErrorCode.RESPONSE_REPLAYED)


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
    return None
