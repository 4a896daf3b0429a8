"""The assertion that a service gets (saml-core-2.0-os 2.3 to 2.7, saml-profiles 4.1.4.2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from lxml import etree
from saml2.saml import SCM_BEARER

from gateway.attributes.outgoing import WireAttribute
from gateway.domain.errors import ErrorCode, SluisError
from gateway.federation.clients import NameIdFormat
from gateway.login.contracts import AuthenticationFacts
from gateway.saml import name_id
from gateway.saml.instants import write_instant
from gateway.xml.namespaces import SAML, name

LIFETIME = timedelta(minutes=5)
"""How long a service may take to read an assertion after it was made."""
HEAD_START = timedelta(seconds=30)
"""How far NotBefore lies in the past, for services whose clock is behind and who grant no skew of their own."""


@dataclass(frozen=True, slots=True)
class Addressed:
    """From whom, to whom, in answer to what (None: nothing was asked), and when."""

    issuer: str
    audience: str
    consumer: str
    request: str | None
    now: datetime


def add_assertion(
    response: etree._Element,
    addressed: Addressed,
    *,
    assertion_id: str,
    subject: tuple[NameIdFormat, str],
    facts: AuthenticationFacts,
    session_ends: datetime,
    attributes: Sequence[WireAttribute],
) -> etree._Element:
    """Put an assertion into the response: exactly these attributes, and no statement when there are none.

    It says nothing of who this person is at school: `subject` is the NameID that the service may see. Raises
    SluisError INTERNAL for a character that XML 1.0 cannot carry; leaving it out would make it another value.
    """
    instant = write_instant(addressed.now)
    assertion = child(response, "Assertion", ID=assertion_id, Version="2.0", IssueInstant=instant)
    child(assertion, "Issuer", addressed.issuer)
    _add_subject(assertion, addressed, *subject)
    _add_conditions(assertion, addressed)
    _add_authentication(assertion, facts, session_ends)
    if attributes:
        statement = child(assertion, "AttributeStatement")
        for attribute in attributes:
            _add_attribute(statement, attribute)
    return assertion


def child(parent: etree._Element, local: str, text: str = "", /, **attributes: str) -> etree._Element:
    """A new element of the assertion namespace, last in its parent."""
    element = etree.SubElement(parent, name(SAML, local))
    try:
        for attribute, value in attributes.items():
            element.set(attribute, value)
        if text:
            element.text = text
    except ValueError:
        raise SluisError(ErrorCode.INTERNAL, cause=f"XML cannot carry a character of this {local}") from None
    return element


def _add_subject(assertion: etree._Element, addressed: Addressed, kind: NameIdFormat, value: str) -> None:
    subject = child(assertion, "Subject")
    qualifiers = {"NameQualifier": addressed.issuer, "SPNameQualifier": addressed.audience}
    child(subject, "NameID", value, Format=name_id.URIS[kind], **qualifiers)
    confirmation = child(subject, "SubjectConfirmation", Method=SCM_BEARER)
    data = child(
        confirmation,
        "SubjectConfirmationData",
        Recipient=addressed.consumer,
        NotOnOrAfter=write_instant(addressed.now + LIFETIME),
    )
    if addressed.request is not None:
        data.set("InResponseTo", addressed.request)


def _add_conditions(assertion: etree._Element, addressed: Addressed) -> None:
    conditions = child(
        assertion,
        "Conditions",
        NotBefore=write_instant(addressed.now - HEAD_START),
        NotOnOrAfter=write_instant(addressed.now + LIFETIME),
    )
    child(child(conditions, "AudienceRestriction"), "Audience", addressed.audience)


def _add_authentication(assertion: etree._Element, facts: AuthenticationFacts, session_ends: datetime) -> None:
    """AuthnInstant is the moment of the school's login, not of this message (saml-core 2.7.2)."""
    statement = child(
        assertion,
        "AuthnStatement",
        AuthnInstant=write_instant(facts.instant),
        SessionIndex=f"_{facts.session}",
        SessionNotOnOrAfter=write_instant(session_ends),
    )
    context = child(statement, "AuthnContext")
    child(context, "AuthnContextClassRef", facts.context)
    for authority in facts.authorities:
        child(context, "AuthenticatingAuthority", authority)


def _add_attribute(statement: etree._Element, attribute: WireAttribute) -> None:
    element = child(statement, "Attribute", Name=attribute.name, NameFormat=attribute.name_format)
    if attribute.friendly_name is not None:
        element.set("FriendlyName", attribute.friendly_name)
    for value in attribute.values:
        child(element, "AttributeValue", value)
