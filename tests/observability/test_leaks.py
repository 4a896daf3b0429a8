"""What looks for leaks in the whole suite finds them: each way out is tried with something that nobody may read."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.leak_watch import MOST, Watch

ROOT = Path(__file__).parents[2]
LEAKING = Path(__file__).with_name("leaking.py")
CONFTEST = """
import pytest

from tests.support.leaks import watch_for_leaks


@pytest.hookimpl(trylast=True)
def pytest_configure(config):
    for marker in ("leaks(reason)", "measures_memory"):
        config.addinivalue_line("markers", marker)
    watch_for_leaks(config)
"""


def test_a_suite_that_leaks_fails_at_every_test_that_does(tmp_path: Path) -> None:
    suite = tmp_path / "test_leaking.py"
    shutil.copy(LEAKING, suite)
    (tmp_path / "conftest.py").write_text(CONFTEST)
    command = [sys.executable, "-m", "pytest", "-q", "-n1", "-c", "/dev/null", "--rootdir", str(tmp_path)]
    ran = subprocess.run(
        [*command, "-rE", "--show-capture=no", "--basetemp", str(tmp_path / "base"), str(tmp_path)],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    shutil.rmtree(tmp_path / "base")
    told = {line.split("::")[1].split()[0] for line in ran.stdout.splitlines() if line.startswith("ERROR ")}
    tests = set(re.findall(r"^def (test_\w+)", LEAKING.read_text(), re.MULTILINE))
    leaking = {name for name in tests if not name.startswith("test_fine")}
    assert told == leaking, ran.stdout + ran.stderr
    assert ran.returncode == 1
    assert "givenName Wi...(9) in the page of 403 at /p: <p>Dag Wi...(9), dit mag niet</p>" in ran.stdout
    assert "givenName Mo...(8) in running0/serve.log" in ran.stdout
    assert "an ECK iD 00...(128) in the page of 400 at /p" in ran.stdout
    assert not re.search("Wiebrigje|Mohammed|0{128}", ran.stdout), "a report is read by many"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("Wiebrigje", "<p>Wiebrigje.</p>"),
        ("Wiebrigje de Vries-Aap", '{"hint": "Wiebrigje was here"}'),
        ("w.aap@petteflat.example", "https://a.example/x?mail=w.aap%40petteflat.example&y=1"),
        ("w.aap@petteflat.example", "to w.aap@petteflat.example."),
        ("urn:id:4711/12", "href=urn:id:4711/12"),
        ("L-100432", "the account L-100432, of po"),
        ("a&b-secret", "a&amp;b-secret"),
        ("abc123def456", "/login/abc123def456/school"),
    ],
)
def test_a_value_is_found_however_it_stands_there(value: str, text: str) -> None:
    watch = Watch()
    watch.note("a name", value)
    watch.see("a page", text)
    [found] = watch.found()
    assert found.startswith("a name ")
    assert not watch.found(), "it is told once"


@pytest.mark.parametrize(
    ("value", "text"),
    [("Anna", "Anna"), ("student", "student"), ("leesplein", "leesplein"), ("Wieb1", "Wieb12"), ("Wieb12", "Wieb1")],
)
def test_what_is_too_short_public_or_a_part_is_nobodys(value: str, text: str) -> None:
    watch = Watch()
    watch.note("a name", value)
    watch.see("a page", text)
    assert not watch.found()


def test_what_one_file_calls_a_secret_is_a_word_in_the_next() -> None:
    watch = Watch()
    watch.note("a name", "Wiebrigje")
    watch.keep()
    watch.note("a secret", "plainword")
    watch.forget()
    watch.see("a page", "Wiebrigje plainword")
    assert [found.split()[2] for found in watch.found()] == ["Wi...(9)"]


def test_what_is_more_than_anybody_holds_is_looked_at_when_it_comes() -> None:
    watch = Watch()
    watch.note("a name", "Wiebrigje")
    watch.see("a log", "Wiebrigje", *(f"{number:09}" for number in range(MOST // 9)))
    watch.forget()
    assert len(watch.found()) == 1
