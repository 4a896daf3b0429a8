"""`sluis eckid batch`: stampseudonyms and ECK iDs of a whole school from Nummervoorziening."""

import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import click

from gateway.cli.eckid_hashes import submit_hashes
from gateway.cli.eckid_world import EckIdWorld, eck_id_world
from gateway.cli.loading import directory_argument
from gateway.domain.clock import dutch_time
from gateway.federation.models import School
from gateway.parts import eck_id_segments
from gateway.pseudonyms.hash_file import hash_lines
from gateway.pseudonyms.nummervoorziening.faults import WORDS, NummervoorzieningFailed, Trouble
from gateway.pseudonyms.provisioned import Provisioned
from gateway.pseudonyms.vault_file import NoVaultFile, VaultFile
from gateway.storage.eck_id_batches import WAIT_FOR_SOMEBODY, BatchState, Outcome, State

_STATES = {
    State.READY: "to be submitted",
    State.SUBMITTING: "being submitted",
    State.SUBMITTED: "submitted, no answer yet",
    State.RETRIEVED: "answered, being kept in the vault",
    State.DONE: "done",
    State.UNSURE: "perhaps submitted, perhaps not: `sluis eckid batch again` submits it anew",
    State.LOST: "its answer is gone: `sluis eckid batch again` submits it anew",
    State.REFUSED: "refused: mend what is wrong, then `sluis eckid batch again`",
}
_OUTCOMES = {
    Outcome.KEPT: "the vault has the ECK iD",
    Outcome.FAILED: "Nummervoorziening made no ECK iD of the stampseudonym: the school asks for it anew",
    Outcome.UNANSWERED: "the answer does not speak of it: start again",
    Outcome.UNREADABLE: "the answer has no ECK iD of this environment: the operator looks at `url`",
    Outcome.HELD: "another account of the school has this ECK iD: the school finds out whose it is",
    Outcome.CHANGED: "the school changed or removed the entry meanwhile: start again",
    None: "nothing yet",
}
_STATES_OF_HASHES = {
    **_STATES,
    State.SUBMITTING: "being submitted",
    State.UNSURE: "perhaps submitted, perhaps not: `sluis eckid batch again`, then `hashes` with the school's file",
    State.LOST: "its answer is gone: `sluis eckid batch again`, then `hashes` with the school's file",
}
_OUTCOMES_OF_HASHES = {
    Outcome.KEPT: "the vault has the stampseudonym",
    Outcome.FAILED: "Nummervoorziening made no stampseudonym of the hash: the school makes the hash anew",
    Outcome.UNANSWERED: "no answer speaks of it: `sluis eckid batch hashes` with the school's file",
    Outcome.UNREADABLE: "the answer has no stampseudonym of this environment: the operator looks at `url`",
    Outcome.HELD: "another account of the school has this stampseudonym: the school finds out whose hash it is",
    Outcome.CHANGED: "the school changed or removed the entry meanwhile: `hashes` with the school's file",
    None: "nothing yet",
}


@click.group("batch")
def command() -> None:
    """Ask for the ECK iDs of a whole school, and follow what becomes of it."""


@command.command("start")
@directory_argument
@click.argument("school")
def start_command(directory: Path, school: str) -> None:
    """Make batches of the learners of SCHOOL (its BRIN) who have a stampseudonym in the vault and no ECK iD.

    Only those whom the school found in DUO's register (`checked`). `sluis eckid batch follow` submits them.
    """
    with eck_id_world(directory) as world:
        found = world.school(school)
        _check_lists(world, found)
        total = 0
        for batch, count in world.batches.start(school, found.sector.eck):
            total += count
            click.echo(f"batch {batch}: {count} learners")
    click.echo(f"{total} learners to be asked for" + (": now `sluis eckid batch follow`" if total else ""))


@command.command("hashes")
@directory_argument
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--idp", required=True, help="Id of the identity provider whose accounts the file names.")
@click.option("--dry-run", is_flag=True, help="Look at every line, and submit nothing.")
@click.option("--partial", is_flag=True, help="Submit the good lines although others are bad.")
def hashes_command(directory: Path, file: Path, idp: str, dry_run: bool, partial: bool) -> None:  # noqa: FBT001
    """Submit the hashes of FILE for stampseudonyms, which `sluis eckid batch follow` fetches and keeps in the vault.

    CSV, or JSON lines when its name ends in .jsonl, with the columns account, school, checked and hash (what `sluis
    eckid hash` writes at the school). Hashes are kept nowhere. Every bad line is named by its number on standard
    error; with one nothing is submitted, unless --partial. Whom the vault has a stampseudonym or an ECK iD of is left
    out, so it may be run again. Exit 1 when a line was bad, or a batch was not taken.
    """
    with eck_id_world(directory) as world:
        submit_hashes(world, file, world.provider(idp), dry_run=dry_run, partial=partial)


@command.command("follow")
@directory_argument
@click.option("--once", is_flag=True, help="Do what can be done now, for a timer; without it until nothing is left.")
def follow_command(directory: Path, once: bool) -> None:  # noqa: FBT001
    """Submit batches, ask for their answers until they are there, and keep these in the vault.

    May be ended and begun again at any moment. Exit 1 when a batch needs somebody, or learners got no ECK iD.
    """
    seen: dict[int, BatchState] = {}
    with eck_id_world(directory) as world:
        while True:
            while (one := world.batches.step()) is not None:
                seen[one.id] = one
                click.echo(_line(one))
            wait = world.batches.seconds_to_wait()
            if once or wait is None:
                break
            time.sleep(wait)
        waiting = [one for one in world.store.all() if one.state in WAIT_FOR_SOMEBODY]
    short = [one for one in seen.values() if one.state is State.DONE and set(one.counts) != {Outcome.KEPT}]
    for one in (*waiting, *short):
        click.echo(f"look at `sluis eckid batch show {directory} {one.id}`", err=True)
    sys.exit(1 if waiting or short else 0)


@command.command("list")
@directory_argument
def list_command(directory: Path) -> None:
    """Every batch that is remembered, the newest first; exit 1 when one needs somebody."""
    with eck_id_world(directory) as world:
        found = list(world.store.all())
    for one in found:
        click.echo(_line(one))
    click.echo(f"{len(found)} batches")
    sys.exit(1 if any(one.state in WAIT_FOR_SOMEBODY for one in found) else 0)


@command.command("show")
@directory_argument
@click.argument("number", type=int)
@click.option(
    "--file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The school's file for the vault: then learners are named by its lines, else by the ids of the vault's API.",
)
@click.option("--idp", help="Id of the identity provider whose accounts the file names.")
def show_command(directory: Path, number: int, file: Path | None, idp: str | None) -> None:
    """Say of each learner of batch NUMBER who got no ECK iD why, and who can mend it."""
    if (file is None) != (idp is None):
        raise click.UsageError("--file and --idp go together")
    with eck_id_world(directory) as world:
        found = world.store.find(number)
        if found is None:
            click.echo(f"there is no batch {number}", err=True)
            sys.exit(1)
        lines = _lines(world, found, file, idp) if file and idp else {}
        outcomes = _OUTCOMES_OF_HASHES if found.of_hashes else _OUTCOMES
        click.echo(_line(found))
        if found.trouble:
            click.echo(f"{WORDS[Trouble(found.trouble)]}.")
        for row in world.store.rows(number):
            if row.outcome is not Outcome.KEPT:
                name = f"line {lines[row.account]}" if row.account in lines else row.account
                said = f" (it says: {row.said})" if row.said else ""
                click.echo(f"{name}: {outcomes[row.outcome]}{said}")


@command.command("again")
@directory_argument
@click.argument("number", type=int)
def again_command(directory: Path, number: int) -> None:
    """Have those of batch NUMBER of whom nothing came submitted anew: it was refused, lost, or perhaps not taken.

    A batch of hashes is given up: hashes are not kept, so that `sluis eckid batch hashes` submits them.
    """
    with eck_id_world(directory) as world:
        found = world.store.find(number)
        done = world.batches.again(number)
    what = f"batch {number} will be submitted anew"
    if found is not None and found.of_hashes:
        what = f"batch {number} is given up: now `sluis eckid batch hashes` with the school's file"
    click.echo(what if done else f"batch {number} needs nobody", err=not done)
    sys.exit(0 if done else 1)


def _check_lists(world: EckIdWorld, school: School) -> None:
    assert school.oin is not None
    try:
        known = world.lists.known(school.oin)
    except NummervoorzieningFailed as cause:
        click.echo(f"{cause}: {WORDS[cause.trouble]}. Nothing was started", err=True)
        sys.exit(1)
    if known.failed is not None:
        click.echo(f"{known.failed}: what it had on {dutch_time(known.fetched):%Y-%m-%d} is what counts", err=True)
    if lacking := known.lacks(world.entry.chain, (world.entry.sectors[school.sector.eck.value],)):  # type: ignore[index]
        for uri in lacking:
            click.echo(f"gateway.yaml names {uri}, which Nummervoorziening does not have; it has:", err=True)
        for one in (*known.chains, *known.sectors):
            click.echo(f"  {one.id}: {one.name}", err=True)
        sys.exit(1)


def _lines(world: EckIdWorld, batch: BatchState, file: Path, idp: str) -> Mapping[str, int]:
    """The number of each line that can be read, by the keyed hash of its account."""
    configuration, provider = world.configuration, world.provider(idp)
    schools = {brin: configuration.federation.schools[brin] for brin in provider.schools}
    key, as_json = configuration.keys.pseudonyms.first, file.suffix == ".jsonl"
    read: Iterator[tuple[int, Provisioned | None]]
    try:
        with file.open("rb") as stream:
            if batch.of_hashes:
                read = ((line.number, line.learner) for line in hash_lines(stream, schools, as_json=as_json))
            else:
                reader = VaultFile(schools, eck_id_segments(configuration.settings))
                read = ((line.number, line.entry) for line in reader.lines(stream, as_json=as_json))
            return {found.entry(provider.id, key).account: number for number, found in read if found is not None}
    except NoVaultFile as cause:
        raise click.BadParameter(str(cause), param_hint="--file") from None


def _line(one: BatchState) -> str:
    total, kept = sum(one.counts.values()), one.counts.get(Outcome.KEPT, 0)
    short = sum(count for outcome, count in one.counts.items() if outcome not in (Outcome.KEPT, None))
    states, what = (_STATES_OF_HASHES, "stampseudonyms") if one.of_hashes else (_STATES, one.sector)
    trouble = f" ({one.trouble.replace('_', ' ')})" if one.trouble else ""
    return (
        f"{one.id}: school {one.school}, {what}, {dutch_time(one.made):%Y-%m-%d %H:%M}, {total} learners, "
        f"{kept} kept, {short} without: {states[one.state]}{trouble}"
    )
