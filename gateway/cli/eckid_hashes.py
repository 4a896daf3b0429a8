"""`sluis eckid batch hashes`: a school's file of hashes, looked at whole and then submitted."""

import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import click

from gateway.cli.eckid_world import EckIdWorld
from gateway.domain.brin import Brin
from gateway.federation.models import IdentityProvider, School
from gateway.pseudonyms.hash_file import HashLine, hash_lines
from gateway.pseudonyms.nummervoorziening.faults import WORDS, NummervoorzieningFailed, Trouble
from gateway.pseudonyms.nummervoorziening.stamps import NOT_TAKEN
from gateway.pseudonyms.vault_file import NoVaultFile
from gateway.pseudonyms.vault_import import SeenBefore
from gateway.storage.vault_entry import VaultEntry

_DOUBLED = "the same account at the same school stands in an earlier line"
_SHARED = "an earlier line has this hash for another account of the school"
_LATER = {
    Trouble.UNREACHABLE: "Nummervoorziening cannot be reached. The operator looks at the network",
    Trouble.CERTIFICATE: "a certificate is not trusted. The operator looks at `certificate`, its end and its OIN, and "
    "at `authorities`",
    Trouble.DAILY_LIMIT: "Nummervoorziening takes no more batches today: tomorrow",
    Trouble.REFUSED: WORDS[Trouble.REFUSED],
}


def submit_hashes(world: EckIdWorld, file: Path, provider: IdentityProvider, *, dry_run: bool, partial: bool) -> None:
    """Look at every line, then submit, and exit 1 when a line was bad or a batch was not taken."""
    try:
        good, bad = _examine(world, file, provider)
    except NoVaultFile as cause:
        click.echo(f"{file}: {cause}; nothing was submitted", err=True)
        sys.exit(1)
    click.echo(f"{sum(good.values())} good lines, {bad} bad ones")
    if dry_run or (bad and not partial):
        click.echo("nothing was submitted")
        sys.exit(1 if bad else 0)
    schools = [world.school(str(brin)) for brin in good]
    total = 0
    for school in schools:
        count, taken = _submit(world, file, provider, school)
        total += count
        if not taken:
            sys.exit(1)
    click.echo(f"{total} learners submitted" + (": now `sluis eckid batch follow`" if total else ""))
    sys.exit(1 if bad else 0)


def _examine(world: EckIdWorld, file: Path, provider: IdentityProvider) -> tuple[dict[Brin, int], int]:
    """How many good lines each school has, and how many bad ones there are, each of which is told of."""
    good: dict[Brin, int] = {}
    bad = 0
    with closing(SeenBefore()) as seen:
        for line in _read(world, file, provider):
            wrong = line.wrong or _seen(seen, line)
            if wrong:
                bad += 1
                click.echo(f"line {line.number}: {wrong}", err=True)
            elif line.learner is not None:
                brin = line.learner.school.brin
                good[brin] = good.get(brin, 0) + 1
    return good, bad


def _seen(seen: SeenBefore, line: HashLine) -> str:
    assert line.learner is not None
    school = line.learner.school.brin
    new = seen.is_new(f"{school}:account:{line.learner.account}"), seen.is_new(f"{school}:hash:{line.hpgn}")
    return _DOUBLED if not new[0] else "" if new[1] else _SHARED


def _submit(world: EckIdWorld, file: Path, provider: IdentityProvider, school: School) -> tuple[int, bool]:
    """How many learners of a school were submitted, and whether every batch was taken."""
    total, batches = 0, world.stamps(school)
    try:
        for batch, count in batches.submit(_learners(world, file, provider, school)):
            total += count
            click.echo(f"batch {batch}: {count} learners of {school.brin}")
    except NummervoorzieningFailed as cause:
        if cause.trouble in NOT_TAKEN:
            why = f"{_LATER[cause.trouble]}. What is not named above was not taken: run the command again"
        else:
            why = f"{WORDS[cause.trouble]}. Nobody knows whether the batch was taken: `sluis eckid batch list`"
        click.echo(f"{school.brin}: {cause}: {why}", err=True)
        return total, False
    return total, True


def _learners(
    world: EckIdWorld, file: Path, provider: IdentityProvider, school: School
) -> Iterator[tuple[VaultEntry, str]]:
    """Of good lines, those of whom there is nothing yet."""
    key, batches = world.configuration.keys.pseudonyms.first, world.stamps(school)
    with closing(SeenBefore()) as seen:
        for line in _read(world, file, provider):
            if line.learner is None or line.learner.school.brin != school.brin or _seen(seen, line):
                continue
            entry = line.learner.entry(provider.id, key)
            if batches.needs_one(entry, school.sector.eck):
                yield entry, line.hpgn


def _read(world: EckIdWorld, file: Path, provider: IdentityProvider) -> Iterator[HashLine]:
    schools = {brin: world.configuration.federation.schools[brin] for brin in provider.schools}
    with file.open("rb") as stream:
        yield from hash_lines(stream, schools, as_json=file.suffix == ".jsonl")
