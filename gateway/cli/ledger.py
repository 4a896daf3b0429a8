"""`sluis ledger verify|anchors|unanswered DIR`: whether the ledger is what its writers wrote."""

import json
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from gateway.cli.database import records_of
from gateway.cli.loading import directory_argument, keys_or_exit, settings_or_exit
from gateway.domain.clock import SystemClock
from gateway.storage import ledger_reading
from gateway.storage.ledger_answers import Place
from gateway.storage.ledger_verification import Anchor, anchors_of, verify


@click.group("ledger")
def command() -> None:
    """Check the record of releases."""


@command.command("verify")
@directory_argument
@click.option(
    "--anchors",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File that `sluis ledger anchors` wrote earlier: finds a database that was set back as a whole.",
)
def verify_command(directory: Path, anchors: Path | None) -> None:
    """Read the whole ledger and name every row that was changed, moved, added or is gone; exit 1 when there is one."""
    settings = settings_or_exit(directory)
    keys = keys_or_exit(settings).ledger.all
    with records_of(settings) as engine:
        found = verify(engine, keys, _anchors(anchors) if anchors else ())
    for flaw in found.flaws:
        where = f"writer {flaw.writer or '-'}, row {flaw.number}" if flaw.number else f"writer {flaw.writer or '-'}"
        click.echo(f"{where}: {flaw.finding}: {flaw.said}")
    click.echo(
        f"{found.rows} rows of {found.writers} writers, {found.erased} without their learner (erased), "
        f"{found.unchained} from before there was a chain: {len(found.flaws)} flaws"
    )
    sys.exit(1 if found.flaws else 0)


@command.command("anchors")
@directory_argument
def anchors_command(directory: Path) -> None:
    """Print the heads of all chains as JSON, to be kept where the database's administrator cannot write."""
    with records_of(settings_or_exit(directory)) as engine:
        heads = [one.head for one in ledger_reading.writers(engine) if one.head.writer]
    click.echo(json.dumps(anchors_of(heads), indent=2))


@command.command("unanswered")
@directory_argument
@click.option("--hours", type=click.IntRange(min=1), default=24, show_default=True, help="How far to look back.")
def unanswered_command(directory: Path, hours: int) -> None:
    """List releases on record whose answer is not known to have left: a worker died, or the browser was gone."""
    now = SystemClock().now()
    since = now - timedelta(hours=hours)
    with records_of(settings_or_exit(directory)) as engine:
        answered = ledger_reading.answered(engine, since=since)
        for row in ledger_reading.rows_between(engine, since=since, until=now):
            chained = row.chained
            if chained.row.outcome == "released" and Place(chained.writer, chained.number) not in answered:
                click.echo(f"{chained.row.at:%Y-%m-%dT%H:%M:%SZ} {chained.row.reference} {chained.row.service}")


def _anchors(file: Path) -> list[Anchor]:
    try:
        listed: list[dict[str, Any]] = json.loads(file.read_text("utf-8"))
        return [Anchor(str(one["writer"]), int(one["number"]), str(one["hash"])) for one in listed]
    except (ValueError, TypeError, KeyError, OSError) as cause:
        raise click.UsageError(f"{file} is not what `sluis ledger anchors` writes") from cause
