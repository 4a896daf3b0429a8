"""The checks of a logout message, in their order, by every binding and for both directions.

A message that is not signed ends nothing: whoever could write one could log people out (saml-profiles 4.4.4.1).
"""

from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256

from lxml import etree

from gateway.domain.errors import ErrorCode, SluisError
from gateway.saml.idp.transport import SentByPost, SentByRedirect
from gateway.saml.instants import read_instant
from gateway.saml.logout.incoming import Incoming, SentBySoap
from gateway.saml.redirect import QueryRejected, inflate, read_query, verify_query
from gateway.saml.schemas import schema
from gateway.xml.namespaces import DS, SAML, SAMLP, name
from gateway.xml.parsing import XmlRejected, parse
from gateway.xml.signatures import SignatureRejected, verify

MAX_ENCODED = 96 * 1024
MAX_XML = 64 * 1024
MAX_AGE = timedelta(minutes=10)
"""How long after its IssueInstant a message still counts."""
MAX_ID = 256
MAX_RELAY_STATE = 1024

_SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
_SIGNATURE = name(DS, "Signature")
_ENTITY = "urn:oasis:names:tc:SAML:2.0:nameid-format:entity"
_TAGS = {"SAMLRequest": name(SAMLP, "LogoutRequest"), "SAMLResponse": name(SAMLP, "LogoutResponse")}


def check_size(incoming: Incoming) -> None:
    """What travels is bounded before anything of it is unpacked."""
    sent = incoming.sent
    match sent:
        case SentByRedirect():
            size = len(sent.query)
        case SentByPost():
            size = sum(map(len, sent.messages))
        case SentBySoap():
            size = len(sent.body)
    if size > MAX_ENCODED:
        raise _malformed(f"at most {MAX_ENCODED} characters")


def check_presence(incoming: Incoming) -> None:
    """There is one message and at most one RelayState."""
    sent = incoming.sent
    if isinstance(sent, SentByRedirect):
        try:
            incoming.query = read_query(sent.query, incoming.parameter)
        except QueryRejected as cause:
            raise _malformed("the query", f"query: {cause.reason}") from cause
        incoming.message, incoming.relay_state = incoming.query.message, incoming.query.relay_state
    elif isinstance(sent, SentByPost):
        if len(sent.messages) != 1 or len(sent.relay_states) > 1:
            raise _malformed(f"one {incoming.parameter}")
        incoming.message = sent.messages[0]
        incoming.relay_state = sent.relay_states[0] if sent.relay_states else None
    if len((incoming.relay_state or "").encode()) > MAX_RELAY_STATE:
        raise _malformed(f"RelayState has at most {MAX_RELAY_STATE} bytes")


def check_encoding(incoming: Incoming) -> None:
    """base64, and DEFLATE where the binding has it."""
    if isinstance(incoming.sent, SentBySoap):
        incoming.xml = incoming.sent.body
        return
    try:
        if incoming.query is not None:
            incoming.xml = inflate(incoming.message, limit=MAX_XML)
        else:
            incoming.xml = b64decode("".join(incoming.message.split()), validate=True)
    except (QueryRejected, NotBase64, ValueError) as cause:
        raise _malformed("its encoding") from cause


def check_safe_xml(incoming: Incoming) -> None:
    """Well-formed, without a DTD or entities, not deep; of SOAP the one message in the body."""
    try:
        root = parse(incoming.xml, limit=MAX_XML)
    except XmlRejected as cause:
        raise _malformed("its XML", f"XML: {cause.reason}") from cause
    if isinstance(incoming.sent, SentBySoap):
        body = root.find(name(_SOAP, "Body"))
        if root.tag != name(_SOAP, "Envelope") or body is None or len(body) != 1:
            raise _malformed("a SOAP envelope with one message")
        root = etree.fromstring(etree.tostring(body[0], with_tail=False))
    incoming.root = root


def check_schema(incoming: Incoming) -> None:
    """A LogoutRequest or LogoutResponse of version 2.0, valid against saml-schema-protocol-2.0.xsd."""
    root = incoming.root
    if root.tag != _TAGS[incoming.parameter] or not schema().validate(root):
        raise _malformed("not valid against the SAML protocol schema")
    if root.get("Version") != "2.0" or len(root.get("ID", "")) > MAX_ID:
        raise _malformed("Version or ID")


def check_sender(incoming: Incoming) -> None:
    """The issuer is a party of this federation, whose metadata is in date."""
    issuer = incoming.root.find(name(SAML, "Issuer"))
    entity_id = (issuer.text or "").strip() if issuer is not None else ""
    peer = incoming.peers(entity_id)
    if issuer is None or issuer.get("Format", _ENTITY) != _ENTITY or peer is None:
        raise SluisError(ErrorCode.LOGOUT_SENDER_UNKNOWN, cause=f"issuer {entity_id[:200]!r}")
    valid_until = peer.metadata.valid_until
    if valid_until is not None and incoming.now >= valid_until:
        raise SluisError(ErrorCode.LOGOUT_SENDER_UNKNOWN, hint=peer.id, cause="its metadata has expired")
    incoming.peer = peer


def check_signature(incoming: Incoming) -> None:
    """Signed, whoever it is, over the query as it was sent or over the whole message."""
    root, certificates = incoming.root, incoming.peer.metadata.certificates
    own = root.find(_SIGNATURE)
    if any(found is not own for found in root.iter(_SIGNATURE)) or (own is not None and incoming.query is not None):
        raise SluisError(ErrorCode.LOGOUT_SIGNATURE, hint="an XML signature where there can be none")
    try:
        if incoming.query is not None:
            verify_query(incoming.query, certificates)
        else:
            incoming.root = verify(root, certificates)
    except SignatureRejected as cause:
        said = f"signature: {cause.reason} {cause.detail}"
        raise SluisError(ErrorCode.LOGOUT_SIGNATURE, hint=incoming.peer.id, cause=said) from cause


def check_destination(incoming: Incoming) -> None:
    """Meant for this address; by SOAP it need not say so (saml-bindings 3.4.5.2 and 3.5.5.2)."""
    destination = incoming.root.get("Destination")
    if destination is None and isinstance(incoming.sent, SentBySoap):
        return
    if destination != incoming.address:
        raise SluisError(ErrorCode.LOGOUT_DESTINATION, hint=f"Destination is {incoming.address}")


def check_moments(incoming: Incoming) -> None:
    """Made no longer ago than `MAX_AGE`, not in the future, and not past its own NotOnOrAfter (saml-core 3.7.1)."""
    until = incoming.root.get("NotOnOrAfter")
    try:
        age = incoming.now - read_instant(incoming.root.get("IssueInstant", ""))
        over = until is not None and read_instant(until) <= incoming.now - incoming.skew
    except ValueError as cause:
        raise _malformed("a moment") from cause
    if over or not -incoming.skew <= age <= MAX_AGE + incoming.skew:
        raise SluisError(ErrorCode.LOGOUT_STALE, hint="IssueInstant or NotOnOrAfter")


def check_not_replayed(incoming: Incoming) -> None:
    """A message counts once. The only check that leaves something behind: the last."""
    digest = sha256(f"{incoming.peer.metadata.entity_id}\n{incoming.root.get('ID')}".encode()).hexdigest()
    seconds = int((MAX_AGE + 2 * incoming.skew).total_seconds()) + 1
    if not incoming.replay_marks.add(f"logout-message:{digest}", b"1", seconds=seconds):
        raise SluisError(ErrorCode.LOGOUT_REPLAYED)


CHECKS: tuple[Callable[[Incoming], None], ...] = (
    check_size,
    check_presence,
    check_encoding,
    check_safe_xml,
    check_schema,
    check_sender,
    check_signature,
    check_destination,
    check_moments,
    check_not_replayed,
)


def checked(incoming: Incoming) -> Incoming:
    """The message, verified. Raises SluisError LOGOUT_*."""
    for check in CHECKS:
        check(incoming)
    return incoming


def _malformed(hint: str, cause: str = "") -> SluisError:
    return SluisError(ErrorCode.LOGOUT_MALFORMED, hint=hint, cause=cause)
