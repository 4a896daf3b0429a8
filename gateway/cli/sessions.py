"""`sluis sessions end DIR --idp ID --account USER`: log one person out, in whatever browser."""

import sys
from pathlib import Path

import click

from gateway.cli.loading import Configuration, configuration_or_exit, directory_argument
from gateway.domain.errors import SluisError
from gateway.domain.language import Language, in_language
from gateway.federation.models import IdpId, Service
from gateway.login.kept import KeptLogins
from gateway.login.steps import Ending, Result
from gateway.observability import log
from gateway.parts import parts_of, releases_of
from gateway.roles import logouts_of, openid_provider_of, relying_party_of, saml_logout_of

_SAID = {
    Ending.ENDED: "ended",
    Ending.ASKED: "can be told by a browser alone; its session goes on until it ends by itself",
    Ending.NO_ANSWER: "did not say that it ended its session; it may go on",
    Ending.IMPOSSIBLE: "cannot be told; its session goes on until it ends by itself",
}


class _NoBrowser:
    """Fulfils SessionCookie where there is no browser: nothing to read, to give or to drop."""

    def presented(self) -> str | None:
        return None

    def give(self, value: str) -> None:
        pass

    def drop(self) -> None:
        pass

    def on_shared_computer(self) -> bool:
        return False


@click.group("sessions")
def command() -> None:
    """Sessions of single sign-on."""


@command.command("end")
@directory_argument
@click.option("--idp", required=True, help="Id of the identity provider.")
@click.option("--account", prompt=True, hide_input=True, help="The user id there; asked for when it is not given.")
def end(directory: Path, idp: str, account: str) -> None:
    """Log a person out of everything that their logins gave, and tell services; exit 1 when one did not end its own.

    Services are told by SOAP and by logout tokens; one that only a browser could be sent to is named, as is the school.
    """
    configuration = configuration_or_exit(directory)
    if IdpId(idp) not in configuration.federation.identity_providers:
        raise click.UsageError(f"no identity provider {idp}")
    try:
        visits, results = _end(configuration, IdpId(idp), account)
    except SluisError as error:
        click.echo(f"the short-lived store cannot be used: {error.code}", err=True)
        sys.exit(1)
    of_parties = {one.party.id: one for one in sorted(results, key=lambda one: one.ending is not Ending.ENDED)}
    for one in of_parties.values():
        kind = "service" if isinstance(one.party, Service) else "school"
        click.echo(f"{kind} {one.party.id} ({in_language(one.party.names, Language.EN)}): {_said(one)}")
    if not visits:
        click.echo("this person is logged in nowhere")
        return
    click.echo(f"{visits} {'visit' if visits == 1 else 'visits'} ended; no login comes of them any more")
    sys.exit(0 if all(one.ending is Ending.ENDED for one in results if isinstance(one.party, Service)) else 1)


def _end(configuration: Configuration, idp: IdpId, account: str) -> tuple[int, tuple[Result, ...]]:
    parts = parts_of(configuration.settings, configuration.keys, configuration.federation)
    settings = parts.settings.gateway
    log.configure(file=parts.settings.directory / settings.log.file if settings.log.file else None, level="info")
    kept = KeptLogins(store=parts.store, federation=parts.federation, releases=releases_of(parts), clock=parts.clock)
    logouts = logouts_of(
        parts,
        cookie=_NoBrowser(),
        saml=saml_logout_of(parts),
        openid=openid_provider_of(parts, kept),
        relying=relying_party_of(parts),
    )
    try:
        return logouts.end_person(idp, account)
    finally:
        log.close()
        parts.engine.dispose()


def _said(result: Result) -> str:
    if isinstance(result.party, Service):
        return _SAID[result.ending]
    return "its own session goes on until the school ends it"
