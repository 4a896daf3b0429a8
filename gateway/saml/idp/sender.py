"""Who sent this, and where may the answer go? Until all of this is known, a page is the only answer."""

from base64 import b64decode
from binascii import Error as NotBase64

from gateway.domain.errors import ErrorCode, SluisError
from gateway.federation.metadata.entities import Binding
from gateway.saml.idp.incoming import Incoming, whole_number
from gateway.saml.idp.transport import SentByRedirect
from gateway.saml.redirect import QueryProblem, QueryRejected, inflate, read_query, verify_query
from gateway.saml.schemas import schema
from gateway.xml.namespaces import DS, SAML, SAMLP, name
from gateway.xml.parsing import XmlRejected, parse
from gateway.xml.signatures import SignatureProblem, SignatureRejected, verify

MAX_ENCODED = 96 * 1024
"""Characters of a request as it travels."""
MAX_XML = 64 * 1024
"""Bytes of its XML. Requests are 1 to 4 kB; those that carry a chain of certificates up to 15 kB."""
MAX_RELAY_STATE = 1024
"""Bytes of RelayState. saml-bindings 3.4.3 has 80; service providers in use send whole addresses."""
MAX_ID = 256
"""Characters of a request's ID; it comes back as InResponseTo."""

_ENTITY = "urn:oasis:names:tc:SAML:2.0:nameid-format:entity"
_SIGNATURE = name(DS, "Signature")
_OF_QUERY = {
    QueryProblem.MISSING: ErrorCode.REQUEST_MISSING,
    QueryProblem.DOUBLED: ErrorCode.REQUEST_MALFORMED,
    QueryProblem.MALFORMED: ErrorCode.REQUEST_MALFORMED,
    QueryProblem.TOO_LARGE: ErrorCode.REQUEST_TOO_LARGE,
}
_OF_SIGNATURE = {
    SignatureProblem.MISSING: ErrorCode.REQUEST_SIGNATURE_MISSING,
    SignatureProblem.STRUCTURE: ErrorCode.REQUEST_SIGNATURE_INVALID,
    SignatureProblem.ALGORITHM: ErrorCode.REQUEST_ALGORITHM,
    SignatureProblem.INVALID: ErrorCode.REQUEST_SIGNATURE_INVALID,
}


def check_size(incoming: Incoming) -> None:
    """What travels is bounded before anything of it is unpacked."""
    sent = incoming.sent
    size = len(sent.query) if isinstance(sent, SentByRedirect) else sum(map(len, sent.messages))
    if size > MAX_ENCODED:
        raise SluisError(ErrorCode.REQUEST_TOO_LARGE, hint=f"at most {MAX_ENCODED} characters")


def check_presence(incoming: Incoming) -> None:
    """There is one SAMLRequest and at most one RelayState: readers disagree about which of two counts."""
    sent = incoming.sent
    if isinstance(sent, SentByRedirect):
        try:
            incoming.query = read_query(sent.query, "SAMLRequest")
        except QueryRejected as cause:
            raise SluisError(_OF_QUERY[cause.reason], cause=f"query: {cause.reason}") from cause
        incoming.message, incoming.relay_state = incoming.query.message, incoming.query.relay_state
        return
    if not sent.messages:
        raise SluisError(ErrorCode.REQUEST_MISSING)
    if len(sent.messages) > 1 or len(sent.relay_states) > 1:
        raise SluisError(ErrorCode.REQUEST_MALFORMED, hint="a field stands there twice")
    incoming.message = sent.messages[0]
    incoming.relay_state = sent.relay_states[0] if sent.relay_states else None


def check_relay_state(incoming: Incoming) -> None:
    """RelayState can be given back untouched: it is not too long, and an HTML form can carry it.

    Forms rewrite line ends (HTML, form submission, "constructing the entry list") and cannot hold other control
    characters; U+FFFD stands where the sender's octets were no UTF-8.
    """
    state = incoming.relay_state or ""
    if len(state.encode()) > MAX_RELAY_STATE:
        raise SluisError(ErrorCode.REQUEST_RELAY_STATE, hint=f"at most {MAX_RELAY_STATE} bytes")
    if any(character < " " or character in "\x7f\ufffd" for character in state):
        raise SluisError(ErrorCode.REQUEST_RELAY_STATE, hint="no control characters")


def check_encoding(incoming: Incoming) -> None:
    """base64, and DEFLATE where the binding has it, unpacks to no more than `MAX_XML` bytes."""
    if incoming.query is not None:
        try:
            incoming.xml = inflate(incoming.message, limit=MAX_XML)
        except QueryRejected as cause:
            raise SluisError(_OF_QUERY[cause.reason], cause=f"query: {cause.reason}") from cause
        return
    try:
        incoming.xml = b64decode("".join(incoming.message.split()), validate=True)
    except (NotBase64, ValueError) as cause:
        raise SluisError(ErrorCode.REQUEST_MALFORMED, cause="not base64") from cause
    if len(incoming.xml) > MAX_XML:
        raise SluisError(ErrorCode.REQUEST_TOO_LARGE, hint=f"at most {MAX_XML} bytes of XML")


def check_safe_xml(incoming: Incoming) -> None:
    """Well-formed, without a DTD or entities, not deep."""
    try:
        incoming.root = parse(incoming.xml, limit=MAX_XML)
    except XmlRejected as cause:
        raise SluisError(ErrorCode.REQUEST_MALFORMED, cause=f"XML: {cause.reason}") from cause


def check_schema(incoming: Incoming) -> None:
    """An AuthnRequest of version 2.0, valid against saml-schema-protocol-2.0.xsd."""
    root = incoming.root
    if root.tag != name(SAMLP, "AuthnRequest"):
        raise SluisError(ErrorCode.REQUEST_UNSUPPORTED, hint="only AuthnRequest is answered here")
    if not schema().validate(root):
        raise SluisError(ErrorCode.REQUEST_MALFORMED, hint="not valid against the SAML protocol schema")
    if root.get("Version") != "2.0":
        raise SluisError(ErrorCode.REQUEST_UNSUPPORTED, hint="only SAML 2.0")
    if len(root.get("ID", "")) > MAX_ID:
        raise SluisError(ErrorCode.REQUEST_MALFORMED, hint=f"an ID of at most {MAX_ID} characters")


def check_service(incoming: Incoming) -> None:
    """The issuer is a service of this federation: said before any word about signatures."""
    issuer = incoming.root.find(name(SAML, "Issuer"))
    if issuer is None or issuer.get("Format", _ENTITY) != _ENTITY:
        raise SluisError(ErrorCode.REQUEST_MALFORMED, hint="an Issuer with the service's entity id")
    entity_id = (issuer.text or "").strip()
    service = incoming.federation.service_by_entity_id.get(entity_id)
    if service is None:
        raise SluisError(ErrorCode.REQUEST_SERVICE_UNKNOWN, cause=f"issuer {entity_id[:200]!r}")
    incoming.service = service


def check_service_metadata(incoming: Incoming) -> None:
    """The service's metadata is still valid, at this moment and not just when it was loaded."""
    valid_until = incoming.service.saml.metadata.valid_until
    if valid_until is not None and incoming.now >= valid_until:
        raise SluisError(ErrorCode.REQUEST_SERVICE_METADATA_EXPIRED, hint=incoming.service.id)


def check_signature(incoming: Incoming) -> None:
    """Signed by the service where its metadata or its entry says so, and checked wherever there is a signature.

    An XML signature has no place in a message by Redirect (saml-bindings 3.4.4.1), nor anywhere but directly under
    the root: what it would cover is not what is read here.
    """
    metadata = incoming.service.saml.metadata
    root = incoming.root
    own = root.find(_SIGNATURE)
    if any(found is not own for found in root.iter(_SIGNATURE)) or (own is not None and incoming.query is not None):
        raise SluisError(ErrorCode.REQUEST_SIGNATURE_INVALID, hint="an XML signature where there can be none")
    try:
        if incoming.query is not None:
            verify_query(incoming.query, metadata.certificates)
        else:
            incoming.root = verify(root, metadata.certificates)
    except SignatureRejected as cause:
        required = metadata.authn_requests_signed or incoming.service.saml.require_signed_requests
        if cause.reason is SignatureProblem.MISSING and not required:
            return
        said = f"signature: {cause.reason} {cause.detail}"
        raise SluisError(_OF_SIGNATURE[cause.reason], hint=incoming.service.id, cause=said) from cause
    incoming.signed = True


def check_destination(incoming: Incoming) -> None:
    """Meant for this address; a signed request must say so (saml-bindings 3.4.5.2 and 3.5.5.2)."""
    destination = incoming.root.get("Destination")
    if destination is None and not incoming.signed:
        return
    if destination != incoming.single_sign_on:
        raise SluisError(ErrorCode.REQUEST_DESTINATION, hint=f"Destination is {incoming.single_sign_on}")


def check_consumer(incoming: Incoming) -> None:
    """The answer goes to an AssertionConsumerService of the service's metadata, by its exact URL or its index.

    saml-core 3.4.1: URL and index exclude each other; without both it is the default one.
    """
    root, metadata = incoming.root, incoming.service.saml.metadata
    url = root.get("AssertionConsumerServiceURL")
    index = whole_number(root.get("AssertionConsumerServiceIndex"))
    if root.get("ProtocolBinding", Binding.POST) != Binding.POST:
        raise SluisError(ErrorCode.REQUEST_UNSUPPORTED, hint="ProtocolBinding: answers go by HTTP-POST")
    if url is not None and index is not None:
        raise SluisError(ErrorCode.REQUEST_MALFORMED, hint="AssertionConsumerServiceURL and -Index together")
    if url is None and index is None:
        incoming.consumer = metadata.default_consumer.location
        return
    for known in metadata.assertion_consumers:
        if known.location == url or str(known.index) == index:
            incoming.consumer = known.location
            return
    raise SluisError(ErrorCode.REQUEST_ACS_UNKNOWN, hint=incoming.service.id)


def check_room(incoming: Incoming) -> None:
    """Not too many logins begin at this service. Last: who is not the service takes no room of it, if it signs."""
    incoming.admit(incoming.service.id)
