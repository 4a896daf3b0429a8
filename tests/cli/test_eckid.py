"""`sluis eckid hash`, against the values that the chain publishes (domain facts 2.1)."""

import pytest
from click.testing import CliRunner, Result

from gateway.cli import main

SALT = "rktYml0MIp9TC9u6Ny6uqw=="
PUPIL = ("063138219", "9735dfd2235eaeb5f0300886bcc99c82ffc1d6420c4e0bde8de7218def2135fa")
TEACHER = ("20DP teacher@school.com", "0b870ff044775ef0360655c40d5b284b7e3ae2b72207a6894794d787eb019e60")


def hashed(typed: str, salt: str = SALT) -> Result:
    return CliRunner().invoke(main, ["eckid", "hash", "--salt-env", "SALT"], input=typed, env={"SALT": salt})


def test_the_published_values_come_out():
    done = hashed(f"{PUPIL[0]}\r\n{TEACHER[0]}\n")
    assert (done.exit_code, done.stdout) == (0, f"{PUPIL[1]}\n{TEACHER[1]}\n")


def test_a_line_without_a_number_is_named_and_the_others_are_hashed():
    done = hashed(f"7\n{PUPIL[0]}\n")
    assert (done.exit_code, done.stdout) == (1, f"{PUPIL[1]}\n")
    assert done.stderr == "line 1: it has one character or none\n"


@pytest.mark.parametrize(
    ("salt", "said"), [("", "fewer than 16 bytes"), ("not base64!", "not base64"), ("YWJj", "fewer")]
)
def test_a_salt_that_is_none(salt: str, said: str):
    done = hashed(f"{PUPIL[0]}\n", salt)
    assert (done.exit_code, said in done.output) == (2, True)
    assert PUPIL[0] not in done.output
