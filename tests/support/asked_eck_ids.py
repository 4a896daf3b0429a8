"""What tests of `sluis eckid` share: learners of a school, and the command as an operator types it."""

from pathlib import Path

from click.testing import CliRunner, Result

from gateway.cli import main
from gateway.demo.nummervoorziening import SECTORS

OIN = "0000000700099XA00000"
PO = SECTORS["Primair onderwijs"]
FENNA, DAAN, EMMA = (f"https://ketenid.nl/sppilot/{digit * 128}" for digit in "fde")
FILE = (
    "account,school,stampseudonym,checked\n"
    f"fenna,99XA,{FENNA},2026-08-20\ndaan,99XA,{DAAN},2026-08-20\nemma,99XA,{EMMA},\n"
)


def change(file: Path, before: str, after: str) -> None:
    text = file.read_text("utf-8")
    assert before in text
    file.write_text(text.replace(before, after, 1), "utf-8")


def sluis(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(one) for one in arguments])
