"""`docs/reference/faults.md`: a row for each fault, in the words of what the test saw that made it.

A test that saw something else than the page says fails. `make faults` makes them all and writes the page anew.
"""

import os
import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from html import unescape
from pathlib import Path

from gateway.domain.errors import ErrorCode

PAGE = Path(__file__).parents[2] / "docs/reference/faults.md"
SEEN_INTO = "SLUIS_FAULTS_SEEN"
"""Names the directory into which rows are written instead of being held against the page."""

_TITLE = re.compile(r"<h1>(.*?)</h1>", re.DOTALL)
_CODE = re.compile(r"<code>([a-z_]+)</code>")
_MADE = re.compile(
    r"All rows are of one run of\n`make faults`, at commit `[0-9a-f]{10}`(?: and what was changed in it)?,"
    r" on a machine of [0-9]+ cores, which took [0-9]+ minutes\."
)
_HEAD = """# Faults: what they do to people

What breaks while somebody logs in, what they saw, what was lost, how long it took until the next person got in.
Each row is the words of the test that made the fault (`tests/faults`), with real servers; `make faults` writes them,
and a test that sees something else fails. MADE
What is decided for outages, and what to do about them, is in [outages](outages.md).

In no row was anything lost that had been acknowledged: every release that the ledger said it had kept was in it
afterwards, and every answer that a service got had its row. The test of each row looks. Times are of the gateway's own
clock, after the fault had ended; "at the next try" is at once.

"""
_COLUMNS = "| fault | what the pupil saw | what was lost | well again |\n|---|---|---|---|\n"


class Fault(StrEnum):
    """All of them, in the order of the page."""

    WORKER_AT_START = (
        "a worker is killed (`kill -9`) while a service's request is being answered:"
        " before each call of a store, and as the answer leaves"
    )
    WORKER_AT_ANSWER = "the same while the school's answer is being read"
    WORKER_AT_TOKEN = "the same while an OpenID Connect client redeems its code"
    WORKER_AT_USERINFO = "the same while a client asks UserInfo"
    REDIS_RESTARTED = "Redis stops while the pupil is at school, and starts with what it had"
    REDIS_EMPTY = "Redis stops while the pupil is at school, and starts empty"
    REDIS_FAILS_OVER = "Redis's master is killed while the pupil is at school; Sentinel makes its replica master"
    REDIS_HANGS = "Redis hangs"
    REDIS_HALF_OPEN = "every connection to Redis is half open: it stands, and nothing comes of it"
    REDIS_FULL = "Redis has no memory left"
    POSTGRESQL_KILLED = "PostgreSQL is killed while the pupil is at school, and started"
    POSTGRESQL_RESTARTED = "PostgreSQL is started anew while nobody asks it anything"
    POSTGRESQL_HANGS = "PostgreSQL hangs"
    POSTGRESQL_HALF_OPEN = "every connection to PostgreSQL is half open"
    POSTGRESQL_DISK_FULL = "PostgreSQL's disk is full: no table may grow"
    POSTGRESQL_LOG_FULL = (
        "PostgreSQL's log of changes has no room left while the pupil is at school, so that it goes down;"
        " it gets some, and is started"
    )
    BROWSERS_VANISH = (
        "browsers vanish without a word, more than there are threads, and their connections stand half open: idle,"
        " in the middle of a request, before they took an answer"
    )
    BROWSER_VANISHES_SENDING = "the pupil's own does, in the middle of sending the school's answer"
    BROWSER_VANISHES_WAITING = "the pupil's own does, before it took the answer for the service"
    DISK_OF_THE_LEDGER_FULL = "embedded stores: the disk of the ledger is full"
    DISK_FULL = "embedded stores: the one disk of everything is full"
    CLOCK_AHEAD = "the gateway's clock jumps an hour ahead while the pupil is at school, and is put right"
    CLOCK_BEHIND = "the gateway's clock jumps an hour back while the pupil is at school, and is put right"
    MACHINE_CLOCK_AHEAD = (
        "embedded stores: the machine's clock jumps an hour ahead while the pupil is at school, and is put right"
    )
    MACHINE_CLOCK_BEHIND = (
        "embedded stores: the machine's clock jumps an hour back while the pupil is at school, and is put right"
    )
    NO_NAMES = "DNS is gone; the school speaks SAML"
    NO_NAMES_OPENID = "DNS is gone; the school speaks OpenID Connect"
    NO_NAMES_AND_RESTART = "DNS is gone, and Redis and PostgreSQL break their connections"
    SCHOOL_AFTER_A_MINUTE = "the school's page takes 60 s; it speaks SAML"
    SCHOOL_HANGS_OPENID = "the school's token endpoint takes 60 s; it speaks OpenID Connect"
    SCHOOL_DOCUMENTS_HANG = "its metadata and its key set take 60 s, and were read an hour before"
    SCHOOL_SILENT_OPENID = "the school takes connections and answers nothing, not even where its endpoints are"
    SCHOOL_HALF_OPEN_OPENID = "every connection to the school is half open; it speaks OpenID Connect"
    NUMMERVOORZIENING_SILENT = (
        "Nummervoorziening takes connections and answers nothing; the pupil's ECK iD has to come from there"
    )


@dataclass(frozen=True, slots=True)
class Seen:
    """What a person saw."""

    status: int
    page: str

    def __str__(self) -> str:
        """In words: the title of the page, in English, with its status and code."""
        if self.status == 200:
            return "gets in"
        title = " ".join(unescape(_TITLE.findall(self.page)[0]).split())
        codes = [f", `{code}`" for code in _CODE.findall(self.page) if code in set(ErrorCode)]
        return f"“{title}” ({self.status}{''.join(codes[:1])})"


class Ending(StrEnum):
    """What became of the login that was under way."""

    GOES_ON = "nothing"
    BY_RELOAD = "nothing: the same page, sent again, ends the login"
    BEGINS = "nothing: the same page, sent again, begins the login"
    ANEW = "the login under way, which the pupil begins anew"


def acknowledged(said: Collection[str], there: Collection[str]) -> None:
    """Every release that was said to be kept is there."""
    missing = set(said) - set(there)
    assert not missing, f"{len(missing)} acknowledged rows are lost"


def note(fault: Fault, *, saw: object, lost: str, well: str) -> None:
    """Hold what a test saw against the page, or write it down for the page."""
    line = f"| {fault.value} | {saw} | {lost} | {well} |"
    if directory := os.environ.get(SEEN_INTO):
        written_down = Path(directory) / fault.name
        assert not written_down.exists() or written_down.read_text("utf-8") == line, "two tests saw two things"
        written_down.write_text(line, "utf-8")
        return
    [says] = [one for one in lines() if one.startswith(f"| {fault.value} |")] or ["nothing"]
    assert line == says, f"{fault.name}: run `make faults`, and look at what has changed"


def lines() -> list[str]:
    """The rows of the page."""
    return [one for one in PAGE.read_text("utf-8").splitlines() if one.startswith("| ")][1:]


def made() -> str:
    """What the page says of the run that wrote it."""
    found = _MADE.search(PAGE.read_text("utf-8"))
    return found[0] if found else ""


def written(rows: Collection[str], made: str) -> str:
    """The page with these rows, of a run of which this is said."""
    return _HEAD.replace("MADE", made) + _COLUMNS + "".join(f"{row}\n" for row in rows)
