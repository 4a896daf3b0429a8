"""`make demo` as a newcomer starts it: one process, everybody answers, Ctrl-C ends it all."""

import signal
import socket
import subprocess
import sys
from pathlib import Path
from threading import Event

import pytest

from gateway.demo.federation import address, write_federation
from gateway.demo.people import CLIENTS, GUIDE_HOST, SCHOOLS, SERVICES
from gateway.demo.servers import HOSTS, is_free
from tests.support.browser_like import Tab
from tests.support.demo import free_port

pytestmark = pytest.mark.untraced

REPOSITORY = Path(__file__).parents[2]
DEMO = (sys.executable, "-m", "gateway.demo")


def start(*arguments: str | Path) -> subprocess.Popen[str]:
    command = (*DEMO, *map(str, arguments))
    return subprocess.Popen(command, cwd=REPOSITORY, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def said_until(process: subprocess.Popen[str], last: str) -> str:
    """What it printed, up to the line with these words."""
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if last in line:
            return said
    pytest.fail(f"it ended without saying {last!r}: {said} {process.communicate()[1]}")


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo") / "demo"


def test_it_starts_everybody_says_where_to_click_and_stops_everybody(directory: Path) -> None:
    port = free_port()
    process = start("--port", str(port), "--directory", directory)
    try:
        said = said_until(process, "Ctrl-C")
        guide = Tab().open(address(GUIDE_HOST, port) + "/")
        people = [person for school in SCHOOLS for person in school.people]
        for text in (said, guide.text):
            assert all(person.given_name in text for person in people)
        for service in (*SERVICES, *CLIENTS):
            assert address(service.host, port) in said
            assert guide.open(address(GUIDE_HOST, port) + "/").follow(service.name).title == service.name
        assert "Kies je school" in guide.follow("Log in").title
    finally:
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=120)
    assert process.returncode == 0
    assert "Traceback" not in errors
    pause = Event()
    assert any(is_free(port) or pause.wait(0.1) for _ in range(1200))


def test_what_it_wrote_before_is_written_anew(directory: Path) -> None:
    if not directory.exists():
        write_federation(directory, port=free_port(), user_held=True)
    before = (directory / "gateway.yaml").read_bytes()
    process = start("--port", str(free_port()), "--directory", directory)
    said_until(process, "Ctrl-C")
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=120)
    assert process.returncode == 0
    assert (directory / "gateway.yaml").read_bytes() != before


AT_EACH_INSTRUCTION = """
import signal, sys
from queue import SimpleQueue
from gateway.demo.__main__ import told_to_stop

def heard_at(wanted):
    told, passed = SimpleQueue(), 0
    signal.signal(signal.SIGTERM, lambda number, _: told.put(number))

    def trace(frame, event, _):
        nonlocal passed
        frame.f_trace_opcodes = True
        if event == "opcode":
            passed += 1
            if passed == wanted:
                signal.raise_signal(signal.SIGTERM)
        return trace

    sys.settrace(trace)
    heard = told_to_stop(told, 0)
    sys.settrace(None)
    return passed >= wanted, heard or told_to_stop(told, 0)

instruction = 1
while True:
    reached, heard = heard_at(instruction)
    if not reached:
        break
    assert heard, instruction
    instruction += 1
print(instruction)
"""


def test_a_signal_is_heard_at_whatever_instruction_of_the_wait_it_comes() -> None:
    asked = subprocess.run(
        [sys.executable, "-c", AT_EACH_INSTRUCTION],
        check=False,
        cwd=REPOSITORY,
        text=True,
        capture_output=True,
        timeout=120,
    )
    assert (asked.returncode, asked.stderr) == (0, "")
    assert int(asked.stdout) > 5


def test_a_directory_with_anything_else_in_it_is_left_alone(tmp_path: Path) -> None:
    kept = tmp_path / "thesis.txt"
    kept.write_text("precious", "utf-8")
    process = start("--port", str(free_port()), "--directory", tmp_path)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "holds something that is not the demo's" in errors
    assert [path.read_text("utf-8") for path in tmp_path.iterdir()] == ["precious"]


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind((HOSTS[-1], 0))
        taken.listen()
        port = taken.getsockname()[1]
        process = start("--port", str(port), "--directory", tmp_path / "demo")
        _, errors = process.communicate(timeout=120)
    assert process.returncode == 1
    assert f"port {port} is taken" in errors
    assert not (tmp_path / "demo").exists()
