"""`sluis forget DIR --idp ID --account USER`: erase what is held of one person."""

import sys
from contextlib import closing
from pathlib import Path

import click

from gateway.cli.database import records_of
from gateway.cli.loading import Configuration, configuration_or_exit, directory_argument
from gateway.domain.clock import SystemClock
from gateway.domain.errors import SluisError
from gateway.domain.randomness import SystemRandomness
from gateway.federation.models import IdpId
from gateway.login.forgetting import Forgetting, ForgottenLogins
from gateway.parts import parts_of, registry_of
from gateway.pseudonyms.derivation import account_hash
from gateway.storage.erasure import Erasure
from gateway.storage.ledger import SqlLedger


@click.command("forget")
@directory_argument
@click.option("--idp", required=True, help="Id of the identity provider.")
@click.option("--account", prompt=True, hide_input=True, help="The user id there; asked for when it is not given.")
@click.option("--delete", "delete_them", is_flag=True, help="Erase; without it the command only counts.")
def command(directory: Path, idp: str, account: str, delete_them: bool) -> None:  # noqa: FBT001
    """Count, or erase, what is held of one person, and search all of it afterwards; exit 1 when a trace is left.

    Logins of the person end first, so that nothing new comes of them.
    """
    configuration = configuration_or_exit(directory)
    settings, keys = configuration.settings, configuration.keys
    known = account_hash(keys.pseudonyms.first, IdpId(idp), account)
    clock = SystemClock()
    with (
        records_of(settings) as engine,
        closing(SqlLedger(engine, key=keys.ledger.active, clock=clock, randomness=SystemRandomness())) as ledger,
    ):
        logins = _logins(configuration, IdpId(idp), account, delete_them=delete_them)
        erasure = Erasure(engine, ledger, keys.ledger.all)
        done = erasure.forget(known, now=clock.now()) if delete_them else erasure.count(known)
    what = "erased" if delete_them else "to be erased with --delete"
    click.echo(
        f"ledger: {done.ledger} rows, anomalies: {done.anomalies}, subjects: {done.subjects}, "
        f"vault: {done.vault}, links: {done.links}, consents: {done.consents}, "
        f"visits: {logins.visits} with {logins.logins} logins {what}"
    )
    if delete_them:
        places = [*done.left, *(["the short-lived store"] if logins.left else [])]
        for place in places:
            click.echo(f"a trace is left in {place}", err=True)
        if not places:
            click.echo("searched every table and the short-lived store afterwards: nothing of this person is left")
    sys.exit(1 if done.left or logins.left else 0)


def _logins(configuration: Configuration, idp: IdpId, account: str, *, delete_them: bool) -> ForgottenLogins:
    """A store that does not answer ends the command before anything is erased."""
    parts = parts_of(configuration.settings, configuration.keys, configuration.federation)
    forgetting = Forgetting(registry_of(parts), parts.store)
    try:
        return forgetting.forget(idp, account) if delete_them else forgetting.count(idp, account)
    except SluisError as error:
        click.echo(f"the short-lived store cannot be used: {error.code}", err=True)
        sys.exit(1)
    finally:
        parts.engine.dispose()
