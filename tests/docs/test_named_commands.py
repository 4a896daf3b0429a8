"""Every command, option, target and module that the documentation names is there, and can be typed as it stands."""

import importlib.util
import re
import shlex
from collections.abc import Iterator

import click
import pytest

from gateway.cli import main
from tests.support.named_in_docs import PAGES, ROOT, command_lines, nearest, none_wrong, spans


def test_commands_are_those_that_sluis_has():
    said = [
        (named, wrong)
        for page in PAGES
        for named in command_lines(page)
        for words in _calls(named.text, "sluis")
        if (wrong := _wrong_command(words))
    ]
    none_wrong(said)


def test_options_that_stand_alone_are_options_of_a_command():
    known = {name for command in _all_commands(main) for one in command.params for name in one.opts}
    said = [
        (named, f"no command has {found}{nearest(found, known)}")
        for page in PAGES
        for named in spans(page)
        if (found := named.text.split()[0]).startswith("--") and found not in known
    ]
    none_wrong(said)


def test_targets_are_those_of_the_makefile():
    text = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z-]+):", text, re.MULTILINE))
    said = [
        (named, f"the Makefile has no {target}{nearest(target, targets)}")
        for page in PAGES
        for named in command_lines(page)
        for words in _calls(named.text, "make")
        for target in words
        if "=" not in target and target not in targets
    ]
    none_wrong(said)


def test_modules_that_are_run_are_there():
    said = [
        (named, f"`python -m {module} {argument}` runs nothing")
        for page in PAGES
        for named in command_lines(page)
        for module, argument in re.findall(r"\bpython3? -m ([\w.]+)(?: ([a-z]\w+))?", named.text)
        if module.split(".")[0] in {"gateway", "tests"} and not _runs(module, argument)
    ]
    none_wrong(said)


def _runs(module: str, argument: str) -> bool:
    """Whether there is such a module; what it is told to run is one within it, where it is a package."""
    found = importlib.util.find_spec(module)
    if found is None or found.submodule_search_locations is None or not argument:
        return found is not None
    return importlib.util.find_spec(f"{module}.{argument}") is not None


def _calls(line: str, program: str) -> Iterator[list[str]]:
    """The words behind each call of the program in a line."""
    for part in re.split(r" \| |;|&&|\$\(|\)", re.sub(r"\s[<>].*", "", line)):
        words = re.sub(r"^(?:[A-Z_]+=\S+ |sudo |\S*/(?=sluis))+", "", part.strip())
        if words == program or words.startswith(f"{program} "):
            yield shlex.split(words)[1:]


def _all_commands(command: click.Command) -> Iterator[click.Command]:
    if not isinstance(command, click.Group):
        yield command
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        inner = command.get_command(context, name)
        assert inner is not None
        yield from _all_commands(inner)


def _wrong_command(words: list[str]) -> str:
    """What is wrong with a command line; nothing, when all of it can be typed. `new|retire` are two of a group."""
    command: click.Command = main
    path = "sluis"
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        if words[0] in {"COMMAND", "..."}:
            return ""
        context = click.Context(command, info_name=path)
        first, *words = words
        found = {name: command.get_command(context, name) for name in first.split("|")}
        for name, inner in found.items():
            if inner is None:
                return f"there is no `{path} {name}`{nearest(name, command.list_commands(context))}"
            command, path = inner, f"{path} {name}"
    return _wrong_words(command, path, [word for word in words if word != "..."])


def _wrong_words(command: click.Command, path: str, words: list[str]) -> str:
    context = click.Context(command, info_name=path)
    try:
        values, rest, _ = command.make_parser(context).parse_args(list(words))
    except click.UsageError as cause:
        return f"`{path}`: {cause.format_message()}"
    if rest:
        return f"`{path}` takes no {' '.join(rest)}"
    needed = [one for one in command.params if isinstance(one, click.Argument) and one.required]
    missing = [one.make_metavar(context) for one in needed if not isinstance(values.get(str(one.name)), str | tuple)]
    if 0 < len(missing) < len(needed):
        return f"`{path}` needs {' '.join(missing)} as well"
    for one in command.params:
        given = values.get(str(one.name))
        choices = one.type.choices if isinstance(one.type, click.Choice) else ()
        if choices and isinstance(given, str) and not given.isupper() and given not in choices:
            return f"`{path}`: {one.name} cannot be {given}{nearest(given, map(str, choices))}"
    return ""


WRONG = {
    "vault imprt DIR": "import?",
    "vault import DIR FILE --dryrun": "--dry-run",
    "keys new DIR": "as well",
    "check DIR more": "takes no more",
    "keys new DIR oidc_signing --kind p-257": "p-256?",
}


@pytest.mark.parametrize(("command", "said"), WRONG.items())
def test_a_wrong_command_is_found_with_what_would_be_right(command: str, said: str):
    assert said in _wrong_command(command.split())
