"""The tables of the guides say what dialects, scopes and statuses are."""

import re

from gateway.attributes.dialects import NAMES, OIDC, dialect
from gateway.domain.attribute import Attribute
from gateway.domain.errors import CATALOGUE, ErrorCode, SluisError
from gateway.domain.fallback import Fallback
from gateway.oidc.op.errors import oauth_error
from gateway.oidc.op.scopes import SCOPES
from gateway.saml.status import STATUSES
from tests.support.named_in_docs import ROOT


def rows(head: str, guide: str = "supplier") -> list[list[str]]:
    """The cells of the table that begins so, without their backticks."""
    text = (ROOT / f"docs/guides/{guide}.md").read_text("utf-8")
    table = re.search(rf"^\| {re.escape(head)} \|.*\n\|[-|]+\n((?:\|.*\n)+)", text, re.MULTILINE)
    assert table is not None, head
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in table[1].strip().split("\n")]


def test_attributes_have_the_names_of_the_dialects():
    names = [dialect(name).outgoing for name in (OIDC, *NAMES)]
    assert NAMES == ("entree", "surf")
    for attribute, claim, scope, *saml in rows("attribute"):
        known = Attribute(attribute)
        assert [claim, *saml] == [one.get(known, "") for one in names], attribute
        assert known in SCOPES[scope], attribute


def test_schools_read_what_each_dialect_takes():
    known = [dialect(name) for name in ("entree", "surf", "oidc-standard", "entra")]
    (account, *names), *attributes = rows("attribute", "school")
    assert account == "account"
    first = ["` and `".join("sub" if one == "name_id" else one for one in of.account[0]) for of in known]
    assert names == first
    for attribute, *names in attributes:
        for of, name in zip(known, names, strict=True):
            taken = [wire for wire, canonical in of.incoming.items() if canonical == attribute]
            assert name in taken if taken else name == "", (attribute, of.name)


def test_every_fallback_is_named():
    named = {name.strip(" `") for row in rows("`fallback`") for name in row[0].split(",")}
    assert named == {one.value for one in Fallback}


def test_statuses_are_those_that_go_out():
    told = set()
    for code in ErrorCode:
        status = STATUSES[CATALOGUE[code].peer]
        told.add(((status.second or status.top).rpartition(":")[2], oauth_error(SluisError(code))))
    listed = [(saml, oauth) for saml, oauth, *_ in rows("SAML status")]
    assert set(listed) <= told
    assert {saml for saml, _ in listed} == {saml for saml, _ in told}
