"""`sluis service diff` and `sluis policy diff`, as an operator types them."""

import json

import pytest

from gateway.demo.federation import write_federation
from tests.support.typed import sluis


@pytest.fixture(scope="module")
def federation(tmp_path_factory):
    return write_federation(tmp_path_factory.mktemp("differences") / "config", port=8124).directory


@pytest.fixture
def stricter(federation, tmp_path):
    """The same policy but for first names, which go in primary education no more, and surnames, which are initials."""
    text = (federation / "policy.yaml").read_text("utf-8").replace('"2026.2"', '"2027.1"')
    text = text.replace("given_name: {class: base,", "given_name: {class: base, sectors: {po: {class: never}},")
    text = text.replace("surname: {class: base,", "surname: {class: base, reduction: initial,")
    path = tmp_path / "new.yaml"
    path.write_text(text, "utf-8")
    return path


def test_what_a_new_set_asks(federation):
    result = sluis("service", "diff", federation, "rekentuin", "1", "2")
    assert result.exit_code == 0
    assert "surname" in result.stdout
    assert "not asked" in result.stdout
    assert "given_name" not in result.stdout
    [change] = json.loads(sluis("service", "diff", federation, "rekentuin", "1", "2", "--json").stdout)
    assert change == {"attribute": "surname", "before": "", "after": "class-list"}
    assert "ask the same" in sluis("service", "diff", federation, "rekentuin", "2", "2").stdout


@pytest.mark.parametrize("words", [("rekentuyn", "1", "2"), ("rekentuin", "1", "3"), ("rekentuin", "one", "2")])
def test_a_set_that_is_not_there(federation, words):
    assert sluis("service", "diff", federation, *words).exit_code == 2


def test_which_releases_a_new_policy_changes_for_whom(federation, stricter):
    result = sluis("policy", "diff", federation / "policy.yaml", stricter, "--json")
    assert result.exit_code == 0
    changes = json.loads(result.stdout)
    assert {(one["attribute"], one["before"], one["after"]) for one in changes["classes"]} == {
        ("given_name", "base", "never"),
        ("surname", "base", "base, reduced: initial"),
    }
    assert [one["whom"] for one in changes["classes"]] == [["everybody in po, so"], ["everybody"]]
    pupils = [one for one in changes["releases"] if one["service"] == "leesplein" and one["role"] == "student"]
    assert [(one["attribute"], one["before"], one["after"], one["schools"]) for one in pupils] == [
        ("given_name", "yes", "no", 1),
        ("surname", "yes", "initial", 2),
    ]


def test_policies_as_tables(federation, stricter):
    table = sluis("policy", "diff", federation / "policy.yaml", stricter).stdout
    assert "policy 2026.2 to 2027.1" in table
    assert "releases that change" in table
    same = sluis("policy", "diff", federation / "policy.yaml", federation / "policy.yaml").stdout
    assert "say the same" in same
    assert "name one with --in" in sluis("policy", "diff", stricter.parent / "new.yaml", _alone(stricter)).stdout


def _alone(path):
    other = path.with_name("newer.yaml")
    other.write_text(path.read_text("utf-8").replace("reduction: initial, ", ""), "utf-8")
    return other


def test_a_policy_that_cannot_be_read(federation, tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text("version: 1\n", "utf-8")
    result = sluis("policy", "diff", federation / "policy.yaml", path)
    assert result.exit_code == 1
    assert "bad.yaml" in result.stderr
