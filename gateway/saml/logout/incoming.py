"""A logout message of a service or an identity provider on its way through the checks."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from lxml import etree

from gateway.federation.metadata.entities import IdpMetadata, SpMetadata
from gateway.saml.idp.transport import SentByPost, SentByRedirect
from gateway.saml.redirect import Parameter, SignedQuery
from gateway.storage.contracts import ShortLivedStore


@dataclass(frozen=True, slots=True)
class SentBySoap:
    """The body of a POST of text/xml (saml-bindings 3.2)."""

    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Peer:
    """Who sent it: the id of an entry, and the metadata that says how it signs and where it is answered."""

    id: str
    metadata: SpMetadata | IdpMetadata


@dataclass(slots=True, repr=False)
class Incoming:
    """What arrived, and what the checks found out so far; each field says which check fills it in."""

    sent: SentByRedirect | SentByPost | SentBySoap
    parameter: Parameter
    address: str
    peers: Callable[[str], Peer | None]
    now: datetime
    skew: timedelta
    replay_marks: ShortLivedStore

    query: SignedQuery | None = None
    """check_presence, for a message by Redirect."""
    message: str = field(init=False)
    """check_presence: base64, not yet opened."""
    relay_state: str | None = None
    """check_presence."""
    xml: bytes = field(init=False)
    """check_encoding."""
    root: etree._Element = field(init=False)
    """check_safe_xml; from check_signature on only what the signature covers."""
    peer: Peer = field(init=False)
    """check_sender."""
