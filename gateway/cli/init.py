"""`sluis init DIR --base-url URL`: a complete configuration with fresh keys."""

import os
import sys
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit

import click
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from pydantic import TypeAdapter, ValidationError

from gateway.settings.fields import BaseUrl, is_loopback

_YEARS = 3
_STARTER = files("gateway.cli") / "starter"


@click.command("init")
@click.argument("directory", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--base-url", required=True, help="Public address, such as https://login.example.nl.")
@click.option("--rsa-bits", type=click.Choice(["2048", "3072"]), default="3072", show_default=True)
@click.option("--environment", type=click.Choice(["production", "test"]), default="production", show_default=True)
def command(directory: Path, base_url: str, rsa_bits: str, environment: str) -> None:
    """Write a commented configuration with fresh keys into DIR, which is empty or not there yet."""
    try:
        TypeAdapter(BaseUrl).validate_python(base_url)
    except ValidationError as cause:
        raise click.BadParameter(str(cause.errors()[0]["msg"]), param_hint="--base-url") from cause
    if directory.exists() and any(directory.iterdir()):
        click.echo(f"{directory} is not empty", err=True)
        sys.exit(1)
    write_configuration(directory, base_url=base_url, rsa_bits=int(rsa_bits), environment=environment)
    click.echo(f"wrote {directory}; now `sluis check {directory}`, then `sluis serve {directory}`")


def write_configuration(directory: Path, *, base_url: str, rsa_bits: int, environment: str) -> None:
    """Write `gateway.yaml`, `policy.yaml`, examples of every kind of entry, and the keys (mode 0600)."""
    host, port = urlsplit(base_url).hostname, urlsplit(base_url).port
    listen = f"{host}:{port or 80}" if is_loopback(host) else "127.0.0.1:8080"
    directory.mkdir(parents=True, exist_ok=True)
    template = (_STARTER / "gateway.yaml").read_text("utf-8")
    text = template.format(base_url=base_url, listen=listen, environment=environment)
    (directory / "gateway.yaml").write_text(text, "utf-8")
    (directory / "policy.yaml").write_text((_STARTER / "policy.yaml").read_text("utf-8"), "utf-8")
    for entry in (_STARTER / "entries.txt").read_text("utf-8").split("== ")[1:]:
        name, _, content = entry.partition("\n")
        path = directory / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content, "utf-8")
    write_keys(directory / "keys", host=host or "sluis", rsa_bits=rsa_bits)


def write_keys(directory: Path, *, host: str, rsa_bits: int) -> None:
    """Two SAML keys with self-signed certificates of three years (in use, and next), a sealing and a pseudonym key."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    for number in (1, 2):
        key = rsa.generate_private_key(public_exponent=65537, key_size=rsa_bits)
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        _write_secret(directory / f"saml-{number}.key", pem)
        certificate = self_signed(key, f"{host} SAML {number}")
        (directory / f"saml-{number}.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    for name in ("sealing-1", "pseudonyms-1"):
        _write_secret(directory / f"{name}.secret", b64encode(os.urandom(32)) + b"\n")


def self_signed(key: rsa.RSAPrivateKey, name: str) -> x509.Certificate:
    """A certificate as a carrier of this key."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=365 * _YEARS))
        .sign(key, hashes.SHA256())
    )


def _write_secret(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
