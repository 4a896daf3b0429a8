"""The `sluis` command; each command in a file of its own, imported when it is used.

Owns: what an operator types and reads, and the processes of `sluis serve`: the server, its workers, their reload.
Must not know: how anything is decided; it asks the rooms below, as the application does.
"""

import importlib

import click

_COMMANDS = {
    "accounts": "gateway.cli.accounts",
    "anomalies": "gateway.cli.anomalies",
    "check": "gateway.cli.check",
    "db": "gateway.cli.db",
    "eckid": "gateway.cli.eckid",
    "explain": "gateway.cli.explain",
    "find": "gateway.cli.find",
    "forget": "gateway.cli.forget",
    "init": "gateway.cli.init",
    "keys": "gateway.cli.keys",
    "ledger": "gateway.cli.ledger",
    "links": "gateway.cli.links",
    "metadata": "gateway.cli.metadata",
    "policy": "gateway.cli.policy",
    "purge": "gateway.cli.purge",
    "reload": "gateway.cli.reload",
    "report": "gateway.cli.report",
    "serve": "gateway.cli.serve",
    "service": "gateway.cli.service",
    "sessions": "gateway.cli.sessions",
    "succession": "gateway.cli.succession",
    "vault": "gateway.cli.vault",
}


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        module = _COMMANDS.get(cmd_name)
        command: click.Command | None = importlib.import_module(module).command if module else None
        return command


def _say_version(context: click.Context, _option: click.Parameter, wanted: bool) -> None:  # noqa: FBT001 - click's form
    if wanted:
        click.echo(f"sluis {importlib.import_module('gateway.cli.build').said()}")
        context.exit()


@click.command(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_say_version,
    help="Print the version and the commit that it was built from.",
)
def main() -> None:
    """Sluis, a federated identity gateway for Dutch education."""
