"""`docs/reference/commands.md`, written from the commands themselves: `python -m gateway.cli.reference`."""

import inspect
import sys
from collections.abc import Iterator

import click

from gateway.cli import main

_HEAD = """# Commands

`sluis COMMAND --help` says the same. `DIR` is the directory of the configuration ([settings](settings.md)); a `BRIN`
has 4 characters, or 6 for a branch; days are `2026-08-01` and Dutch. What was asked for goes to standard output,
everything else to standard error. A command ends with 0 when it did what it says, with 1 when it could not or found
something wrong, with 2 when it was called wrongly.
"""


def reference() -> str:
    """The page, in Markdown."""
    return _HEAD + "".join(_of(main, "sluis"))


def _of(command: click.Command, path: str) -> Iterator[str]:
    if not isinstance(command, click.Group):
        yield _section(command, path)
        return
    context = click.Context(command, info_name=path)
    for name in command.list_commands(context):
        inner = command.get_command(context, name)
        if inner is not None and not inner.hidden:
            yield from _of(inner, f"{path} {name}")


def _section(command: click.Command, path: str) -> str:
    context = click.Context(command, info_name=path)
    usage = " ".join([path, *_places(command, context)])
    options = "".join(_option(one) for one in command.params if isinstance(one, click.Option))
    table = f"\n| option | meaning |\n|---|---|\n{options}" if options else ""
    return f"\n## `{path}`\n\n    {usage}\n\n{inspect.cleandoc(command.help or '')}\n{table}"


def _places(command: click.Command, context: click.Context) -> Iterator[str]:
    for one in command.params:
        if isinstance(one, click.Argument):
            yield one.make_metavar(context)
    if any(isinstance(one, click.Option) for one in command.params):
        yield "[OPTIONS]"


def _option(option: click.Option) -> str:
    names = ", ".join(f"`{name}`" for name in (*option.opts, *option.secondary_opts))
    kind = "" if option.is_flag or option.count else f" {_kind(option)}"
    said = [option.help or ""]
    if option.required:
        said.append("**Needed.**")
    if option.multiple:
        said.append("Can be given several times.")
    if default := _default(option):
        said.append(f"Default: {default}.")
    return f"| {names}{kind} | {' '.join(said)} |\n"


def _kind(option: click.Option) -> str:
    if option.metavar:
        return option.metavar
    if isinstance(option.type, click.Choice):
        return " or ".join(f"`{one}`" for one in option.type.choices)
    if isinstance(option.type, click.DateTime):
        return "DAY"
    return option.type.name.upper()


def _default(option: click.Option) -> str:
    if option.is_flag:
        return ""
    found = option.default
    values = found if isinstance(found, list | tuple) else [found]
    return ", ".join(f"`{value}`" for value in values if isinstance(value, str | int) and value != "")


if __name__ == "__main__":
    sys.stdout.write(reference())
