"""What a service checks in an answer before it believes it, and what it then reads."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from lxml import etree

from gateway.domain.errors import PeerStatus
from gateway.saml.instants import read_instant
from gateway.saml.status import STATUSES, SUCCESS, Status
from gateway.xml.namespaces import SAML, SAMLP, name
from gateway.xml.parsing import XmlRejected, parse
from gateway.xml.signatures import SignatureRejected, verify

_LIMIT = 200_000
_MEANINGS = {
    STATUSES[PeerStatus.AUTHENTICATION_FAILED]: "The school did not log you in, or it was cancelled.",
    STATUSES[PeerStatus.NO_PASSIVE]: "Nobody could be logged in without asking something.",
    STATUSES[PeerStatus.NO_AUTHENTICATION_CONTEXT]: "The school did not log you in the way that was asked for.",
    STATUSES[PeerStatus.NO_AVAILABLE_IDP]: "None of the schools that were named takes part.",
    STATUSES[PeerStatus.REQUEST_DENIED]: "Nothing may be passed on about you: your school has not agreed to it.",
    STATUSES[PeerStatus.TEMPORARILY_UNAVAILABLE]: "Nobody can be logged in right now.",
}


class NotBelieved(Exception):
    """An answer that the service does not take; the text says why."""


class NotLoggedIn(Exception):
    """An answer that says no: what it means, and the status codes without their prefix."""

    def __init__(self, meaning: str, codes: str) -> None:
        super().__init__(meaning, codes)
        self.meaning = meaning
        self.codes = codes


@dataclass(frozen=True, slots=True)
class Received:
    """What a service got."""

    name_id: str
    name_id_format: str
    session_index: str
    attributes: tuple[tuple[str, tuple[str, ...]], ...]


def receive(
    message: bytes,
    *,
    certificates: Sequence[x509.Certificate],
    expected_requests: set[str],
    expected_audience: str,
    expected_recipient: str,
    now: datetime,
) -> Received:
    """What the answer says. Raises NotBelieved or NotLoggedIn; an answer that was taken is not expected any more."""
    try:
        response = verify(parse(message, limit=_LIMIT), certificates)
    except (XmlRejected, SignatureRejected) as cause:
        raise NotBelieved("it is not signed by the gateway") from cause
    asked = response.get("InResponseTo", "")
    if asked not in expected_requests:
        raise NotBelieved("nobody asked for it")
    if response.get("Destination") != expected_recipient:
        raise NotBelieved("it is addressed elsewhere")
    expected_requests.discard(asked)
    _check_status([code.get("Value", "") for code in response.iter(name(SAMLP, "StatusCode"))])
    _check_conditions(response, expected_audience, expected_recipient, now)
    return _read(response)


def _check_status(codes: list[str]) -> None:
    status = Status(*codes[:2])
    if status != SUCCESS:
        said = ", ".join(code.rpartition(":")[2] for code in codes)
        raise NotLoggedIn(_MEANINGS.get(status, "What the service asked for cannot be had."), said)


def _check_conditions(response: etree._Element, audience: str, recipient: str, now: datetime) -> None:
    if [one.text for one in response.iter(name(SAML, "Audience"))] != [audience]:
        raise NotBelieved("it is meant for another service")
    confirmed = next(response.iter(name(SAML, "SubjectConfirmationData")))
    if confirmed.get("Recipient") != recipient:
        raise NotBelieved("it is addressed elsewhere")
    conditions = next(response.iter(name(SAML, "Conditions")))
    if now >= min(read_instant(one.get("NotOnOrAfter", "")) for one in (confirmed, conditions)):
        raise NotBelieved("it came too late")


def _read(response: etree._Element) -> Received:
    name_id = next(response.iter(name(SAML, "NameID")))
    return Received(
        name_id=name_id.text or "",
        name_id_format=name_id.get("Format", "").rpartition(":")[2],
        session_index=next(response.iter(name(SAML, "AuthnStatement"))).get("SessionIndex", ""),
        attributes=tuple(
            (attribute.get("Name", ""), tuple(value.text or "" for value in attribute))
            for attribute in response.iter(name(SAML, "Attribute"))
        ),
    )
