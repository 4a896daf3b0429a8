"""The quick reading of YAML and the thorough one say the same; lines are counted only when something is wrong."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from gateway.settings.document import Document, read_document
from gateway.settings.events import FirstReading, NeedsNodes
from gateway.settings.loader import load
from gateway.settings.nodes import read_nodes
from tests.support.configuration import write_configuration

_SCALARS = (
    st.sampled_from(
        ["yes", "no", "on", "~", "null", "", "12", "0x1f", "1e3", ".5", "2026-02-30", "2026-09-07", "=", "<<"]
    )
    | st.text(st.characters(min_codepoint=32, max_codepoint=0x17F), max_size=8)
    | st.integers()
    | st.booleans()
    | st.none()
    | st.dates()
)
_VALUES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_SCALARS, inner, max_size=3), max_leaves=12
)


def thorough(text: str) -> object:
    return read_nodes(text, file="a.yaml", lines={}, problems=[])


@given(_VALUES, st.sampled_from([None, True, False]))
def test_both_readings_say_the_same(value: object, flow: bool | None):
    text = yaml.safe_dump(value, default_flow_style=flow, allow_unicode=True)
    try:
        found = FirstReading(text).value()
    except NeedsNodes:
        return
    assert found == thorough(text)
    assert repr(found) == repr(thorough(text))


@given(st.lists(st.sampled_from("abnyo01.~:-,{}[]\"'\n #&*!|>"), max_size=20).map("".join))
def test_the_quick_reading_takes_nothing_that_the_thorough_one_refuses(text: str):
    try:
        found = FirstReading(text).value()
    except (NeedsNodes, yaml.YAMLError):
        return
    assert repr(found) == repr(thorough(text))


@pytest.mark.parametrize(
    "text",
    ["a: 1\na: 2", "a: &b 1\nc: *b", "a: !!str 1", "<<: {a: 1}", "? [a]\n: 1", "a: 1\n---\nb: 2", "[" * 40 + "]" * 40],
)
def test_what_is_rare_is_left_to_the_thorough_reading(text: str):
    with pytest.raises(NeedsNodes):
        FirstReading(text).value()


def test_no_line_is_counted_of_a_configuration_with_nothing_wrong_in_it(tmp_path: Path):
    write_configuration(tmp_path)
    settings = load(tmp_path)
    entries = [*settings.identity_providers, *settings.services, *settings.schools, *settings.agreements]
    assert all(entry.document.known_lines is None for entry in entries)
    assert [entry.place("id").line for entry in settings.identity_providers] == [1]


def test_lines_are_those_of_the_text_that_was_read(tmp_path: Path):
    path = tmp_path / "list.yaml"
    path.write_text("- id: a\n  names: {nl: A}\n- id: b\n  names:\n    nl: B\n")
    document = read_document(path, file="list.yaml", problems=[])
    assert isinstance(document, Document)
    path.write_text("# changed meanwhile\n\n\n- id: c\n")
    assert str(document.place((1, "names", "nl"))) == "list.yaml:5"
    assert str(document.place((1, "nothing"))) == "list.yaml:3"
