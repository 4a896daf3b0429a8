"""Changes in `keys.yaml`: the operator's comments, order and form stay, and what is written means what it should."""

from datetime import UTC, datetime

import pytest
import yaml

from gateway.domain.key_ring import KeyState
from gateway.settings.keys_text import CannotEdit, moved_behind, with_entry, with_state

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
BLOCK = """\
# ours
saml_signing:  # two
# the first, of the audit of 2026
- id: a1
  state: active   # do not touch
  since: 2026-08-01T00:00:00Z
  key: {file: keys/a-1.key}  # on the vault's volume

  # and the next
- since: 2026-08-02T00:00:00Z
  id: a2
  key: {env: A2}
  state: 'next'
# the end

sealing:
  - {id: s1, state: active, since: 2026-08-01T00:00:00Z, secret: {file: s}}
"""
FLOW = "sealing: [{id: s1, state: previous, since: 2026-08-01}, {id: s2, state: next, since: 2026-08-01}]\n"


def test_a_state_changes_and_nothing_else_does():
    changed = with_state(BLOCK, "saml_signing", 1, state=KeyState.ACTIVE, since=NOW)
    changed = with_state(changed, "saml_signing", 0, state=KeyState.PREVIOUS, since=NOW)

    assert changed == BLOCK.replace("state: active   #", "state: previous   #").replace("'next'", "active").replace(
        "2026-08-02T00:00:00Z", "2026-11-25T12:00:00Z"
    ).replace("since: 2026-08-01T00:00:00Z\n", "since: 2026-11-25T12:00:00Z\n")


def test_a_key_is_added_behind_the_last_with_the_indentation_of_the_others():
    changed = with_entry(BLOCK, "saml_signing", ["id: a3", "state: next"])
    changed = with_entry(changed, "sealing", ["id: s2", "state: next"])

    assert changed == BLOCK.replace("state: 'next'\n", "state: 'next'\n- id: a3\n  state: next\n") + (
        "  - id: s2\n    state: next\n"
    )


def test_a_key_is_added_to_a_list_on_one_line():
    assert with_entry(FLOW, "sealing", ["id: s3", "state: next"]) == FLOW.replace("]", ", {id: s3, state: next}]")
    assert with_entry("oidc_signing: []\n", "oidc_signing", ["id: o1"]) == "oidc_signing: [{id: o1}]\n"


@pytest.mark.parametrize("text", ["sealing: [{id: s1}]\n", "sealing: [{id: s1}]", "sealing:\n- id: s1"])
def test_a_ring_that_is_not_there_yet(text):
    changed = yaml.safe_load(with_entry(text, "ledger", ["id: l1", "secret: {file: l}"]))
    assert changed == {"sealing": [{"id": "s1"}], "ledger": [{"id": "l1", "secret": {"file": "l"}}]}


def test_the_last_line_may_lack_its_end():
    assert with_entry("sealing:\n- id: s1", "sealing", ["id: s2"]) == "sealing:\n- id: s1\n- id: s2\n"


def test_a_key_moves_with_its_comments():
    moved = moved_behind(BLOCK, "saml_signing", 0, 1)

    assert (
        moved
        == """\
# ours
saml_signing:  # two
  # and the next
- since: 2026-08-02T00:00:00Z
  id: a2
  key: {env: A2}
  state: 'next'

# the first, of the audit of 2026
- id: a1
  state: active   # do not touch
  since: 2026-08-01T00:00:00Z
  key: {file: keys/a-1.key}  # on the vault's volume
# the end

sealing:
  - {id: s1, state: active, since: 2026-08-01T00:00:00Z, secret: {file: s}}
"""
    )


def test_a_key_moves_within_a_line():
    moved = yaml.safe_load(moved_behind(FLOW, "sealing", 0, 1))
    assert [one["id"] for one in moved["sealing"]] == ["s2", "s1"]


@pytest.mark.parametrize(
    "change",
    [
        lambda: with_state("sealing: [x]\n", "sealing", 0, state=KeyState.ACTIVE, since=NOW),
        lambda: with_state(
            "sealing: [{id: s1, state: [a], since: b}]\n", "sealing", 0, state=KeyState.ACTIVE, since=NOW
        ),
        lambda: with_entry("sealing: {a: b}\n", "sealing", ["id: s2"]),
        lambda: with_entry("{sealing: []}\n", "sealing", ["id: s2"]),
        lambda: with_entry("- a\n", "sealing", ["id: s2"]),
        lambda: with_entry("a: [\n", "sealing", ["id: s2"]),
        lambda: moved_behind("sealing:\n- id: s1\n- id: s2", "sealing", 0, 1),
        lambda: moved_behind("sealing: x\n", "sealing", 0, 1),
    ],
)
def test_what_it_does_not_know_its_way_about_in_it_leaves_alone(change):
    with pytest.raises(CannotEdit):
        change()
