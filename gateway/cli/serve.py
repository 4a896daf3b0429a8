"""`sluis serve DIR`: the gateway under gunicorn."""

import gc
import os
import shutil
import tempfile
from pathlib import Path

import click

from gateway.cli.loading import directory_argument


@click.command("serve")
@directory_argument
def command(directory: Path) -> None:
    """Serve the configuration in DIR until stopped; read it anew on SIGHUP.

    An embedded database that is not there yet is made. One whose schema does not fit is refused: see `sluis db`.
    """
    os.umask(0o077)
    master = os.getpid()
    counters = tempfile.mkdtemp(prefix="sluis-metrics-")
    # Whether the counters of several processes add up is decided once, when their library is imported.
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = counters
    try:
        # What is imported stays, so that nothing of it is garbage.
        gc.disable()
        from gateway.cli.server import serve  # noqa: PLC0415

        gc.enable()

        serve(directory)
    finally:
        # Workers come by here as well when they end, and the counters are everybody's.
        if os.getpid() == master:
            shutil.rmtree(counters, ignore_errors=True)
