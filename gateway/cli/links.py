"""`sluis links`: accounts that their owners linked; list them, approve those of minors, revoke them."""

import json
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import click

from gateway.cli.database import records_of
from gateway.cli.loading import directory_argument, keys_or_exit, settings_or_exit
from gateway.domain.clock import SystemClock
from gateway.domain.errors import SluisError
from gateway.domain.link import LinkState
from gateway.domain.randomness import SystemRandomness
from gateway.federation.models import IdpId
from gateway.parts import links_of
from gateway.pseudonyms.derivation import account_hash
from gateway.pseudonyms.links import LinkRules, standing
from gateway.settings.keys import KeyRing
from gateway.settings.loader import Settings
from gateway.storage.contracts import LinkRow
from gateway.storage.links import SqlLinks

_REFERENCE = re.compile(r"[A-Za-z0-9._/-]{1,40}")

Function = TypeVar("Function", bound=Callable[..., None])


def which(function: Function) -> Function:
    """The options that say which links."""
    for option in (
        click.option("--link", help="One link, by its id."),
        click.option("--account", help="The user id there; asked for when only --idp is given."),
        click.option("--idp", help="Of one account, on either side: id of its identity provider."),
        click.option("--school", help="Of one school, by its BRIN, on either side."),
    ):
        function = option(function)
    return function


@click.group("links")
def command() -> None:
    """Links of two accounts that one person proved to have: eduID and a school's account, or those of two schools."""


@command.command("list")
@directory_argument
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--pending", is_flag=True, help="Only those that wait for a school to say that a parent agrees.")
@which
def list_command(
    directory: Path,
    *,
    as_json: bool,
    pending: bool,
    school: str | None,
    idp: str | None,
    account: str | None,
    link: str | None,
) -> None:
    """List links, the oldest first, without the name of an account."""
    settings = settings_or_exit(directory)
    with _links(settings) as (links, keys):
        found = links.all(school=school, account=_hash(keys, idp, account), link=link)
    entry = settings.gateway.links
    rules = LinkRules(lifetime=entry.lifetime, believed=entry.school_login)
    shown = [_shown(one, rules) for one in found if not pending or one.state is LinkState.PENDING]
    if as_json:
        click.echo(json.dumps(shown, indent=2))
        return
    for one in shown:
        click.echo(
            f"{one['link']}: {one['kind']}, school {one['school']}{_used_at(one)}, {one['standing']}, "
            f"made {one['made']}, last school login {one['seen']}, until {one['until']}{_approved(one)}"
        )
    click.echo(f"{len(shown)} links")


@command.command("revoke")
@directory_argument
@click.option("--delete", "delete_them", is_flag=True, help="Revoke; without it the command only counts.")
@which
def revoke_command(
    directory: Path, *, delete_them: bool, school: str | None, idp: str | None, account: str | None, link: str | None
) -> None:
    """Count, or revoke, the links of a school, of an account, or one. Who comes by one is asked to link anew."""
    if not (school or idp or link):
        raise click.UsageError("say which: --school, --idp with --account, or --link")
    with _links(settings_or_exit(directory)) as (links, keys):
        found = links.all(school=school, account=_hash(keys, idp, account), link=link)
        count = links.revoke([one.id for one in found]) if delete_them else len(found)
    click.echo(f"{count} links {'revoked' if delete_them else 'to be revoked with --delete'}")


@command.command("approve")
@directory_argument
@click.option("--link", required=True, help="The link, by its id: `sluis links list --pending`.")
@click.option("--school", required=True, help="BRIN of the school that says so: one of the two that are linked.")
@click.option(
    "--reference", required=True, help="Where that school keeps the parent's yes: letters, digits and -._/, no name."
)
def approve_command(directory: Path, link: str, school: str, reference: str) -> None:
    """Record that a school says that a minor's parent agrees to a link that waits for it; from now on it works.

    A link that is not approved is removed with `sluis links revoke --link`.
    """
    if _REFERENCE.fullmatch(reference) is None:
        raise click.UsageError("--reference: at most 40 letters, digits and -._/")
    with _links(settings_or_exit(directory)) as (links, _):
        found = next(iter(links.all(link=link)), None)
        if found is None or school not in (found.school, found.at):
            click.echo("no link of this school has this id", err=True)
            sys.exit(1)
        now = SystemClock().now()
        live = replace(found, state=LinkState.LIVE, approved=now, approved_by=school, approval=reference)
        if found.state is not LinkState.PENDING or not links.change(live, was=LinkState.PENDING):
            click.echo("this link does not wait for anybody", err=True)
            sys.exit(1)
    click.echo(f"the link works until {found.until}; recorded: school {school}, {now:%Y-%m-%d}, {reference}")


@command.command("reseal")
@directory_argument
def reseal_command(directory: Path) -> None:
    """Seal every link with the active sealing key, so that an older one may retire."""
    with _links(settings_or_exit(directory)) as (links, _):
        click.echo(f"{links.reseal()} links sealed anew")


@contextmanager
def _links(settings: Settings) -> Iterator[tuple[SqlLinks, KeyRing]]:
    keys = keys_or_exit(settings)
    with records_of(settings) as engine:
        try:
            yield links_of(engine, keys, SystemRandomness()), keys
        except SluisError as error:
            click.echo(f"the links cannot be read: {error.cause or error.code}", err=True)
            sys.exit(1)


def _hash(keys: KeyRing, idp: str | None, account: str | None) -> str | None:
    if idp is None:
        if account is not None:
            raise click.UsageError("--account goes with --idp")
        return None
    user = account if account is not None else click.prompt("Account", hide_input=True)
    return account_hash(keys.pseudonyms.first, IdpId(idp), user)


def _used_at(shown: dict[str, str | None]) -> str:
    return f", used at {shown['used_at']}" if shown["used_at"] else ""


def _approved(shown: dict[str, str | None]) -> str:
    if not shown["approved"]:
        return ""
    return f", approved {shown['approved']} by {shown['approved_by']} ({shown['approval']})"


def _shown(row: LinkRow, rules: LinkRules) -> dict[str, str | None]:
    return {
        "link": row.id,
        "kind": row.kind.value,
        "school": row.school,
        "used_at": row.at,
        "standing": standing(row, rules, now=SystemClock().now()).value,
        "made": f"{row.made:%Y-%m-%d}",
        "seen": f"{row.seen:%Y-%m-%d}",
        "until": f"{row.until:%Y-%m-%d}",
        "approved": f"{row.approved:%Y-%m-%d}" if row.approved else None,
        "approved_by": row.approved_by,
        "approval": row.approval,
    }
