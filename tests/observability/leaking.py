"""Tests that leak, each in its own way, and some that only look so: `test_leaks` runs them as a suite of their own."""

from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
import structlog

from gateway.attributes.values import RawAttributes
from gateway.cli.init import write_configuration
from gateway.pseudonyms.subject import Subject, SubjectKind
from gateway.web.application import Answer, Application
from tests.support.browser_like import Tab


def visited(status=200, path="/p", body="", **headers):
    app = Application("gateway", static_folder=None, template_folder=None)
    app.add_url_rule(path, view_func=lambda: Answer(body, status, headers, mimetype="text/html"))
    assert app.test_client().get(path).status_code == status


def somebody():
    RawAttributes((("givenName", ("Wiebrigje",)), ("nlEduPersonHomeOrganization", ("Zonnekaart",))), "nameid-4711")


@pytest.fixture
def elsewhere():
    """The address of another process, as far as anybody can tell, that knows somebody of the demo."""

    class Knowing(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(400)
            self.end_headers()
            self.wfile.write(b"<p>Mohammed</p>")

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Knowing) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def running(tmp_path_factory):
    """The log of what goes on running from test to test."""
    log = tmp_path_factory.mktemp("running") / "serve.log"
    log.write_text('{"event": "started"}\n')
    return log


def test_log_line():
    somebody()
    structlog.get_logger("sluis").info("login_released", hint="it was Wiebrigje")


def test_log_name_id():
    somebody()
    structlog.get_logger("sluis").info("login_released", cause="nameid-4711: unknown")


def test_log_line_before_the_value_is_known():
    structlog.get_logger("sluis").info("login_released", hint="it was Wiebrigje")
    somebody()


def test_address():
    somebody()
    visited(303, Location="https://service.example/?name=%57iebrigje")


def test_error_page():
    somebody()
    visited(403, body="<p>Dag Wiebrigje, dit mag niet</p>")


def test_error_page_with_the_eck_id_of_a_stranger():
    visited(400, body=f"<p>/pilot/{'0' * 128}</p>")


def test_link_of_a_page():
    Subject(SubjectKind.ECK_ID, "eck-of-somebody", "p1.pairwise")
    visited(200, body='<a href="/me?of=eck-of-somebody">x</a>')


def test_metrics():
    somebody()
    visited(200, "/metrics", body='logins{who="Wiebrigje"} 1')


def test_log_of_a_process(tmp_path):
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "sluis.log").write_text('{"event": "login", "hint": "Mohammed"}')


def test_fine_log_that_goes_on(running):
    assert running.exists()


def test_log_that_goes_on(running):
    with running.open("a") as log:
        log.write('{"event": "login", "hint": "Mohammed"}\n')


def test_fine_log_that_was_read(running):
    assert running.exists()


def test_error_page_of_a_process(tmp_path, elsewhere):
    write_configuration(tmp_path / "its", base_url=elsewhere, rsa_bits=2048, environment="test")
    assert Tab().open(f"{elsewhere}/p").status == 400


def test_fine_error_page_of_somebody_else(elsewhere):
    assert Tab().open(f"{elsewhere}/p").status == 400


@pytest.mark.measures_memory
def test_fine_measured():
    somebody()
    structlog.get_logger("sluis").info("login_released", hint="Wiebrigje")


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
