"""`sluis keys list|new|activate|retire|status DIR`: keys from their announcement to their end."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from gateway.cli.key_changes import KeysFile, algorithm_of, locked, read_keys_file
from gateway.cli.key_dependents import dependents_of
from gateway.cli.key_making import Making, new_entry
from gateway.cli.key_material import KeyKind
from gateway.cli.key_waits import RINGS, Wait, before_activating, before_retiring, does
from gateway.cli.loading import directory_argument, keys_or_exit, settings_or_exit
from gateway.domain.clock import SystemClock
from gateway.domain.key_ring import KeyState
from gateway.settings.certificates import own_certificate_ends
from gateway.settings.keys_text import CannotEdit, written
from gateway.settings.models.keys import KeyEntry, OidcKey, SamlKey

ring_argument = click.argument("ring", type=click.Choice(RINGS))
id_argument = click.argument("key_id", metavar="ID")
_STEPS = "a key goes from next to active to previous to retired, and never back"


@click.group("keys")
def command() -> None:
    """Look at the gateway's keys, and change them: next -> active -> previous -> retired."""


@command.command("list")
@directory_argument
@click.option("--json", "as_json", is_flag=True, help="Print the keys as JSON.")
def list_command(directory: Path, *, as_json: bool) -> None:
    """List every key: its ring, id and state, since when, and when its certificate ends. Reads no secret."""
    with _refusals():
        file = read_keys_file(directory)
    listed = [_described(directory, ring, entry) for ring in RINGS for entry in file.ring(ring)]
    if as_json:
        click.echo(json.dumps(listed, indent=2))
        return
    for one in listed:
        more = one["algorithm"] or ""
        if one["certificate_ends"]:
            more = f"certificate ends {one['certificate_ends'][:10]}"
        click.echo(f"{one['ring']:16} {one['id']:10} {one['state']:9} {one['since']}  {more}".rstrip())


@command.command("new")
@directory_argument
@ring_argument
@click.option("--kind", type=click.Choice([kind.value for kind in KeyKind]), help="Default: as the ring has, else RSA.")
@click.option("--id", "key_id", help="Default: the next number behind the ring's last.")
@click.option("--into", type=click.Path(path_type=Path), help="Where its file goes. Default: beside the ring's last.")
@click.option("--passphrase-env", help="Encrypt it with the passphrase in this environment variable.")
@click.option("--passphrase-file", help="Encrypt it with the passphrase in this file, outside DIR.")
def new_command(directory: Path, ring: str, **options: Any) -> None:
    """Make a key and announce it, in keys.yaml as `next`. The first of a ring is active at once."""
    settings = settings_or_exit(directory)
    now = SystemClock().now()
    with _refusals(), locked(directory):
        file = read_keys_file(directory)
        entry, files = new_entry(settings, file, ring, Making(**options), now)
        try:
            file.with_key(ring, entry).write()
        except BaseException:
            for made in files:
                made.unlink(missing_ok=True)
            raise
    for made in files:
        click.echo(f"made {made}")
    click.echo(f"{ring} {entry.id} is {entry.state}: {does(ring, entry.state)}")
    click.echo(f"now `sluis reload {directory}`")
    if entry.state is KeyState.NEXT:
        _say_when("activated", before_activating(ring, entry), now)


@command.command("activate")
@directory_argument
@ring_argument
@id_argument
@click.option("--force", is_flag=True, help="Although it is too early, at the cost that the refusal names.")
def activate_command(directory: Path, ring: str, key_id: str, *, force: bool) -> None:
    """Use a key from the next reload on; the one in use so far becomes a previous one."""
    keys_or_exit(settings_or_exit(directory))
    now = SystemClock().now()
    with _refusals(), locked(directory):
        file = read_keys_file(directory)
        entry = _entry(file, ring, key_id)
        if entry.state is not KeyState.NEXT:
            raise click.ClickException(f"{ring} {key_id} is {entry.state}: {_STEPS}")
        _allow(f"{ring} {key_id} may not be activated yet", before_activating(ring, entry), now, force=force)
        active = _active(file, ring, entry)
        if active is not None:
            file = file.behind_previous(ring, active)
            file = file.in_state(ring, active, KeyState.PREVIOUS, now)
        file.in_state(ring, entry, KeyState.ACTIVE, now).write()
    click.echo(f"{ring} {key_id} is active: {does(ring, KeyState.ACTIVE)}")
    if active is not None:
        click.echo(f"{ring} {active.id} is previous: {does(ring, KeyState.PREVIOUS)}")
    click.echo(f"now `sluis reload {directory}`")


@command.command("retire")
@directory_argument
@ring_argument
@id_argument
@click.option("--force", is_flag=True, help="Although something depends on it, at the cost that the refusal names.")
def retire_command(directory: Path, ring: str, key_id: str, *, force: bool) -> None:
    """End a key when nothing live depends on it. Its entry stays, so that its id is never used again."""
    settings = settings_or_exit(directory)
    now = SystemClock().now()
    with _refusals(), locked(directory):
        file = read_keys_file(directory)
        entry = _entry(file, ring, key_id)
        if entry.state is KeyState.ACTIVE:
            raise click.ClickException(f"{ring} {key_id} is in use: activate another one first")
        if entry.state is KeyState.RETIRED:
            raise click.ClickException(f"{ring} {key_id} is retired already")
        wait = before_retiring(ring, entry, settings.gateway.lifetimes, dependents_of(settings, ring, key_id))
        _allow(f"{ring} {key_id} may not retire", wait, now, force=force)
        file.in_state(ring, entry, KeyState.RETIRED, now).write()
    click.echo(f"{ring} {key_id} is retired: it is not read any more, and its file may be deleted after the reload")
    click.echo(f"now `sluis reload {directory}`")


@command.command("status")
@directory_argument
def status_command(directory: Path) -> None:
    """Say of each key what it does now, and when its next step may be taken; days left of certificates."""
    settings = settings_or_exit(directory)
    now = SystemClock().now()
    with _refusals():
        file = read_keys_file(directory)
    for ring in RINGS:
        for entry in file.ring(ring):
            if entry.state is KeyState.RETIRED:
                continue
            click.echo(f"{ring} {entry.id}, {entry.state} since {written(entry.since)}: {does(ring, entry.state)}")
            if where := _place_in_token(entry):
                click.echo(f"  signs in a token: {where}")
            ends = own_certificate_ends(directory, entry)
            if ends is not None:
                click.echo(f"  certificate: {_left(ends, now)}")
            if entry.state is KeyState.NEXT:
                _say_when("activated", before_activating(ring, entry), now)
            elif entry.state is KeyState.PREVIOUS:
                dependents = dependents_of(settings, ring, entry.id)
                _say_when("retired", before_retiring(ring, entry, settings.gateway.lifetimes, dependents), now)


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except CannotEdit as cause:
        click.echo(f"keys.yaml: {cause}", err=True)
        sys.exit(1)
    except (ValueError, OSError) as cause:
        click.echo(str(cause), err=True)
        sys.exit(1)


def _entry(file: KeysFile, ring: str, key_id: str) -> KeyEntry:
    found = next((entry for entry in file.ring(ring) if entry.id == key_id), None)
    if found is None:
        known = ", ".join(entry.id for entry in file.ring(ring)) or "none"
        raise click.ClickException(f"{ring} has no key {key_id}; it has: {known}")
    return found


def _active(file: KeysFile, ring: str, beside: KeyEntry) -> KeyEntry | None:
    same = [entry for entry in file.ring(ring) if algorithm_of(entry) == algorithm_of(beside)]
    return next((entry for entry in same if entry.state is KeyState.ACTIVE), None)


def _allow(what: str, wait: Wait, now: datetime, *, force: bool) -> None:
    if wait.is_over(now):
        return
    when = f" before {written(wait.until)}" if wait.until else ""
    if wait.cost is None:
        raise click.ClickException(f"{what}{when}: {wait.why}")
    if not force:
        raise click.ClickException(f"{what}{when}: {wait.why}. With --force: {wait.cost}")
    click.echo(f"forced: {wait.cost}", err=True)


def _say_when(step: str, wait: Wait, now: datetime) -> None:
    if wait.is_over(now):
        click.echo(f"  may be {step} now ({wait.why})")
    elif wait.until is None:
        click.echo(f"  may not be {step}: {wait.why}")
    else:
        click.echo(f"  may be {step} from {written(wait.until)} on: {wait.why}")


def _place_in_token(entry: KeyEntry) -> str | None:
    token = entry.key.pkcs11 if isinstance(entry, SamlKey | OidcKey) else None
    return f"{token.label} in {token.token} ({token.module})" if token else None


def _left(ends: datetime, now: datetime) -> str:
    days = (ends - now).days
    return f"ends on {ends:%Y-%m-%d}, {days} days left" if ends > now else f"ended on {ends:%Y-%m-%d}"


def _described(directory: Path, ring: str, entry: KeyEntry) -> dict[str, Any]:
    ends = own_certificate_ends(directory, entry) if entry.state is not KeyState.RETIRED else None
    return {
        "ring": ring,
        "id": entry.id,
        "state": entry.state.value,
        "since": written(entry.since),
        "algorithm": algorithm_of(entry) or None,
        "certificate_ends": written(ends) if ends else None,
    }
