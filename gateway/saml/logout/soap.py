"""Logout messages by SOAP 1.1 (saml-bindings 3.2), without the browser."""

from datetime import datetime

from lxml import etree

from gateway.federation.metadata.entities import SpMetadata
from gateway.saml.schemas import schema
from gateway.saml.status import SUCCESS
from gateway.xml.namespaces import DS, SAML, SAMLP, name
from gateway.xml.parsing import XmlRejected, parse
from gateway.xml.signatures import SignatureRejected, verify

ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP_HEADERS = {
    "Content-Type": "text/xml; charset=utf-8",
    "SOAPAction": '"http://www.oasis-open.org/committees/security"',
}
_LIMIT = 64 * 1024


def enveloped(message: etree._Element) -> bytes:
    """The message in an envelope; its octets stay what was signed."""
    return b'<soap:Envelope xmlns:soap="%b"><soap:Body>%b</soap:Body></soap:Envelope>' % (
        ENVELOPE.encode(),
        etree.tostring(message),
    )


def succeeded(body: bytes, request: str, peer: SpMetadata, now: datetime) -> bool:
    """Whether this is the peer's own signed word that it ended the sessions of this request, and all of them."""
    if peer.valid_until is not None and now >= peer.valid_until:
        return False
    try:
        found = parse(body, limit=_LIMIT).find(f"{name(ENVELOPE, 'Body')}/{name(SAMLP, 'LogoutResponse')}")
        if found is None:
            return False
        root = etree.fromstring(etree.tostring(found, with_tail=False))
        if not schema().validate(root) or any(one.getparent() is not root for one in root.iter(name(DS, "Signature"))):
            return False
        response = verify(root, peer.certificates)
    except (XmlRejected, SignatureRejected):
        return False
    status = response.find(f"{name(SAMLP, 'Status')}/{name(SAMLP, 'StatusCode')}")
    return (
        response.get("InResponseTo") == request
        and (response.findtext(name(SAML, "Issuer")) or "").strip() == peer.entity_id
        and status is not None
        and status.get("Value") == SUCCESS.top
        and len(status) == 0
    )
