"""The Response that answers a service (saml-core-2.0-os 3.3.3), always by HTTP-POST (saml-bindings 3.5)."""

from base64 import b64encode
from datetime import timedelta

from lxml import etree

from gateway.attributes.outgoing import wire_attributes
from gateway.domain.clock import Clock
from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.randomness import Randomness
from gateway.federation.clients import NameIdFormat
from gateway.federation.encrypting import Encrypt
from gateway.federation.models import Service
from gateway.login.contracts import AuthenticationFacts
from gateway.login.steps import PostForm
from gateway.observability import reference
from gateway.release.released import ReleasedAttributes
from gateway.saml.idp.assertion import Addressed, add_assertion, child
from gateway.saml.idp.given import GivenName
from gateway.saml.idp.reply import Reply
from gateway.saml.instants import write_instant
from gateway.saml.status import STATUSES, SUCCESS, Status
from gateway.xml.encryption import EncryptFor, encrypt
from gateway.xml.keys import SigningKey
from gateway.xml.namespaces import SAML, SAMLP, name
from gateway.xml.signatures import sign

_NAMESPACES = {"samlp": SAMLP, "saml": SAML}


class IdentityProviderRole:
    """Fulfils TowardsServices. Keeps nothing of a login. `session` is how long a service may count on it."""

    def __init__(
        self, *, entity_id: str, key: SigningKey, session: timedelta, clock: Clock, randomness: Randomness
    ) -> None:
        self._entity_id = entity_id
        self._key = key
        self._session = session
        self._clock = clock
        self._randomness = randomness

    keeps_for = 0

    def answer(
        self, service: Service, reply: str, released: ReleasedAttributes, facts: AuthenticationFacts
    ) -> PostForm:
        """The Response with exactly the released attributes (law 1), under the names of the service's dialect.

        Signed as the service's entry says; WantAssertionsSigned in its metadata adds the assertion's signature. Where
        the service has a key for it, the assertion is encrypted in between: the Response's signature covers that.
        Raises SluisError INTERNAL for an entry by which nothing would be signed, and for one that says that assertions
        are always encrypted when the metadata has no key for it any more.
        """
        signs_assertion = service.saml.sign_assertion or service.saml.metadata.want_assertions_signed
        if not signs_assertion and not service.saml.sign_response:
            raise SluisError(ErrorCode.INTERNAL, hint=service.id, cause="nothing of the answer would be signed")
        to = Reply.load(reply, service)
        addressed = self._addressed(service, to)
        response = self._response(addressed, SUCCESS)
        assertion = add_assertion(
            response,
            addressed,
            assertion_id=self._fresh_id(),
            subject=(to.name_id, _name_id(to.name_id, released, facts)),
            facts=facts,
            session_ends=addressed.now + self._session,
            attributes=wire_attributes(released.values, service.dialect, released.former),
        )
        if signs_assertion:
            sign(assertion, self._key)
        recipient = service.saml.encryption
        if recipient is not None:
            _encrypt_in_place(assertion, recipient, self._randomness)
        elif service.saml.encrypt is Encrypt.ALWAYS:
            raise SluisError(ErrorCode.INTERNAL, hint=service.id, cause="its metadata has no key to encrypt for")
        if service.saml.sign_response:
            sign(response, self._key)
        return _post(to, response)

    def name_in_logout(
        self, service: Service, reply: str, released: ReleasedAttributes, facts: AuthenticationFacts
    ) -> str:
        """The NameID of the assertion (`gateway.saml.idp.given`)."""
        kind = Reply.load(reply, service).name_id
        return GivenName(kind, _name_id(kind, released, facts)).dump()

    def refuse(self, service: Service, reply: str, error: SluisError) -> PostForm:
        """The Response that says no: the catalogue's status, and what `SluisError.told` has of it. Always signed."""
        to, told = Reply.load(reply, service), error.told(reference.current())
        response = self._response(self._addressed(service, to), STATUSES[error.kind.peer], told)
        sign(response, self._key)
        return _post(to, response)

    def _addressed(self, service: Service, to: Reply) -> Addressed:
        return Addressed(self._entity_id, service.saml.metadata.entity_id, to.consumer, to.request, self._clock.now())

    def _response(self, addressed: Addressed, status: Status, told: str | None = None) -> etree._Element:
        response = etree.Element(name(SAMLP, "Response"), nsmap=_NAMESPACES)
        response.set("ID", self._fresh_id())
        response.set("Version", "2.0")
        response.set("IssueInstant", write_instant(addressed.now))
        response.set("Destination", addressed.consumer)
        if addressed.request is not None:
            response.set("InResponseTo", addressed.request)
        child(response, "Issuer", addressed.issuer)
        stated = etree.SubElement(response, name(SAMLP, "Status"))
        code = etree.SubElement(stated, name(SAMLP, "StatusCode"))
        code.set("Value", status.top)
        if status.second is not None:
            etree.SubElement(code, name(SAMLP, "StatusCode")).set("Value", status.second)
        if told is not None:
            etree.SubElement(stated, name(SAMLP, "StatusMessage")).text = told
        return response

    def _fresh_id(self) -> str:
        return f"_{self._randomness.token()}"


def _name_id(kind: NameIdFormat, released: ReleasedAttributes, facts: AuthenticationFacts) -> str:
    return released.subject.pairwise if kind is NameIdFormat.PERSISTENT else f"_{facts.transient}"


def _encrypt_in_place(assertion: etree._Element, recipient: EncryptFor, randomness: Randomness) -> None:
    encrypted = etree.Element(name(SAML, "EncryptedAssertion"))
    encrypted.append(encrypt(assertion, recipient, randomness))
    parent = assertion.getparent()
    assert parent is not None
    parent.replace(assertion, encrypted)


def _post(to: Reply, response: etree._Element) -> PostForm:
    encoded = b64encode(etree.tostring(response)).decode()
    relay_state = () if to.relay_state is None else (("RelayState", to.relay_state),)
    return PostForm(to.consumer, (("SAMLResponse", encoded), *relay_state))
