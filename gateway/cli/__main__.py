"""`python -m gateway.cli` is `sluis`."""

from gateway.cli import main

main(prog_name="sluis")
