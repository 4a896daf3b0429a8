"""`sluis metadata`: the gateway's own metadata, and that of others from their sources."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from gateway.cli.loading import configuration_or_exit, directory_argument, settings_or_exit, show
from gateway.cli.refresher import watch
from gateway.domain.clock import SystemClock
from gateway.federation.metadata import query
from gateway.federation.metadata.answers import write_answers
from gateway.federation.metadata.document import MetadataRejected
from gateway.federation.metadata.guard import Difference
from gateway.federation.metadata.kept import read
from gateway.federation.metadata.parties import configured_entities
from gateway.federation.metadata.query import refresh
from gateway.federation.metadata.refresh import MAX_BYTES, Fetched
from gateway.federation.metadata.source import Source
from gateway.federation.metadata.sources import ConfiguredSource, configured
from gateway.parts import publications
from gateway.settings.keys import load_keys
from gateway.settings.loader import Entry, Settings
from gateway.settings.problems import Problem, Problems
from gateway.web.outgoing import OutgoingHttp

SECONDS = 120
"""That the head of a document, and then its body, may take."""
_source_option = click.option("--source", "only", help="Id of one source; without it, all.")
_NAMED = 20


@click.group("metadata")
def command() -> None:
    """The gateway's own metadata, and that of others from the sources in `metadata/`."""


def _own(role: str, directory: Path) -> None:
    found = configuration_or_exit(directory)
    documents = publications(found.settings, found.keys, found.federation, SystemClock())
    sys.stdout.buffer.write(documents[role].current() + b"\n")


@command.command("sp")
@directory_argument
def sp_command(directory: Path) -> None:
    """Print the gateway's signed metadata towards identity providers."""
    _own("sp", directory)


@command.command("idp")
@directory_argument
def idp_command(directory: Path) -> None:
    """Print the gateway's signed metadata towards services."""
    _own("idp", directory)


@command.command("fetch")
@directory_argument
@_source_option
@click.option("--accept", is_flag=True, help="Take a new version although much of the old one is gone.")
@click.option("--due", is_flag=True, hidden=True, help="Of a query service, ask only for what is due.")
def fetch_command(directory: Path, only: str | None, *, accept: bool, due: bool) -> None:
    """Fetch sources anew and keep what is sound; exit 1 when one was not taken. A running gateway takes it then."""
    settings = settings_or_exit(directory)
    failed = False
    for source in _sources(settings, only):
        found = _fetch(settings, source, accept=accept, write=True, everything=not due)
        failed |= bool(found.problem)
        _tell(source, found)
    sys.exit(1 if failed else 0)


@command.command("diff")
@directory_argument
@_source_option
def diff_command(directory: Path, only: str | None) -> None:
    """Fetch sources and show what they would change, keeping nothing; exit 1 when one would not be taken."""
    settings = settings_or_exit(directory)
    failed = False
    for source in _sources(settings, only):
        found = _fetch(settings, source, accept=False, write=False)
        failed |= bool(found.problem)
        _tell(source, found)
        _list(found.difference)
    sys.exit(1 if failed else 0)


@command.command("verify")
@directory_argument
@_source_option
def verify_command(directory: Path, only: str | None) -> None:
    """Verify what is kept of sources, from the signature on; exit 1 when one cannot be used."""
    failed = False
    now = SystemClock().now()
    for source in _sources(settings_or_exit(directory), only):
        try:
            entities = source.kept.verified(read(source.document))[0].entities.values()
        except MetadataRejected as cause:
            failed = True
            click.echo(f"{source.kept.id}: {cause}")
            continue
        signed = "signed" if source.kept.signers else "unsigned, as configured"
        expired = sum(one.is_expired(now) for one in entities)
        failed |= bool(entities) and expired == len(entities)
        click.echo(
            f"{source.kept.id}: {signed}; {sum(one.idp == '' for one in entities)} identity providers, "
            f"{sum(one.sp == '' for one in entities)} services, {expired} expired"
        )
        for one in entities:
            for problem in filter(None, (one.idp, one.sp)):
                click.echo(f"  {one.entity_id}: {problem}")
    sys.exit(1 if failed else 0)


@command.command("show")
@directory_argument
@click.argument("entity")
def show_command(directory: Path, entity: str) -> None:
    """Print what the gateway reads of ENTITY in each source that has it; exit 1 when none has.

    Where none has it yet, query services are asked; what they answer is shown, and not kept.
    """
    settings = settings_or_exit(directory)
    found = list(_holding(settings, entity)) or list(_asked(settings, entity))
    for source in found:
        one = source.entities[entity]
        until = (
            "for ever" if one.valid_until is None else f"until {datetime.fromtimestamp(one.valid_until, UTC):%F %T}Z"
        )
        click.echo(f"{entity}, of the source {source.id}, valid {until}")
        if one.idp == "":
            idp = source.idp(entity)
            _lines("identity provider at", [f"{end.location} ({end.binding.name})" for end in idp.single_sign_on])
            _lines("signs with", [_named(certificate) for certificate in idp.certificates])
            _lines("scope", [*sorted(idp.scopes.names), *(f"*{end}" for end in idp.scopes.under)])
            _lines(
                "allows nothing by", [f"{idp.scopes.unread} scopes that cannot be read"] if idp.scopes.unread else []
            )
        if one.sp == "":
            sp = source.sp(entity)
            _lines("service at", [f"{end.location} (index {end.index})" for end in sp.assertion_consumers])
            _lines("signs with", [_named(certificate) for certificate in sp.certificates])
        said = source.about(entity)
        _lines("named", said.names)
        _lines("logo", said.logos)
        _lines("category", said.categories)
        _lines("supports category", said.supported)
        _lines("assurance", said.assurances)
        _lines("registered by", [said.registration] if said.registration else [])
        _lines("organisation", [said.organisation] if said.organisation else [])
        _lines("cannot be used", [problem for problem in (one.idp, one.sp) if problem])
    if not found:
        click.echo(f"no source has {entity}", err=True)
    sys.exit(0 if found else 1)


@command.command("where")
@directory_argument
@click.argument("entity")
def where_command(directory: Path, entity: str) -> None:
    """Print which sources have ENTITY, and which entries use it; exit 1 when none does."""
    settings = settings_or_exit(directory)
    found = [f"source {source.id}" for source in _holding(settings, entity)]
    entries: list[Entry[Any]] = [*settings.identity_providers, *settings.services]
    found += [
        f"{entry.place()}: {entry.value.id}" for entry in entries if getattr(entry.value, "entity_id", None) == entity
    ]
    for line in found:
        click.echo(line)
    if not found:
        click.echo(f"no source has {entity}, and no entry uses it", err=True)
    sys.exit(0 if found else 1)


@command.command("index", hidden=True)
@directory_argument
@_source_option
def index_command(directory: Path, only: str | None) -> None:
    """Make the indexes that are not there; what is wrong with a document is told by whoever uses it."""
    for source in _sources(settings_or_exit(directory), only):
        with suppress(MetadataRejected):
            source.kept.open(source.document)


@command.command("watch", hidden=True)
@directory_argument
@click.option("--seen", default="{}", help="What lay there before the gateway loaded its configuration.")
def watch_command(directory: Path, seen: str) -> None:
    """Fetch what is due until the gateway that started this ends."""
    before = {str(source): (int(moment), int(file)) for source, (moment, file) in json.loads(seen).items()}
    watch(settings_or_exit(directory), before, clock=SystemClock())


def _sources(settings: Settings, only: str | None) -> list[ConfiguredSource]:
    problems: list[Problem] = []
    try:
        key = load_keys(settings).sealing.active
    except Problems as cause:
        show(cause.problems)
        sys.exit(1)
    found = [one for one in configured(settings, key, problems) if only in (None, one.kept.id)]
    show(problems)
    if problems:
        sys.exit(1)
    if not found:
        click.echo(f"there is no source {only}" if only else "there is no source in metadata/", err=True)
        sys.exit(1)
    return found


def _fetch(
    settings: Settings, source: ConfiguredSource, *, accept: bool, write: bool, everything: bool = True
) -> Fetched:
    parties, now = configured_entities(settings, source.kept.id), SystemClock().now()
    return refresh(
        source, _http(source), now=now, configured=parties, accept=accept, write=write, everything=everything
    )


def _http(source: ConfiguredSource) -> OutgoingHttp:
    queried = source.entry.value.mdq is not None
    return OutgoingHttp(
        seconds=query.SECONDS if queried else SECONDS, max_bytes=query.MAX_ANSWER if queried else MAX_BYTES
    )


def _asked(settings: Settings, entity: str) -> Iterator[Source]:
    """What query services say of an entity that nobody asked them for yet; nothing of it is kept."""
    for source in _sources(settings, None):
        if source.entry.value.mdq is None:
            continue
        try:
            answer = query.ask(source, _http(source), entity)
            assert answer is not None
            yield source.kept.verified(write_answers({entity: answer[0]}))[0]
        except (query.NotAnswered, MetadataRejected) as cause:
            click.echo(f"{source.kept.id}: {cause}", err=True)


def _holding(settings: Settings, entity: str) -> Iterator[Source]:
    for source in _sources(settings, None):
        try:
            found = source.kept.open(source.document)
        except MetadataRejected as cause:
            click.echo(f"{source.kept.id}: {cause}", err=True)
            continue
        if entity in found.entities:
            yield found


def _tell(source: ConfiguredSource, found: Fetched) -> None:
    if found.problem:
        click.echo(f"{source.kept.id}: not taken: {found.problem}")
        return
    counts = found.difference
    changes = (
        "" if counts is None else f": {len(counts.came)} came, {len(counts.went)} went, {len(counts.changed)} changed"
    )
    click.echo(f"{source.kept.id}: {'new' if found.changed else 'as it was'}{changes}")


def _list(found: Difference | None) -> None:
    if found is None:
        return
    for mark, entities in (("+", found.came), ("-", found.went), ("~", found.changed)):
        for entity in entities[:_NAMED]:
            click.echo(f"  {mark} {entity}")
        if len(entities) > _NAMED:
            click.echo(f"  {mark} and {len(entities) - _NAMED} more")


def _lines(what: str, values: Sequence[str]) -> None:
    for value in values:
        click.echo(f"  {what} {value}")


def _named(certificate: x509.Certificate) -> str:
    return f"{certificate.fingerprint(SHA256()).hex()[:16]}..., until {certificate.not_valid_after_utc:%F}"
