"""`sluis init DIR --base-url URL`: a complete configuration with fresh keys."""

import sys
from importlib.resources import files
from pathlib import Path
from string import Template
from urllib.parse import urlsplit

import click
from pydantic import TypeAdapter, ValidationError

from gateway.cli.fresh_keys import Wanted, write_keys, write_missing_keys
from gateway.cli.key_material import KeyKind
from gateway.cli.loading import show
from gateway.domain.clock import SystemClock
from gateway.settings.fields import BaseUrl
from gateway.settings.loader import read

_STARTER = files("gateway.cli") / "starter"


@click.command("init")
@click.argument("directory", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--base-url", help="Public address, such as https://login.example.nl.")
@click.option(
    "--rsa-bits",
    type=click.Choice(["2048", "3072", "4096"]),
    default="3072",
    show_default=True,
    help="Length of the RSA keys that are made.",
)
@click.option(
    "--saml-signing",
    type=click.Choice(["rsa", KeyKind.P_256.value, KeyKind.P_384.value]),
    default="rsa",
    show_default=True,
    help="Kind of the keys that sign SAML. Not every peer can read ECDSA; encryption keys are RSA always.",
)
@click.option(
    "--environment",
    type=click.Choice(["production", "test"]),
    default="production",
    show_default=True,
    help="What the gateway is for; `environment` in gateway.yaml.",
)
@click.option("--keys-only", is_flag=True, help="Only make the keys that the configuration in DIR names and lacks.")
def command(
    directory: Path, base_url: str | None, rsa_bits: str, saml_signing: str, environment: str, *, keys_only: bool
) -> None:
    """Write a commented configuration with fresh keys into DIR, which is empty or not there yet."""
    saml = None if saml_signing == "rsa" else KeyKind(saml_signing)
    if keys_only:
        _complete_keys(directory, rsa_bits=int(rsa_bits), saml=saml)
        return
    if base_url is None:
        raise click.UsageError("--base-url says what the public address is going to be")
    try:
        TypeAdapter(BaseUrl).validate_python(base_url)
    except ValidationError as cause:
        why = cause.errors()[0]["ctx"]["error"]
        raise click.BadParameter(str(why), param_hint="--base-url") from cause
    if directory.exists() and any(directory.iterdir()):
        click.echo(f"{directory} is not empty: nothing was written", err=True)
        sys.exit(1)
    write_configuration(directory, base_url=base_url, rsa_bits=int(rsa_bits), saml=saml, environment=environment)
    click.echo(f"wrote {directory}; now `sluis check {directory}`, then `sluis serve {directory}`")
    if environment == "test":
        click.echo(f"a test school and a test service to log in with: `python -m gateway.demo.beside {directory}`")


def write_configuration(
    directory: Path, *, base_url: str, rsa_bits: int, environment: str, saml: KeyKind | None = None
) -> None:
    """Write `gateway.yaml`, `keys.yaml`, `policy.yaml`, examples of every kind of entry, and the keys (mode 0600).

    `saml` is the kind of the keys that sign SAML; None: RSA, as the others.
    """
    parts = urlsplit(base_url)
    # Without TLS nobody stands in front: the gateway itself answers at its public address.
    listen = f"{parts.netloc}{'' if parts.port else ':80'}" if parts.scheme == "http" else "127.0.0.1:8080"
    directory.mkdir(parents=True, exist_ok=True)
    template = Template((_STARTER / "gateway.yaml").read_text("utf-8"))
    text = template.substitute(base_url=base_url, listen=listen, environment=environment)
    (directory / "gateway.yaml").write_text(text, "utf-8")
    (directory / "policy.yaml").write_text((_STARTER / "policy.yaml").read_text("utf-8"), "utf-8")
    for entry in (_STARTER / "entries.txt").read_text("utf-8").split("== ")[1:]:
        name, _, content = entry.partition("\n")
        path = directory / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content, "utf-8")
    rsa = KeyKind(f"rsa-{rsa_bits}")
    write_keys(directory, Wanted(parts.hostname or "", rsa, saml or rsa), clock=SystemClock())


def _complete_keys(directory: Path, *, rsa_bits: int, saml: KeyKind | None) -> None:
    settings, problems = read(directory)
    if settings is None:
        show(problems)
        sys.exit(1)
    made = False
    try:
        for name in write_missing_keys(settings, rsa_bits=rsa_bits, saml=saml):
            click.echo(f"made {name}")
            made = True
    except (ValueError, OSError) as cause:
        click.echo(f"keys.yaml: {cause}", err=True)
        sys.exit(1)
    if not made:
        click.echo("no key to make")
