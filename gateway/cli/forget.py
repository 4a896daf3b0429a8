"""`sluis forget DIR --idp ID --account USER`: erase what is held of one person."""

import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import click

from gateway.cli.database import records_of
from gateway.cli.loading import Configuration, configuration_or_exit, directory_argument
from gateway.domain.clock import SystemClock
from gateway.domain.errors import SluisError
from gateway.domain.randomness import SystemRandomness
from gateway.federation.models import IdpId
from gateway.login.forgetting import Forgetting, ForgottenLogins
from gateway.parts import Parts, known_as_of, parts_of, registry_of, successions_outbox_of
from gateway.pseudonyms.derivation import account_hash
from gateway.pseudonyms.succession import is_about
from gateway.storage.erasure import Erasure
from gateway.storage.ledger import SqlLedger


@click.command("forget")
@directory_argument
@click.option("--idp", required=True, help="Id of the identity provider.")
@click.option("--account", prompt=True, hide_input=True, help="The user id there; asked for when it is not given.")
@click.option("--delete", "delete_them", is_flag=True, help="Erase; without it the command only counts.")
def command(directory: Path, idp: str, account: str, delete_them: bool) -> None:  # noqa: FBT001
    """Count, or erase, what is held of one person, and search all of it afterwards; exit 1 when a trace is left.

    Logins of the person end first, so that nothing new comes of them; no service hears any more that their identifier
    changed.
    """
    configuration = configuration_or_exit(directory)
    settings, keys = configuration.settings, configuration.keys
    known = account_hash(keys.pseudonyms.first, IdpId(idp), account)
    clock = SystemClock()
    with (
        records_of(settings) as engine,
        _parts(configuration) as parts,
        closing(SqlLedger(engine, key=keys.ledger.active, clock=clock, randomness=SystemRandomness())) as ledger,
    ):
        logins = _logins(parts, IdpId(idp), account, delete_them=delete_them)
        notices, notices_left = _notices(parts, known, delete_them=delete_them)
        erasure = Erasure(engine, ledger, keys.ledger.all)
        done = erasure.forget(known, now=clock.now()) if delete_them else erasure.count(known)
    what = "erased" if delete_them else "to be erased with --delete"
    click.echo(
        f"ledger: {done.ledger} rows, anomalies: {done.anomalies}, subjects: {done.subjects}, "
        f"vault: {done.vault}, links: {done.links}, consents: {done.consents}, notices: {notices}, "
        f"visits: {logins.visits} with {logins.logins} logins {what}"
    )
    left = [*done.left, *(["outbox"] if notices_left else []), *(["the short-lived store"] if logins.left else [])]
    if delete_them:
        for place in left:
            click.echo(f"a trace is left in {place}", err=True)
        if not left:
            click.echo("searched every table and the short-lived store afterwards: nothing of this person is left")
    sys.exit(1 if left else 0)


@contextmanager
def _parts(configuration: Configuration) -> Iterator[Parts]:
    parts = parts_of(configuration.settings, configuration.keys, configuration.federation)
    try:
        yield parts
    finally:
        parts.engine.dispose()


def _logins(parts: Parts, idp: IdpId, account: str, *, delete_them: bool) -> ForgottenLogins:
    """A store that does not answer ends the command before anything is erased."""
    forgetting = Forgetting(registry_of(parts), parts.store)
    try:
        return forgetting.forget(idp, account) if delete_them else forgetting.count(idp, account)
    except SluisError as error:
        click.echo(f"the short-lived store cannot be used: {error.code}", err=True)
        sys.exit(1)


def _notices(parts: Parts, account: str, *, delete_them: bool) -> tuple[int, int]:
    """Notices that services did not take yet, and how many are left: they hold both identifiers, and are sealed."""
    outbox = successions_outbox_of(parts)
    references = known_as_of(parts.engine, parts.keys, parts.randomness).references(account)

    def concerns(letter: bytes) -> bool:
        return is_about(letter, account, references)

    found = outbox.about(concerns)
    if not delete_them:
        return len(found), 0
    for letter in found:
        outbox.done(letter)
    return len(found), len(outbox.about(concerns))
