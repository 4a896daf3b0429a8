"""`sluis anomalies list|show|resolve DIR`: what is wrong with identifiers, and who can mend it."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

import click

from gateway.cli.database import records_of
from gateway.cli.loading import directory_argument, settings_or_exit
from gateway.domain.anomaly import Anomaly
from gateway.domain.clock import SystemClock
from gateway.storage import anomaly_reading
from gateway.storage.anomaly_reading import AnomalyCase

_MEANINGS = {
    Anomaly.ECK_ID_MALFORMED: (
        "What stands for an ECK iD is none. The login was refused.",
        "The school's administration corrects the ECK iD in its directory or in the file for the vault.",
    ),
    Anomaly.ECK_ID_CONTRADICTORY: (
        "One account has two ECK iDs: sent twice, or one in the login and another in the vault.",
        "The school's administration finds out which one is the learner's; until then `eck_id_disagreement` decides.",
    ),
    Anomaly.ECK_ID_CHANGED: (
        "An account has another ECK iD than a service knew it by, and nobody said why. The service sees a new learner.",
        "If the ECK iD was replaced, the administration says so in the vault (`replaced`); if not, all is well.",
    ),
    Anomaly.ECK_ID_WRONG_SECTOR: (
        "An account has the ECK iD of another sector. Unless `anomalies` says otherwise, services do not see it.",
        "The school's administration asks for the ECK iD of its own sector, and puts that in its place.",
    ),
    Anomaly.ECK_ID_SHARED: (
        "Two accounts of a school were seen with one ECK iD: services see one learner.",
        "The school finds out whose it is. Where the other account is no more, resolve the case: it is this one's.",
    ),
    Anomaly.ECK_ID_DISAPPEARED: (
        "An account had an ECK iD and has none any more. Services see another learner, until it is back.",
        "The school's administration finds out why its directory, or the file for the vault, lacks it.",
    ),
    Anomaly.ECK_ID_MISSING: (
        "A learner has been without an ECK iD for longer than `anomalies.missing_after`.",
        "The school's administration finds the learner in DUO's register and asks for the ECK iD.",
    ),
    Anomaly.SCOPE_FOREIGN: (
        "An identity provider said something of a domain that is not its own. The login was refused.",
        "The identity provider's operator corrects its attributes, or its metadata names the scope.",
    ),
    Anomaly.LINK_SUSPENDED: (
        "The school says another ECK iD of an account than when it was linked. The link is suspended.",
        "The school finds out which ECK iD is the learner's, and revokes the link: `sluis links revoke`.",
    ),
    Anomaly.LINK_TAKEN: (
        "Somebody with another account wanted to link an account that is linked already. Nothing was made.",
        "The school asks the account's owner, and revokes the link that is not theirs: `sluis links revoke`.",
    ),
    Anomaly.LINK_OTHER_PERSON: (
        "Linked accounts at two schools have different ECK iDs of one sector: they are of two learners. No link works.",
        "The schools find out who had both accounts at hand; a wrong ECK iD is corrected where it is wrong.",
    ),
}


@click.group("anomalies")
def command() -> None:
    """What is wrong with identifiers; one case for each account and kind, without a value or an account's name."""


@command.command("list")
@directory_argument
@click.option("--kind", type=click.Choice([code.value for code in _MEANINGS]), help="Of one kind.")
@click.option("--school", help="Of one school, by its BRIN.")
@click.option("--all", "resolved", is_flag=True, help="Also those that were resolved.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_command(directory: Path, kind: str | None, school: str | None, resolved: bool, as_json: bool) -> None:  # noqa: FBT001
    """List the open cases, the newest first; exit 1 when there is one."""
    with records_of(settings_or_exit(directory)) as engine:
        found = list(anomaly_reading.cases(engine, kind=kind, school=school, resolved=resolved))
    if as_json:
        click.echo(json.dumps([_as_json(one) for one in found], indent=2))
    else:
        for one in found:
            click.echo(_line(one))
        click.echo(f"{len(found)} cases")
    sys.exit(1 if any(not one.resolved for one in found) else 0)


@command.command("show")
@directory_argument
@click.argument("number", type=int)
def show_command(directory: Path, number: int) -> None:
    """Say what case NUMBER is, who can mend it, and which login to look up."""
    with records_of(settings_or_exit(directory)) as engine:
        found = anomaly_reading.case(engine, number)
    if found is None:
        click.echo(f"there is no case {number}", err=True)
        sys.exit(1)
    meaning, remedy = _MEANINGS[Anomaly(found.kind)]
    click.echo(_line(found))
    click.echo(meaning)
    click.echo(remedy)
    click.echo(f"The last login: sluis find {directory} {found.reference}")


@command.command("resolve")
@directory_argument
@click.argument("numbers", metavar="[NUMBER]...", nargs=-1, type=int)
@click.option("--kind", type=click.Choice([code.value for code in _MEANINGS]), help="Every open case of one kind.")
@click.option("--school", help="Every open case of one school, by its BRIN.")
def resolve_command(directory: Path, numbers: tuple[int, ...], kind: str | None, school: str | None) -> None:
    """Close the cases NUMBER, or all of a kind, a school, or both. One that is seen on another day is open again."""
    if bool(numbers) == bool(kind or school):
        raise click.UsageError("name cases by their numbers, or by --kind and --school")
    now, missing = SystemClock().now(), False
    with records_of(settings_or_exit(directory)) as engine:
        if not numbers:
            found = [one.id for one in anomaly_reading.cases(engine, kind=kind, school=school, resolved=False)]
            click.echo(f"{sum(anomaly_reading.resolve(engine, one, now) for one in found)} cases are resolved")
        for number in numbers:
            done = anomaly_reading.resolve(engine, number, now)
            missing |= not done
            click.echo(f"case {number} is resolved" if done else f"there is no open case {number}", err=not done)
    sys.exit(1 if missing else 0)


def _line(one: AnomalyCase) -> str:
    state = "resolved" if one.resolved else "open"
    seen = f"{one.first:%Y-%m-%d}" if one.days == 1 else f"{one.days} days, {one.first:%Y-%m-%d} to {one.last:%Y-%m-%d}"
    return f"{one.id}: {one.kind}, {one.idp}, school {one.school or 'unknown'}, {seen}, {state}"


def _as_json(one: AnomalyCase) -> dict[str, object]:
    return {**asdict(one), "first": one.first.isoformat(), "last": one.last.isoformat()}
