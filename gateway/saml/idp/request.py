"""The checks of an AuthnRequest, in their order, shared by both bindings (saml-core 3.4.1, saml-profiles 4.1.4)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from gateway.domain.clock import Clock
from gateway.domain.errors import SluisError
from gateway.federation.models import ServiceId
from gateway.federation.snapshot import Federation
from gateway.login.messages import LoginRequest
from gateway.saml.idp import sender, wishes
from gateway.saml.idp.incoming import Incoming
from gateway.saml.idp.transport import Sent

Check = Callable[[Incoming], None]

SENDER: tuple[Check, ...] = (
    sender.check_size,
    sender.check_presence,
    sender.check_relay_state,
    sender.check_encoding,
    sender.check_safe_xml,
    sender.check_schema,
    sender.check_service,
    sender.check_service_metadata,
    sender.check_signature,
    sender.check_destination,
    sender.check_consumer,
    sender.check_room,
)
"""Whoever fails one of these gets a page: there is nobody yet who may be answered."""

WISHES: tuple[Check, ...] = (
    wishes.check_issue_instant,
    wishes.check_no_subject,
    wishes.check_name_id_policy,
    wishes.check_authentication_context,
    wishes.check_proxy_count,
    wishes.check_idp_list,
    wishes.check_requesters,
)
"""Whoever fails one of these is a service that we know, at an address of its own: it can be told by a SAML status."""


@dataclass(frozen=True, slots=True)
class NotGranted:
    """A request of a known service that is refused; `request` is as much of it as was understood."""

    request: LoginRequest
    error: SluisError


def check_request(
    sent: Sent,
    *,
    federation: Federation,
    single_sign_on: str,
    clock: Clock,
    skew: timedelta,
    admit: Callable[[ServiceId], None],
) -> LoginRequest | NotGranted:
    """What a service asks, checked.

    `single_sign_on` is the address that it arrived at, `skew` how far a service's clock may be from ours.
    `admit` counts the logins that begin at a service, and raises Busy when they are too many.
    Raises SluisError REQUEST_* as long as nobody can be answered.
    """
    incoming = Incoming(sent, single_sign_on, federation, clock.now(), skew, admit)
    try:
        for check in SENDER:
            check(incoming)
    except SluisError as error:
        error.service = incoming.service.id if hasattr(incoming, "service") else ""
        raise
    try:
        for check in WISHES:
            check(incoming)
    except SluisError as error:
        return NotGranted(incoming.login_request(), error)
    return incoming.login_request()
