"""`sluis eckid batch`: ECK iDs of a whole school from Nummervoorziening."""

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import click

from gateway.cli.database import records_of
from gateway.cli.loading import Configuration, configuration_or_exit, directory_argument
from gateway.domain.clock import SystemClock, dutch_time
from gateway.domain.randomness import SystemRandomness
from gateway.federation.models import EckIdSource, IdpId, School
from gateway.parts import eck_id_batches_of, eck_id_segments, nummervoorziening_endpoint, vault_of
from gateway.pseudonyms.nummervoorziening.batches import EckIdBatches
from gateway.pseudonyms.nummervoorziening.client import Nummervoorziening
from gateway.pseudonyms.nummervoorziening.faults import WORDS, NummervoorzieningFailed, Trouble
from gateway.pseudonyms.nummervoorziening.lists import KnownLists
from gateway.pseudonyms.vault_file import NoVaultFile, VaultFile
from gateway.settings.models.nummervoorziening import NummervoorzieningEntry
from gateway.storage.eck_id_batches import WAIT_FOR_SOMEBODY, BatchState, Outcome, SqlEckIdBatches, State
from gateway.storage.eck_id_lists import SqlLists

_SECONDS = 120.0
"""For one call: a batch is large, and nobody waits to log in."""
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


@dataclass(frozen=True, slots=True)
class _World:
    configuration: Configuration
    entry: NummervoorzieningEntry
    store: SqlEckIdBatches
    batches: EckIdBatches
    lists: KnownLists

    def school(self, brin: str) -> School:
        schools = self.configuration.federation.schools.values()
        found = next((one for one in schools if str(one.brin) == brin), None)
        if found is None or found.oin is None:
            raise click.UsageError(f"no school {brin} with an `oin`")
        if found.sector.eck.value not in self.entry.sectors:
            raise click.UsageError(f"nummervoorziening.sectors does not name the sector of {brin}")
        return found


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
    with _world(directory) as world:
        found = world.school(school)
        _check_lists(world, found)
        total = 0
        for batch, count in world.batches.start(school, found.sector.eck):
            total += count
            click.echo(f"batch {batch}: {count} learners")
    click.echo(f"{total} learners to be asked for" + (": now `sluis eckid batch follow`" if total else ""))


@command.command("follow")
@directory_argument
@click.option("--once", is_flag=True, help="Do what can be done now, for a timer; without it until nothing is left.")
def follow_command(directory: Path, once: bool) -> None:  # noqa: FBT001
    """Submit batches, ask for their answers until they are there, and keep these in the vault.

    May be ended and begun again at any moment. Exit 1 when a batch needs somebody, or learners got no ECK iD.
    """
    seen: dict[int, BatchState] = {}
    with _world(directory) as world:
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
    with _world(directory) as world:
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
    with _world(directory) as world:
        found = world.store.find(number)
        if found is None:
            click.echo(f"there is no batch {number}", err=True)
            sys.exit(1)
        lines = _lines(world.configuration, file, idp) if file and idp else {}
        click.echo(_line(found))
        if found.trouble:
            click.echo(f"{WORDS[Trouble(found.trouble)]}.")
        for row in world.store.rows(number):
            if row.outcome is not Outcome.KEPT:
                name = f"line {lines[row.account]}" if row.account in lines else row.account
                said = f" (it says: {row.said})" if row.said else ""
                click.echo(f"{name}: {_OUTCOMES[row.outcome]}{said}")


@command.command("again")
@directory_argument
@click.argument("number", type=int)
def again_command(directory: Path, number: int) -> None:
    """Have those of batch NUMBER of whom nothing came submitted anew: it was refused, lost, or perhaps not taken."""
    with _world(directory) as world:
        done = world.batches.again(number)
    click.echo(f"batch {number} will be submitted anew" if done else f"batch {number} needs nobody", err=not done)
    sys.exit(0 if done else 1)


@contextmanager
def _world(directory: Path) -> Iterator[_World]:
    configuration = configuration_or_exit(directory)
    settings = configuration.settings
    entry = settings.gateway.nummervoorziening
    if entry is None:
        raise click.UsageError("gateway.yaml has no nummervoorziening")
    clock = SystemClock()
    service = Nummervoorziening(replace(nummervoorziening_endpoint(settings, entry), seconds=_SECONDS))
    try:
        with records_of(settings) as engine:
            vault = vault_of(engine, configuration.keys, SystemRandomness())
            store = SqlEckIdBatches(engine, vault)
            batches = eck_id_batches_of(
                settings, entry, configuration.federation, service=service, store=store, vault=vault, clock=clock
            )
            lists = KnownLists(service=service, store=SqlLists(engine), clock=clock)
            yield _World(configuration, entry, store, batches, lists)
    finally:
        service.close()


def _check_lists(world: _World, school: School) -> None:
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


def _lines(configuration: Configuration, file: Path, idp: str) -> Mapping[str, int]:
    """The number of each line that can be read, by the keyed hash of its account."""
    provider = configuration.federation.identity_providers.get(IdpId(idp))
    if provider is None or EckIdSource.VAULT not in provider.eck_id_sources:
        raise click.BadParameter(f"no identity provider {idp} uses the vault", param_hint="--idp")
    reader = VaultFile(
        {brin: configuration.federation.schools[brin] for brin in provider.schools},
        eck_id_segments(configuration.settings),
    )
    key = configuration.keys.pseudonyms.first
    try:
        with file.open("rb") as stream:
            return {
                line.entry.entry(provider.id, key).account: line.number
                for line in reader.lines(stream, as_json=file.suffix == ".jsonl")
                if line.entry is not None
            }
    except NoVaultFile as cause:
        raise click.BadParameter(str(cause), param_hint="--file") from None


def _line(one: BatchState) -> str:
    total, kept = sum(one.counts.values()), one.counts.get(Outcome.KEPT, 0)
    short = sum(count for outcome, count in one.counts.items() if outcome not in (Outcome.KEPT, None))
    trouble = f" ({one.trouble.replace('_', ' ')})" if one.trouble else ""
    return (
        f"{one.id}: school {one.school}, {one.sector}, {dutch_time(one.made):%Y-%m-%d %H:%M}, {total} learners, "
        f"{kept} kept, {short} without: {_STATES[one.state]}{trouble}"
    )
