"""TLS in front of a server that speaks none: handshakes as real ones are, plain octets behind it."""

import datetime as dt
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.support.child_process import Address, free_address


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate authority of the test, with its files in a directory."""

    directory: Path
    name: str

    @property
    def ca(self) -> Path:
        return self.directory / f"{self.name}.pem"

    def issue(self, name: str, *hosts: str) -> tuple[Path, Path]:
        """Certificate and key of somebody, for these hosts and IP addresses."""
        issuer = x509.load_pem_x509_certificate(self.ca.read_bytes())
        key = ec.generate_private_key(ec.SECP256R1())
        others = [x509.SubjectAlternativeName([_general_name(one) for one in hosts])] if hosts else []
        certificate = _certificate(name, issuer.subject, key, self._key(), *others)
        return _written(self.directory / f"{self.name}-{name}", certificate, key)

    def _key(self) -> ec.EllipticCurvePrivateKey:
        return _KEYS[self.directory / self.name]


_KEYS: dict[Path, ec.EllipticCurvePrivateKey] = {}


def authority(directory: Path, name: str) -> Authority:
    key = _KEYS[directory / name] = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = _certificate(name, subject, key, key, x509.BasicConstraints(ca=True, path_length=None))
    _written(directory / name, made, key)
    return Authority(directory, name)


@contextmanager
def tls_front(behind: Address, certificate: Path, key: Path, *, clients_of: Path | None = None) -> Iterator[Address]:
    """Listens with this certificate; with `clients_of`, only for clients with one of that authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    if clients_of is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(clients_of)
    address = free_address("127.0.0.1")
    with socket.create_server((address.host, address.port)) as listening:
        threading.Thread(target=_accept, args=(listening, context, behind), daemon=True).start()
        yield address


def _accept(listening: socket.socket, context: ssl.SSLContext, behind: Address) -> None:
    with suppress(OSError):
        while True:
            came, _ = listening.accept()
            threading.Thread(target=_serve, args=(came, context, behind), daemon=True).start()


def _serve(came: socket.socket, context: ssl.SSLContext, behind: Address) -> None:
    with (
        suppress(OSError),
        socket.create_connection((behind.host, behind.port)) as server,
        context.wrap_socket(came, server_side=True) as client,
    ):
        threading.Thread(target=_pump, args=(server, client), daemon=True).start()
        _pump(client, server)


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while octets := source.recv(65536):
            target.sendall(octets)


def _certificate(
    name: str,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
    *extensions: x509.ExtensionType,
) -> x509.Certificate:
    now = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
    )
    for one in extensions:
        builder = builder.add_extension(one, critical=False)
    return builder.sign(signer, hashes.SHA256())


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _written(stem: Path, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> tuple[Path, Path]:
    crt, pem = stem.with_suffix(".pem"), stem.with_suffix(".key")
    crt.write_bytes(certificate.public_bytes(Encoding.PEM))
    pem.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return crt, pem
