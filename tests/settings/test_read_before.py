"""What was read of a large file is read again only when its text is another, or what is kept is not the gateway's."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.settings import read_before
from gateway.settings.loader import load
from gateway.settings.models.keys import Keys
from gateway.settings.problems import Problems
from gateway.settings.read_before import ReadBefore
from gateway.storage.sealing import SecretKey
from tests.support.configuration import write_configuration

_KEY = SecretKey("s1", b"k" * 32)
_KEYS = st.text(max_size=4) | st.sampled_from(["\0pairs", "\0day", "\0moment"]) | st.integers()
_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=6)
    | st.dates()
    | st.datetimes().map(lambda one: one.replace(fold=0))
)
_VALUES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=3), max_leaves=10
)
FILE = "schools/schools.yaml"


@pytest.fixture(autouse=True)
def _however_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_before, "LARGE", 0)


@given(value=_VALUES)
def test_values_come_back_as_they_were(tmp_path_factory: pytest.TempPathFactory, value: object):
    before = ReadBefore(tmp_path_factory.mktemp("kept"), _KEY)
    before.keep(FILE, "text", value)
    assert repr(before.find(FILE, "text")) == repr(value)


def test_another_text_another_file_another_key_and_a_changed_value_are_not_known(tmp_path: Path):
    before = ReadBefore(tmp_path, _KEY)
    before.keep(FILE, "text", {"a": 1})
    assert before.find(FILE, "text") == {"a": 1}
    assert before.find(FILE, "other") is None
    assert ReadBefore(tmp_path, SecretKey("s1", b"l" * 32)).find(FILE, "text") is None

    kept = tmp_path / "var/read/schools--schools.yaml.json"
    (tmp_path / "var/read/services--all.yaml.json").write_bytes(kept.read_bytes())
    assert before.find("services/all.yaml", "text") is None
    kept.write_text(kept.read_text().replace('"a":1', '"a":2'))
    assert before.find(FILE, "text") is None
    kept.write_bytes(b"\xff")
    assert before.find(FILE, "text") is None
    assert kept.stat().st_mode & 0o077 == 0


def test_small_files_are_read_each_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(read_before, "LARGE", 5)
    before = ReadBefore(tmp_path, _KEY)
    before.keep(FILE, "text", {"a": 1})
    assert not (tmp_path / "var").exists()
    assert before.find(FILE, "text") is None


def test_a_directory_that_cannot_be_written_to_costs_nothing_else(tmp_path: Path):
    (tmp_path / "var").touch()
    ReadBefore(tmp_path, _KEY).keep(FILE, "text", {"a": 1})
    assert ReadBefore(tmp_path, _KEY).find(FILE, "text") is None


def test_a_configuration_says_the_same_when_it_was_read_before(tmp_path: Path):
    write_configuration(tmp_path)
    first, again = load(tmp_path), load(tmp_path)
    assert (tmp_path / "var/read/schools--schools.yaml.json").exists()
    for kind in ("schools", "identity_providers", "services", "agreements"):
        assert [one.value for one in getattr(first, kind)] == [one.value for one in getattr(again, kind)]
    assert again.schools[0].place("brin") == first.schools[0].place("brin")


def test_what_is_wrong_keeps_its_line_when_it_was_read_before(tmp_path: Path):
    write_configuration(tmp_path)
    path = tmp_path / FILE
    path.write_text(path.read_text() + "- brin: wrong\n  names: {nl: A}\n  sector: po\n")
    said = []
    for _ in range(2):
        with pytest.raises(Problems) as caught:
            load(tmp_path)
        said.append([str(one) for one in caught.value.problems])
    assert said[0] == said[1]
    assert any(FILE in one for one in said[0])


def test_without_a_key_nothing_is_kept(tmp_path: Path):
    assert read_before.read_before(tmp_path, None) is None
    write_configuration(tmp_path)
    keys = load(tmp_path).keys
    assert isinstance(keys, Keys)
    (tmp_path / "keys/sealing.secret").unlink()
    assert read_before.read_before(tmp_path, keys) is None
