"""What looks for leaks in the whole suite finds them: each way out is tried with something that nobody may read."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.leaks import Watch

ROOT = Path(__file__).parents[2]

LEAKING = """
import pytest
import structlog

from gateway.attributes.values import RawAttributes
from gateway.pseudonyms.subject import Subject, SubjectKind
from gateway.web.application import Answer, Application


def visited(status=200, **headers):
    app = Application("gateway", static_folder=None, template_folder=None)
    app.add_url_rule("/p", view_func=lambda: Answer(headers.pop("body", ""), status, headers, mimetype="text/html"))
    assert app.test_client().get("/p").status_code == status


def somebody():
    RawAttributes((("givenName", ("Wiebrigje",)), ("nlEduPersonHomeOrganization", ("Zonnekaart",))), "nameid-4711")


def test_log_line():
    somebody()
    structlog.get_logger("sluis").info("login_released", hint="it was Wiebrigje")


def test_log_name_id():
    somebody()
    structlog.get_logger("sluis").info("login_released", cause="nameid-4711: unknown")


def test_address():
    somebody()
    visited(303, Location="https://service.example/?name=%57iebrigje")


def test_error_page():
    somebody()
    visited(403, body="<p>Dag Wiebrigje, dit mag niet</p>")


def test_link_of_a_page():
    Subject(SubjectKind.ECK_ID, "eck-of-somebody", "p1.pairwise")
    visited(200, body='<a href="/me?of=eck-of-somebody">x</a>')


def test_log_file_of_a_process(tmp_path):
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "sluis.log").write_text('{"event": "login", "hint": "Mohammed"}')


@pytest.mark.leaks("on purpose")
def test_fine_on_purpose():
    somebody()
    structlog.get_logger("sluis").info("login_released", hint="Wiebrigje")


def test_fine_dropped():
    somebody()
    structlog.get_logger("sluis").info("login_released", given_name="Wiebrigje", hint="Wiebrigjes Zonnekaart")


def test_fine_page_of_the_person():
    somebody()
    visited(200, body="<p>Wiebrigje</p>")
"""


def test_a_suite_that_leaks_fails_at_every_test_that_does(tmp_path: Path) -> None:
    (tmp_path / "test_leaking.py").write_text(LEAKING)
    (tmp_path / "conftest.py").write_text(
        "from tests.support.leaks import Leaks\n\n\ndef pytest_configure(config):\n"
        "    config.addinivalue_line('markers', 'leaks(reason): on purpose')\n"
        "    config.pluginmanager.register(Leaks(lambda: config._tmp_path_factory.getbasetemp().iterdir()))\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-c", "/dev/null", "--rootdir", str(tmp_path), "-p", "no:xdist"]
    ran = subprocess.run(
        [*command, "-rEpf", "--basetemp", str(tmp_path / "base"), str(tmp_path)],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    shutil.rmtree(tmp_path / "base")
    told = [line for line in ran.stdout.splitlines() if line.startswith("ERROR ")]
    leaking = ["log_line", "log_name_id", "address", "error_page", "link_of_a_page"]
    for name in leaking:
        assert any(f"::test_{name}" in line for line in told), ran.stdout
    assert "'Mohammed' in" in ran.stdout, "the file of a process is read when the file of tests ends"
    assert len(told) == len(leaking) + 1, ran.stdout
    assert ran.returncode == 1


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
    assert [found.split()[2] for found in watch.found()] == ["'Wiebrigje'"]
