"""Who may issue the certificates of clients, as it is read and checked."""

from collections.abc import Iterator

from cryptography import x509

from gateway.settings.loader import Settings
from gateway.settings.problems import Problem


def authorities(settings: Settings) -> tuple[x509.Certificate, ...]:
    """The certificates in the file of `client_certificates`; none without one.

    Raises ValueError, with what is wrong, when the file cannot be used.
    """
    entry = settings.gateway.client_certificates
    if entry is None or entry.authorities is None:
        return ()
    try:
        found = tuple(x509.load_pem_x509_certificates((settings.directory / entry.authorities).read_bytes()))
    except OSError as cause:
        raise ValueError(f"{entry.authorities}: the file cannot be read: {cause.strerror}") from cause
    except ValueError:
        raise ValueError(f"{entry.authorities}: no certificates in PEM") from None
    for number, one in enumerate(found, start=1):
        if not _is_authority(one):
            raise ValueError(f"{entry.authorities}: certificate {number} is not one of an authority")
    return found


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, ValueError):
        return False


def check_client_certificates(settings: Settings) -> Iterator[Problem]:
    """What keeps the gateway from learning of certificates, or from knowing whom to believe."""
    if settings.gateway.client_certificates is None:
        return
    document = settings.gateway_document
    if not settings.gateway.trusted_proxies:
        what = "no proxy is believed about certificates: trusted_proxies is empty"
        yield Problem(document.place(("client_certificates",)), what, "name the addresses of the proxy there")
    try:
        authorities(settings)
    except ValueError as cause:
        yield Problem(document.place(("client_certificates", "authorities")), str(cause))
