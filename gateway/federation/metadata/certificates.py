"""Certificates that an operator names, as carriers of the keys that sign metadata."""

from pathlib import Path

from cryptography import x509

from gateway.federation.metadata.document import MetadataRejected


def certificate(path: Path, *, key: str) -> x509.Certificate:
    """The certificate in a PEM file, which the configuration names with this key. Raises MetadataRejected."""
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except OSError as cause:
        raise MetadataRejected(f"{key} {path.name} cannot be read: {cause.strerror}") from None
    except ValueError:
        raise MetadataRejected(f"{key} {path.name} is not a certificate in PEM") from None
