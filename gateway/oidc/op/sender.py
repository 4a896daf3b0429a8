"""Who asks, and where may the answer go? Until both are known, a page is the only answer."""

from urllib.parse import urlsplit

from gateway.domain.errors import ErrorCode, SluisError
from gateway.observability import reference
from gateway.oidc.op.incoming import Incoming
from gateway.oidc.op.parameters import Parameters
from gateway.oidc.op.pushed import is_pushed
from gateway.settings.redirect_uris import MAX_LENGTH, is_loopback_uri


def check_client(incoming: Incoming) -> None:
    """`client_id` is given once, and is a relying party of this federation."""
    service = incoming.federation.service_by_client_id.get(_one(incoming.parameters, "client_id"))
    if service is None:
        raise SluisError(ErrorCode.REQUEST_SERVICE_UNKNOWN, hint="no client has this client_id")
    incoming.service = service


def check_room(incoming: Incoming) -> None:
    """Not too many logins begin at this service. What was pushed is not spent before; it counts when it is used."""
    if not incoming.pushed:
        incoming.admit(incoming.service.id)


def check_pushed(incoming: Incoming) -> None:
    """What the client pushed takes the place of what the browser brought: nothing else of that counts (RFC 9126 4).

    The reference of the push is the login's.
    """
    if "request_uri" not in incoming.parameters or not is_pushed(_one(incoming.parameters, "request_uri")):
        return
    found = incoming.kept.take(incoming.client.client_id, incoming.parameters.values["request_uri"])
    if found is None:
        raise SluisError(ErrorCode.REQUEST_URI_UNKNOWN, hint="the request_uri is unknown, of another client, or over")
    reference.bind(found.reference or reference.current())
    incoming.parameters, incoming.pushed, incoming.signed = found.parameters, True, True


def check_request_object(incoming: Incoming) -> None:
    """What a client with keys signed takes the place of what stands beside it (RFC 9101 6.3)."""
    if "request" in incoming.parameters and incoming.client.jwks is not None:
        incoming.parameters = incoming.objects.read(_one(incoming.parameters, "request"), incoming.client)
        incoming.signed = True


def check_redirect_uri(incoming: Incoming) -> None:
    """`redirect_uri` is given once, and is registered: the same to the letter (RFC 9700 4.1.3).

    Of a native client, an address on the loopback interface may have any port (RFC 8252 7.3).
    """
    asked = _one(incoming.parameters, "redirect_uri")
    client = incoming.client
    if not is_registered(asked, client.redirect_uris, native=client.native):
        raise SluisError(ErrorCode.REQUEST_REDIRECT_URI, hint=f"not a redirect_uri of {incoming.service.id}")
    incoming.redirect_uri = asked


def is_registered(asked: str, registered: tuple[str, ...], *, native: bool) -> bool:
    """Whether an address is one of those that were registered."""
    if len(asked) > MAX_LENGTH:
        return False
    return asked in registered or (native and any(_but_for_port(asked, one) for one in registered))


def _but_for_port(asked: str, registered: str) -> bool:
    if not is_loopback_uri(registered):
        return False
    known = urlsplit(registered)
    host = f"[{known.hostname}]" if ":" in (known.hostname or "") else known.hostname or ""
    before, after = f"http://{host}:", registered[len(f"http://{known.netloc}") :]
    port = asked.removeprefix(before).removesuffix(after)
    # Put together again it must be what was asked: nothing else can hide around the port.
    return (
        port.isascii()
        and port.isdigit()
        and len(port) <= 5
        and 0 < int(port) < 65536
        and asked == before + port + after
    )


def _one(parameters: Parameters, name: str) -> str:
    if name in parameters.doubled:
        raise SluisError(ErrorCode.REQUEST_MALFORMED, hint=f"{name} stands there twice")
    value = parameters.get(name)
    if value is None:
        raise SluisError(ErrorCode.REQUEST_MISSING, hint=f"{name} is missing")
    return value
