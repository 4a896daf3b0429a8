"""Files that change are seen when nobody is half-way any more; and a gateway that watches them needs no signal."""

from pathlib import Path

import pytest

from gateway.cli.changes import Changes
from tests.support.reloaded import Person, running


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    for name in ("gateway.yaml", "schools/po.yaml", "var/sluis.log"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("before")
    return tmp_path


def test_a_change_is_told_once_when_it_is_over(directory: Path):
    changes = Changes(directory)
    assert not changes.settled()
    for text in ("half", "whole text"):
        (directory / "schools/po.yaml").write_text(text)
        assert not changes.settled(), "somebody may be writing"
    assert changes.settled()
    assert not changes.settled()


@pytest.mark.parametrize("change", ["new", "gone", "replaced"])
def test_files_that_come_go_and_are_put_in_the_place_of_others(change: str, directory: Path):
    changes, entry = Changes(directory), directory / "schools/po.yaml"
    if change == "new":
        (directory / "services").mkdir()
        (directory / "services/klas.yaml").write_text("")
    elif change == "gone":
        entry.unlink()
    else:
        (directory / "schools/fresh").write_text("after!")
        (directory / "schools/fresh").replace(entry)
    assert [changes.settled() for _ in range(3)] == [False, True, False]


def test_what_the_gateway_writes_and_what_is_hidden_is_no_change(directory: Path):
    changes = Changes(directory)
    (directory / "var/sluis.log").write_text("a line more")
    (directory / "schools/.po.yaml.swp").write_text("an editor's")
    (directory / "schools/dangling").symlink_to("nowhere")
    assert not any(changes.settled() for _ in range(3))


def test_what_is_read_anyway_is_not_told_again(directory: Path):
    changes = Changes(directory)
    (directory / "gateway.yaml").write_text("after")
    changes.forget()
    assert not any(changes.settled() for _ in range(3))


def test_a_directory_that_is_gone_for_a_moment(directory: Path, tmp_path: Path):
    changes = Changes(directory / "schools")
    (directory / "schools").rename(tmp_path / "elsewhere")
    assert not changes.settled()
    (tmp_path / "elsewhere").rename(directory / "schools")
    assert not any(changes.settled() for _ in range(3))


def _watching(directory: Path) -> None:
    with (directory / "gateway.yaml").open("a") as gateway:
        gateway.write("reload_on_change: true\n")


def test_a_gateway_that_watches_takes_what_is_sound_and_refuses_what_is_not(tmp_path: Path):
    with running(tmp_path / "gateway", _watching) as gateway:
        gateway.rename("Zonder signaal")
        assert gateway.shows("Zonder signaal<")
        sound = (gateway.directory / "gateway.yaml").read_text()
        (gateway.directory / "gateway.yaml").write_text("base_url: nowhere\n")
        assert gateway.shows(" errors; the gateway goes on", "/health/ready")
        Person(gateway.address.host, gateway.address.port).login()
        (gateway.directory / "gateway.yaml").write_text(sound)
        assert gateway.shows('"ready"', "/health/ready")
        assert gateway.becomes(lambda: gateway.taken() == 2)
