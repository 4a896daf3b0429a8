"""An AuthnRequest on its way through the checks."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from lxml import etree

from gateway.federation.clients import NameIdFormat
from gateway.federation.models import IdpId, Service, ServiceId
from gateway.federation.snapshot import Federation
from gateway.login.messages import LoginRequest
from gateway.saml.idp.reply import Reply
from gateway.saml.idp.transport import Sent
from gateway.saml.redirect import SignedQuery


@dataclass(slots=True, repr=False)
class Incoming:
    """What arrived, and what the checks found out so far; each field says which check fills it in."""

    sent: Sent
    single_sign_on: str
    federation: Federation
    now: datetime
    skew: timedelta
    admit: Callable[[ServiceId], None]

    query: SignedQuery | None = None
    """check_presence, for a request by Redirect."""
    message: str = field(init=False)
    """check_presence: base64, not yet opened."""
    relay_state: str | None = None
    """check_relay_state."""
    xml: bytes = field(init=False)
    """check_encoding."""
    root: etree._Element = field(init=False)
    """check_safe_xml; from check_signature on only what a signature covers, if there is one."""
    service: Service = field(init=False)
    """check_service."""
    signed: bool = False
    """check_signature."""
    consumer: str = field(init=False)
    """check_consumer."""
    name_id: NameIdFormat | None = None
    """check_name_id_policy."""
    contexts: tuple[str, ...] = ()
    """check_authentication_context."""
    idps: tuple[IdpId, ...] = ()
    """check_idp_list."""
    requesters: tuple[str, ...] = ()
    """check_requesters."""

    def login_request(self) -> LoginRequest:
        """What the service asks, as far as it was understood; possible once its consumer is known."""
        name_id = self.name_id or self.service.saml.name_id
        return LoginRequest(
            service=self.service.id,
            reply=Reply(self.root.get("ID"), self.consumer, self.relay_state, name_id).dump(),
            force=self._flag("ForceAuthn"),
            passive=self._flag("IsPassive"),
            contexts=self.contexts,
            idps=self.idps,
            requesters=self.requesters,
        )

    def _flag(self, attribute: str) -> bool:
        return self.root.get(attribute, "").strip() in {"true", "1"}


def whole_number(text: str | None) -> str | None:
    """A non-negative integer that the schema has checked, in its shortest form; it may have any number of digits."""
    return None if text is None else text.strip().lstrip("+-0") or "0"
