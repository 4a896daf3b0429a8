"""`sluis purge DIR`: delete the records that have been kept long enough."""

import sys
from pathlib import Path

import click

from gateway.cli.database import records_of
from gateway.cli.loading import directory_argument, keys_or_exit, settings_or_exit
from gateway.domain.clock import SystemClock, dutch_day
from gateway.storage.retention import SUCCESSION, Limits, Retention


@click.command("purge")
@directory_argument
@click.option("--delete", "delete_them", is_flag=True, help="Delete; without it the command only counts.")
def command(directory: Path, delete_them: bool) -> None:  # noqa: FBT001
    """Count, or delete, what is older than the retention in gateway.yaml. The ledger's chain stays verifiable."""
    settings = settings_or_exit(directory)
    keys = keys_or_exit(settings).ledger.all
    kept, now = settings.gateway.retention, SystemClock().now()
    limits = Limits(
        ledger=now - kept.ledger,
        anomalies=now - kept.anomalies,
        subjects=now - kept.subjects,
        successions=now - SUCCESSION,
        consents=now - kept.consents,
        today=dutch_day(now),
    )
    with records_of(settings) as engine:
        purged = Retention(engine, keys).purge(limits, delete_them=delete_them)
    what = "deleted" if delete_them else "to be deleted with --delete"
    for kind, count, before in (
        ("ledger", purged.ledger, limits.ledger),
        ("anomalies", purged.anomalies, limits.anomalies),
        ("subjects", purged.subjects, limits.subjects),
        ("consents", purged.consents, limits.consents),
    ):
        click.echo(f"{kind}: {count} from before {before:%Y-%m-%d} {what}")
    click.echo(f"vault: {purged.vault} that ended before {limits.today:%Y-%m-%d} {what}")
    click.echo(f"links: {purged.links} that ended before {limits.today:%Y-%m-%d} {what}")
    for key in purged.keys_missing:
        click.echo(f"rows of the ledger key {key} stay: the key is not in the configuration", err=True)
    sys.exit(1 if purged.keys_missing else 0)
