"""Commands as an operator types them."""

from pathlib import Path

from click.testing import CliRunner, Result

from gateway.cli import main


def sluis(*arguments: str | Path) -> Result:
    """On a wide screen."""
    return CliRunner(env={"COLUMNS": "160"}).invoke(main, [str(one) for one in arguments])
