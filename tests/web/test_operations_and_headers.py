"""What machines ask of the gateway, and the headers that go with everything."""

from ipaddress import ip_network

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient

from gateway.domain.errors import ErrorCode, SluisError
from gateway.observability.health import Check, Health
from gateway.observability.metrics import Metrics
from gateway.web import headers, operations
from gateway.web.proxies import TrustedProxies

ALLOWED = (ip_network("127.0.0.0/8"), ip_network("10.1.0.0/16"), ip_network("2001:db8::/32"))


def _fails(code: ErrorCode) -> Check:
    def check() -> None:
        raise SluisError(code)

    return check


def _client(**checks: Check) -> FlaskClient:
    app = Flask("test")
    routes = operations.blueprint(health=Health(checks), metrics=Metrics(), metrics_from=ALLOWED)
    app.register_blueprint(routes)
    app.wsgi_app = TrustedProxies(app.wsgi_app, [ip_network("127.0.0.1/32")])  # type: ignore[method-assign]
    return app.test_client()


def _metrics(address: str | None, **headers: str) -> int:
    environment = {"REMOTE_ADDR": address} if address is not None else {"REMOTE_ADDR": ""}
    return _client().get("/metrics", environ_overrides=environment, headers=headers).status_code


def test_live_says_no_more_than_that_the_process_answers():
    answer = _client(lasting=_fails(ErrorCode.LEDGER_UNAVAILABLE)).get("/health/live")

    assert (answer.status_code, answer.json) == (200, {"status": "live"})


def test_ready_when_every_check_passes():
    answer = _client(lasting=lambda: None).get("/health/ready")

    assert (answer.status_code, answer.json) == (200, {"status": "ready"})


def test_not_ready_with_all_the_reasons():
    answer = _client(short_lived=_fails(ErrorCode.STORE_UNAVAILABLE), lasting=_fails(ErrorCode.LEDGER_UNAVAILABLE)).get(
        "/health/ready"
    )

    assert answer.status_code == 503
    assert answer.json == {
        "status": "degraded",
        "problems": {"short_lived": "store_unavailable", "lasting": "ledger_unavailable"},
    }


@pytest.mark.parametrize("address", ["127.0.0.9", "10.1.255.255", "2001:db8::1", "::ffff:10.1.0.1"])
def test_counters_are_for_those_who_may(address: str):
    assert _metrics(address) == 200


@pytest.mark.parametrize("address", ["10.2.0.0", "203.0.113.9", "2001:db9::1", "::ffff:10.2.0.1", "::1", ""])
def test_for_others_there_are_no_counters(address: str):
    assert _metrics(address) == 404


def test_a_stranger_who_says_to_be_somebody_else_gets_none():
    assert _metrics("203.0.113.9", **{"X-Forwarded-For": "127.0.0.1"}) == 404


def test_behind_a_trusted_proxy_the_caller_counts():
    assert _metrics("127.0.0.1", **{"X-Forwarded-For": "203.0.113.9"}) == 404
    assert _metrics("127.0.0.1", **{"X-Forwarded-For": "10.1.0.1"}) == 200


def test_counters_are_in_the_format_of_prometheus():
    assert _client().get("/metrics").content_type == "text/plain; version=0.0.4; charset=utf-8"


def _answered(*, https: bool, path: str = "/"):
    app = Flask("test")
    headers.install(app, https=https)
    app.add_url_rule("/", "plain", lambda: "hello")
    app.add_url_rule(
        "/own", "own", lambda: Response(headers={"Content-Security-Policy": "x", "Cache-Control": "public"})
    )
    return app.test_client().get(path).headers


def test_browsers_are_held_to_https_only_where_there_is_https():
    assert _answered(https=True)["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    assert "Strict-Transport-Security" not in _answered(https=False)


@pytest.mark.parametrize("path", ["/", "/own", "/nothing"])
def test_every_response_has_them(path: str):
    sent = _answered(https=True, path=path)

    assert sent["X-Content-Type-Options"] == "nosniff"
    assert sent["Referrer-Policy"] == "strict-origin"
    assert "camera=()" in sent["Permissions-Policy"]


def test_a_window_that_a_service_opened_for_the_login_stays_the_services():
    assert "Cross-Origin-Opener-Policy" not in _answered(https=True)


def test_a_response_that_flask_failed_to_make_has_them_too():
    app = Flask("test")
    app.add_url_rule("/", "plain", lambda: "hello")

    @app.after_request
    def fails(_: Response) -> Response:
        raise ValueError

    headers.install(app, https=True)

    assert app.test_client().get("/").headers["Cache-Control"] == "no-store"


def test_what_a_response_says_itself_stands():
    sent = _answered(https=True, path="/own")
    assert sent.getlist("Content-Security-Policy") == ["x"]
    assert sent.getlist("Cache-Control") == ["public"]


def test_else_nothing_is_kept_and_nothing_runs():
    sent = _answered(https=True)
    assert sent["Cache-Control"] == "no-store"
    assert sent["Content-Security-Policy"].startswith("default-src 'none'")
    assert "form-action 'none'" in sent["Content-Security-Policy"]
