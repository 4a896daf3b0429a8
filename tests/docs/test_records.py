"""docs/reference/records.md names every column, every kind of short-lived record and every cookie, where it belongs."""

import re
from itertools import chain

from sqlalchemy import Date, DateTime, Integer, LargeBinary

from gateway.settings.models.retention import Retention
from gateway.storage.schema import metadata
from tests.support.named_in_docs import ROOT

PAGE = (ROOT / "docs/reference/records.md").read_text("utf-8")
NOT_IN_THE_STORE = {"https", "mailto", "urn", "eck"}
"""What looks like the key of a record in the source, and is none."""


def rows(head: str) -> list[list[str]]:
    table = re.search(rf"^\| {head} \|.*\n\|[-|]+\n((?:\|.*\n)+)", PAGE, re.MULTILINE)
    assert table is not None, head
    return [line.strip("|").split("|") for line in table[1].strip().split("\n")]


def named(cell: str) -> set[str]:
    return set(re.findall(r"`([a-z_-]+)`", re.sub(r"\([^)]*\)", "", cell).partition(":")[0]))


def test_every_column_is_named_once_as_what_it_is():
    found = {
        next(iter(named(table))): (named(opened), named(hashed), named(sealed))
        for table, opened, hashed, sealed, _ in rows("table")
    }
    assert set(found) == set(metadata.tables)
    for name, table in metadata.tables.items():
        opened, hashed, sealed = found[name]
        listed = [*chain(opened, hashed, sealed)]
        assert sorted(listed) == sorted(column.name for column in table.columns), name
        assert sealed == {column.name for column in table.columns if isinstance(column.type, LargeBinary)}, name
        for column in table.columns:
            if isinstance(column.type, Date | DateTime | Integer):
                assert column.name in opened, f"{name}.{column.name}"


def test_what_is_of_an_account_is_hashed():
    """Names that columns with a keyed hash of somebody have, wherever they stand."""
    for table, opened, _, _, _ in rows("table"):
        shown = named(opened)
        assert not shown & {"account", "holder", "linked", "mark", "subject_hash", "subject_mark", "anchor"}, table


def test_every_period_of_retention_is_named():
    ends = " ".join(cells[-1] for cells in rows("table"))
    for period in Retention.model_fields:
        assert f"`retention.{period}`" in ends


def test_every_kind_of_short_lived_record_is_named():
    rooms = ("login", "oidc", "saml", "web", "pages", "storage")
    sources = [path.read_text("utf-8") for room in rooms for path in (ROOT / "gateway" / room).rglob("*.py")]
    kinds = {
        kind
        for text in sources
        for kind in re.findall(r'(?:f"|_keep\("|Opened\(")([a-z]+(?:-[a-z]+)*)(?::\{|", )', text)
    }
    listed = {kind for cells in rows("kinds of keys") for kind in named(cells[0])}
    assert listed == kinds - NOT_IN_THE_STORE


def test_every_cookie_is_named():
    sources = (path.read_text("utf-8") for path in (ROOT / "gateway").rglob("*.py"))
    given = {name for text in sources for name in re.findall(r'name_of\("([a-z-]+)"', text)}
    assert {name for cells in rows("cookie") for name in named(cells[0])} == given
