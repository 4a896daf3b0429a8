"""`sluis vault`: what schools' administrations provisioned of their accounts."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import click

from gateway.cli.database import records_of
from gateway.cli.loading import Configuration, configuration_or_exit, directory_argument, keys_or_exit, settings_or_exit
from gateway.domain.clock import SystemClock, dutch_day
from gateway.domain.randomness import SystemRandomness
from gateway.federation.models import EckIdSource, IdentityProvider, IdpId
from gateway.parts import eck_id_segments, known_as_of, vault_of
from gateway.pseudonyms.derivation import account_hash
from gateway.pseudonyms.vault_file import Line, NoVaultFile, VaultFile
from gateway.pseudonyms.vault_import import VaultImport
from gateway.storage.vault import HeldByAnother, Vault

_AT_ONCE_ON_SQLITE = 200_000
"""Rows; while one transaction writes them nobody can log in, a few seconds at most."""


@click.group("vault")
def command() -> None:
    """What schools' administrations provisioned: ECK iDs of accounts whose identity provider sends none."""


@command.command("import")
@directory_argument
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--idp", required=True, help="Id of the identity provider whose accounts the file names.")
@click.option("--dry-run", is_flag=True, help="Look at every line, and write nothing.")
@click.option("--partial", is_flag=True, help="Write the good lines although others are bad, a batch at a time.")
def import_command(directory: Path, file: Path, idp: str, dry_run: bool, partial: bool) -> None:  # noqa: FBT001
    """Take in FILE: CSV, or JSON lines when its name ends in .jsonl.

    Every bad line is named by its number on standard error; with one nothing is written, unless --partial. Exit 1
    when there was one.
    """
    configuration = configuration_or_exit(directory)
    provider = _provider(configuration, idp)
    segments = eck_id_segments(configuration.settings)
    schools = {brin: configuration.federation.schools[brin] for brin in provider.schools}
    reader = VaultFile(schools, segments)
    with records_of(configuration.settings) as engine, _readable(file):
        vault = vault_of(engine, configuration.keys, SystemRandomness())
        key = configuration.keys.pseudonyms.first
        looked = VaultImport(vault, provider.id, key, _lines(reader, file, "Looking")).examine(_tell)
        click.echo(f"{looked.good} good lines, {looked.bad} bad ones")
        if dry_run or (looked.bad and not partial):
            click.echo("nothing was written")
            sys.exit(1 if looked.bad else 0)
        if not partial and engine.dialect.name == "sqlite" and looked.good > _AT_ONCE_ON_SQLITE:
            click.echo(
                f"more than {_AT_ONCE_ON_SQLITE} lines at once would keep logins waiting on SQLite: use --partial, "
                "which writes them a batch at a time and can be run again",
                err=True,
            )
            sys.exit(1)
        writing = VaultImport(vault, provider.id, key, _lines(reader, file, "Writing"))
        try:
            click.echo(f"{writing.write(at_once=not partial)} entries written")
        except HeldByAnother as cause:
            click.echo(f"meanwhile somebody else wrote: {cause} of its school; run the command again", err=True)
            sys.exit(1)
    sys.exit(1 if looked.bad else 0)


@command.command("status")
@directory_argument
def status_command(directory: Path) -> None:
    """How many entries are in force, for each school."""
    with _vault(directory) as vault:
        counts = vault.counts(today=dutch_day(SystemClock().now()))
    for school, count in counts.items():
        click.echo(f"{school}: {count}")
    click.echo(f"{sum(counts.values())} entries in force")


@command.command("delete")
@directory_argument
@click.option("--idp", required=True, help="Id of the identity provider.")
@click.option("--account", prompt=True, hide_input=True, help="The user id there; asked for when it is not given.")
def delete_command(directory: Path, idp: str, account: str) -> None:
    """Remove the entries of one account. What else is held of a person `sluis forget` finds."""
    key = keys_or_exit(settings_or_exit(directory)).pseudonyms.first
    with _vault(directory) as vault:
        gone = vault.delete(account_hash(key, IdpId(idp), account))
    click.echo(f"{gone} entries removed")
    sys.exit(0 if gone else 1)


@command.command("shred")
@directory_argument
@click.argument("school")
@click.confirmation_option(prompt="Destroy the school's key, so that no copy of its entries can ever be read?")
def shred_command(directory: Path, school: str) -> None:
    """Destroy the key of SCHOOL (its BRIN) and remove its entries."""
    with _vault(directory) as vault:
        click.echo(f"the key is destroyed; {vault.shred(school)} entries removed")


@command.command("reseal")
@directory_argument
def reseal_command(directory: Path) -> None:
    """Seal every school's key, and what services know accounts by, with the active sealing key.

    It can be ended and begun again at any moment.

    Logins go on meanwhile: both keys open what is sealed. A line for each 500 schools says how far it is.
    """
    done = known = 0
    settings = settings_or_exit(directory)
    keys = keys_or_exit(settings)
    with records_of(settings) as engine:
        for some in known_as_of(engine, keys, SystemRandomness()).reseal():
            known += some
            click.echo(f"{known} identifiers of accounts", err=True)
        for done, school in enumerate(vault_of(engine, keys, SystemRandomness()).reseal(), 1):
            if done % 500 == 0:
                click.echo(f"{done} schools, up to {school}", err=True)
    click.echo(f"the keys of {done} schools are sealed with the active key")


@contextmanager
def _vault(directory: Path) -> Iterator[Vault]:
    settings = settings_or_exit(directory)
    keys = keys_or_exit(settings)
    with records_of(settings) as engine:
        yield vault_of(engine, keys, SystemRandomness())


def _provider(configuration: Configuration, idp: str) -> IdentityProvider:
    provider = configuration.federation.identity_providers.get(IdpId(idp))
    if provider is None:
        known = ", ".join(sorted(configuration.federation.identity_providers))
        raise click.BadParameter(f"there is no identity provider {idp}; there is {known}", param_hint="--idp")
    if EckIdSource.VAULT not in provider.eck_id_sources:
        click.echo(
            f"{idp} does not use the vault yet: its entry needs `eck_id: [assertion, vault]` or `[vault]`", err=True
        )
    return provider


@contextmanager
def _readable(file: Path) -> Iterator[None]:
    try:
        yield
    except NoVaultFile as cause:
        click.echo(f"{file}: {cause}; nothing was written", err=True)
        sys.exit(1)


def _lines(reader: VaultFile, file: Path, label: str) -> Callable[[], Iterator[Line]]:
    """The lines, with a bar that grows by the bytes that were read, where somebody looks at it."""
    return partial(_read, reader, file, label)


def _read(reader: VaultFile, file: Path, label: str) -> Iterator[Line]:
    size = file.stat().st_size
    hidden = not sys.stderr.isatty()
    with (
        file.open("rb") as stream,
        click.progressbar(length=size, label=label, file=sys.stderr, hidden=hidden) as bar,
    ):
        told = 0
        for line in reader.lines(stream, as_json=file.suffix == ".jsonl"):
            yield line
            if line.number % 1000 == 0:
                bar.update(stream.tell() - told)
                told = stream.tell()
        bar.update(size - told)


def _tell(number: int, wrong: str) -> None:
    click.echo(f"line {number}: {wrong}", err=True)
