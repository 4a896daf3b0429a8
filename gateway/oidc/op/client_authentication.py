"""How a client proves who it is: at the token, introspection and revocation endpoints (RFC 6749 2.3, OpenID Core 9)."""

import hmac
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import unquote_plus

from gateway.domain.clock import Clock
from gateway.domain.errors import ErrorCode, SluisError
from gateway.federation.clients import ClientAuthentication
from gateway.federation.snapshot import Federation
from gateway.oidc.op.assertions import ASSERTION_TYPE, Assertions, subject_of
from gateway.oidc.op.called import Called
from gateway.oidc.op.certificates import ClientCertificates, is_named, read_certificate

MAX_CREDENTIAL = 200
"""Characters of a client id or a secret."""


@dataclass(frozen=True, slots=True)
class Clients:
    """What the checks need to know."""

    federation: Federation
    assertions: Assertions
    certificates: ClientCertificates | None
    clock: Clock

    def authenticate(self, called: Called) -> None:
        """Run the checks. Raises SluisError CLIENT_AUTHENTICATION, REQUEST_MALFORMED or REQUEST_MISSING."""
        for check in CHECKS:
            check(self, called)


def check_doubled(_: Clients, called: Called) -> None:
    """No parameter stands there twice (RFC 6749 3.2)."""
    called.parameters.check_once()


def check_one_method(clients: Clients, called: Called) -> None:
    """One way of authenticating, no more (RFC 6749 2.3), and one client id."""
    sent = called.parameters
    used = {
        ClientAuthentication.CLIENT_SECRET_BASIC: called.transport.authorization is not None,
        ClientAuthentication.CLIENT_SECRET_POST: "client_secret" in sent,
        ClientAuthentication.PRIVATE_KEY_JWT: "client_assertion" in sent or "client_assertion_type" in sent,
    }
    methods = [method for method, is_used in used.items() if is_used]
    if len(methods) > 1:
        raise SluisError(ErrorCode.REQUEST_MALFORMED, hint="one way of authenticating a client, no more")
    named = sent.get("client_id")
    called.method = methods[0] if methods else _silent(clients, named)
    if called.method is ClientAuthentication.CLIENT_SECRET_BASIC:
        called.client_id, called.credential = _basic(called.transport.authorization or "")
    elif called.method is ClientAuthentication.PRIVATE_KEY_JWT:
        if sent.get("client_assertion_type") != ASSERTION_TYPE or "client_assertion" not in sent:
            raise SluisError(
                ErrorCode.REQUEST_MALFORMED, hint=f"client_assertion with client_assertion_type {ASSERTION_TYPE}"
            )
        called.credential = sent.values["client_assertion"]
        called.client_id = subject_of(called.credential)
    elif named is not None:
        called.client_id, called.credential = named, sent.get("client_secret") or ""
    else:
        raise _refused("client authentication is missing")
    if named not in (None, called.client_id):
        raise SluisError(ErrorCode.REQUEST_MALFORMED, hint="client_id names another client")


def check_client(clients: Clients, called: Called) -> None:
    """A relying party of this federation."""
    service = clients.federation.service_by_client_id.get(called.client_id)
    if service is None:
        raise _refused("no client has this client_id")
    called.service = service


def check_method(_: Clients, called: Called) -> None:
    """A way that this client's entry allows: a client with keys cannot fall back to a secret, or to nothing."""
    if called.method not in called.client.authentication:
        allowed = ", ".join(sorted(called.client.authentication))
        raise _refused(f"this client authenticates by {allowed}")


def check_credential(clients: Clients, called: Called) -> None:
    """The secret or the assertion is right."""
    METHODS[called.method](clients, called)


def _secret(_: Clients, called: Called) -> None:
    """Compared as hashes, in constant time, with each of the client's."""
    hashed = sha256(called.credential.encode()).hexdigest()
    found = [hmac.compare_digest(hashed, known) for known in called.client.secret_hashes]
    if not any(found) or len(called.credential) > MAX_CREDENTIAL:
        raise _refused("this is not the client secret")


def _assertion(clients: Clients, called: Called) -> None:
    clients.assertions.check(called.credential, called.client)


def _silent(clients: Clients, named: str | None) -> ClientAuthentication:
    """Nothing in the request proves a client: its connection may, or it is a public one."""
    service = clients.federation.service_by_client_id.get(named or "")
    by_certificate = service is not None and ClientAuthentication.TLS_CLIENT_AUTH in service.oidc.authentication
    return ClientAuthentication.TLS_CLIENT_AUTH if by_certificate else ClientAuthentication.NONE


def _certificate(clients: Clients, called: Called) -> None:
    """The connection's certificate is of an authority that is known here, and has the client's name in it."""
    header, name = called.transport.certificate, called.client.certificate_name
    if clients.certificates is None or header is None or name is None:
        raise _refused("no certificate")
    try:
        certificate = read_certificate(header)
        clients.certificates.check(certificate, clients.clock.now())
    except ValueError as cause:
        raise _refused(str(cause)) from cause
    if not is_named(certificate, name):
        raise _refused("the certificate has another name in it")


def _nothing(_: Clients, called: Called) -> None:
    """A public client proves nothing; its codes are bound by PKCE."""


METHODS: dict[ClientAuthentication, Callable[[Clients, Called], None]] = {
    ClientAuthentication.CLIENT_SECRET_BASIC: _secret,
    ClientAuthentication.CLIENT_SECRET_POST: _secret,
    ClientAuthentication.PRIVATE_KEY_JWT: _assertion,
    ClientAuthentication.TLS_CLIENT_AUTH: _certificate,
    ClientAuthentication.NONE: _nothing,
}
"""How each way is checked."""

CHECKS: tuple[Callable[[Clients, Called], None], ...] = (
    check_doubled,
    check_one_method,
    check_client,
    check_method,
    check_credential,
)
"""The same at every endpoint for clients."""


def _basic(header: str) -> tuple[str, str]:
    """Id and secret of an Authorization header, each encoded as in a form before base64 (RFC 6749 2.3.1)."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        raise _refused("the Authorization header is not Basic")
    try:
        text = b64decode(encoded.strip(), validate=True).decode()
    except (NotBase64, ValueError):
        raise _refused("the Authorization header is not Basic") from None
    name, _, secret = text.partition(":")
    return unquote_plus(name), unquote_plus(secret)


def _refused(hint: str) -> SluisError:
    return SluisError(ErrorCode.CLIENT_AUTHENTICATION, hint=hint)
