"""`sluis forget DIR --idp ID --account USER`: erase what is held of one person."""

import sys
from contextlib import closing
from pathlib import Path

import click

from gateway.cli.database import records_of
from gateway.cli.loading import directory_argument, keys_or_exit, settings_or_exit
from gateway.domain.clock import SystemClock
from gateway.domain.randomness import SystemRandomness
from gateway.federation.models import IdpId
from gateway.pseudonyms.derivation import account_hash
from gateway.storage.erasure import Erasure
from gateway.storage.ledger import SqlLedger


@click.command("forget")
@directory_argument
@click.option("--idp", required=True, help="Id of the identity provider.")
@click.option("--account", prompt=True, hide_input=True, help="The user id there; asked for when it is not given.")
@click.option("--delete", "delete_them", is_flag=True, help="Erase; without it the command only counts.")
def command(directory: Path, idp: str, account: str, delete_them: bool) -> None:  # noqa: FBT001
    """Count, or erase, what the lasting records hold of one person, and search them all afterwards.

    Exit 1 when a trace is left. What is short-lived is sealed, and ends by itself.
    """
    settings = settings_or_exit(directory)
    keys = keys_or_exit(settings)
    known = account_hash(keys.pseudonyms.first, IdpId(idp), account)
    clock = SystemClock()
    with (
        records_of(settings) as engine,
        closing(SqlLedger(engine, key=keys.ledger.active, clock=clock, randomness=SystemRandomness())) as ledger,
    ):
        erasure = Erasure(engine, ledger, keys.ledger.all)
        done = erasure.forget(known, now=clock.now()) if delete_them else erasure.count(known)
    what = "erased" if delete_them else "to be erased with --delete"
    click.echo(
        f"ledger: {done.ledger} rows, anomalies: {done.anomalies}, subjects: {done.subjects}, "
        f"vault: {done.vault} {what}"
    )
    if delete_them:
        for place in done.left:
            click.echo(f"a trace is left in {place}", err=True)
        if not done.left:
            click.echo("searched every table afterwards: nothing of this person is left")
    sys.exit(1 if done.left else 0)
