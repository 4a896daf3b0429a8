"""Reading of a verified assertion (saml-core 2.3.3)."""

from dataclasses import dataclass
from datetime import datetime

from lxml import etree

from gateway.attributes.values import RawAttributes
from gateway.domain.errors import ErrorCode, SluisError
from gateway.login.messages import UpstreamSession
from gateway.saml.instants import read_instant
from gateway.xml.namespaces import SAML, name
from gateway.xml.signatures import VerifiedElement

_BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
_TRANSIENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
_CONDITIONS_UNDERSTOOD = {name(SAML, local) for local in ("AudienceRestriction", "OneTimeUse", "ProxyRestriction")}


@dataclass(frozen=True, slots=True)
class Conditions:
    """When and for whom an assertion holds; `unknown` when it has a condition that nobody here understands."""

    not_before: datetime | None
    not_on_or_after: datetime | None
    audiences: tuple[tuple[str, ...], ...]
    unknown: bool


@dataclass(frozen=True, slots=True)
class AuthenticationStatement:
    """How and when the person authenticated, and the entity ids that took part."""

    instant: datetime
    session_ends: datetime | None
    session_index: str | None
    context: str
    authorities: tuple[str, ...]


class Assertion:
    """The parts of a verified assertion, each read once when the object is made.

    Raises SluisError(RESPONSE_SCHEMA) for a moment that the schema has and no clock.
    """

    __slots__ = ("_element", "authentication", "bearer_confirmations", "conditions", "id", "issuer", "version")

    def __init__(self, element: VerifiedElement) -> None:
        self._element = element
        self.id = element.get("ID", "")
        self.version = element.get("Version", "")
        self.issuer = (element.findtext(name(SAML, "Issuer")) or "").strip()
        self.conditions = _conditions(element.find(name(SAML, "Conditions")))
        self.authentication = _authentication(element.find(name(SAML, "AuthnStatement")))
        self.bearer_confirmations = tuple(
            confirmation
            for confirmation in element.iterfind(f"{name(SAML, 'Subject')}/{name(SAML, 'SubjectConfirmation')}")
            if confirmation.get("Method") == _BEARER
        )

    def ends(self) -> datetime | None:
        """The last moment that any of its bearer confirmations names; None when none does."""
        data = name(SAML, "SubjectConfirmationData")
        ends = [
            moment(found.get("NotOnOrAfter"))
            for confirmation in self.bearer_confirmations
            if (found := confirmation.find(data)) is not None
        ]
        return max((one for one in ends if one is not None), default=None)

    def attributes(self) -> RawAttributes:
        """Names and text values as sent. A value that holds elements instead of text is no attribute of ours."""
        values = tuple(
            (attribute.get("Name", ""), texts)
            for attribute in self._element.iterfind(f"{name(SAML, 'AttributeStatement')}/{name(SAML, 'Attribute')}")
            if (texts := _texts(attribute))
        )
        return RawAttributes(values, self._name_id())

    def session(self) -> UpstreamSession:
        """How the identity provider names the session that began, for a logout (saml-core 3.7.1)."""
        found = self._element.find(f"{name(SAML, 'Subject')}/{name(SAML, 'NameID')}")
        statement = self.authentication
        if found is None or statement is None:
            return UpstreamSession()
        return UpstreamSession(
            name_id=(found.text or "").strip() or None,
            name_id_format=found.get("Format"),
            name_qualifier=found.get("NameQualifier"),
            sp_name_qualifier=found.get("SPNameQualifier"),
            index=statement.session_index,
            ends=statement.session_ends,
        )

    def _name_id(self) -> str | None:
        found = self._element.find(f"{name(SAML, 'Subject')}/{name(SAML, 'NameID')}")
        if found is None or found.get("Format") == _TRANSIENT:
            return None
        return (found.text or "").strip() or None


def moment(text: str | None) -> datetime | None:
    """An xs:dateTime that the schema has checked, or None for an attribute that is not there.

    Raises SluisError(RESPONSE_SCHEMA) for one like the year 12026 or the hour 24.
    """
    if text is None:
        return None
    try:
        return read_instant(text)
    except ValueError as cause:
        raise SluisError(ErrorCode.RESPONSE_SCHEMA, hint="a moment that cannot be read") from cause


def _texts(attribute: etree._Element) -> tuple[str, ...]:
    values = attribute.iterfind(name(SAML, "AttributeValue"))
    return tuple(text for value in values if len(value) == 0 and (text := (value.text or "").strip()))


def _conditions(element: etree._Element | None) -> Conditions | None:
    if element is None:
        return None
    audience = name(SAML, "Audience")
    return Conditions(
        not_before=moment(element.get("NotBefore")),
        not_on_or_after=moment(element.get("NotOnOrAfter")),
        audiences=tuple(
            tuple((one.text or "").strip() for one in restriction.iterfind(audience))
            for restriction in element.iterfind(name(SAML, "AudienceRestriction"))
        ),
        unknown=any(condition.tag not in _CONDITIONS_UNDERSTOOD for condition in element),
    )


def _authentication(element: etree._Element | None) -> AuthenticationStatement | None:
    if element is None:
        return None
    instant = moment(element.get("AuthnInstant"))
    assert instant is not None
    context = element.find(name(SAML, "AuthnContext"))
    assert context is not None
    return AuthenticationStatement(
        instant=instant,
        session_ends=moment(element.get("SessionNotOnOrAfter")),
        session_index=element.get("SessionIndex"),
        context=(context.findtext(name(SAML, "AuthnContextClassRef")) or "").strip(),
        authorities=tuple((one.text or "").strip() for one in context.iterfind(name(SAML, "AuthenticatingAuthority"))),
    )
