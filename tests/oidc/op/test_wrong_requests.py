"""Every parameter of every endpoint: missing, doubled, too long, wrong; where the error goes, and what it is called."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from werkzeug.test import TestResponse

from gateway.oidc.op.parameters import Parameters
from tests.support.jose import CLIENT
from tests.support.op import Op, op
from tests.support.op_client import AFTER_LOGOUT, ASKED, CALLBACK, SECRET, VERIFIER, back, basic

LONG = "x" * 3000
TWENTY_ONE = " ".join(f"urn:example:{number}" for number in range(21))
PAGE = "a page"
"""Nobody can be answered: no redirect, whatever was asked."""
GOES_ON = "the school"
"""A wish that may be left out, or that nobody knows: no error."""

OF_THE_CLIENT = {"client_id", "redirect_uri", "request_uri"}
"""Until these are read, nobody is known who could be answered."""

AUTHORIZE: list[tuple[str, str | None, str]] = [
    ("client_id", None, PAGE),
    ("client_id", LONG, PAGE),
    ("client_id", "another", PAGE),
    ("redirect_uri", None, PAGE),
    ("redirect_uri", CALLBACK + LONG, PAGE),
    ("redirect_uri", "https://evil.example/callback", PAGE),
    ("response_type", None, "invalid_request"),
    ("response_type", LONG, "unsupported_response_type"),
    ("response_type", "token", "unsupported_response_type"),
    ("scope", None, "invalid_scope"),
    ("scope", "profile", "invalid_scope"),
    ("scope", LONG, "invalid_scope"),
    ("scope", f"openid {LONG}", GOES_ON),
    ("state", None, GOES_ON),
    ("state", LONG, "invalid_request"),
    ("state", "é", "invalid_request"),
    ("nonce", None, GOES_ON),
    ("nonce", LONG, "invalid_request"),
    ("nonce", "\n", "invalid_request"),
    ("code_challenge", None, "invalid_request"),
    ("code_challenge", LONG, "invalid_request"),
    ("code_challenge", "=" * 43, "invalid_request"),
    ("code_challenge_method", None, "invalid_request"),
    ("code_challenge_method", LONG, "invalid_request"),
    ("code_challenge_method", "plain", "invalid_request"),
    ("response_mode", LONG, "invalid_request"),
    ("response_mode", "fragment", "invalid_request"),
    ("display", LONG, GOES_ON),
    ("request", LONG, "request_not_supported"),
    ("request_uri", "https://klas.example/request", "request_uri_not_supported"),
    ("request_uri", f"urn:ietf:params:oauth:request_uri:{LONG}", PAGE),
    ("dpop_jkt", LONG, "invalid_request"),
    ("dpop_jkt", "no thumbprint", "invalid_request"),
    ("prompt", LONG, "invalid_request"),
    ("prompt", "none login", "invalid_request"),
    ("prompt", "consent", "consent_required"),
    ("max_age", "9" * 10, "invalid_request"),
    ("max_age", "-1", "invalid_request"),
    ("claims", "no JSON", "invalid_request"),
    ("claims", '{"id_token": []}', "invalid_request"),
    ("acr_values", TWENTY_ONE, "unmet_authentication_requirements"),
    ("id_token_hint", "no token", "invalid_request"),
    ("id_token_hint", LONG, "invalid_request"),
    ("login_hint", LONG, GOES_ON),
    ("login_hint", "nobody@nowhere.example", GOES_ON),
    ("school", LONG, GOES_ON),
    ("school", "99ZZ", GOES_ON),
    ("idp", LONG, GOES_ON),
    ("ui_locales", LONG, GOES_ON),
    ("registration", "{}", "registration_not_supported"),
    ("resource", "https://api.example", "invalid_request"),
    ("authorization_details", "[]", "invalid_request"),
    ("invented", LONG, GOES_ON),
]
TOKEN: list[tuple[str, str | None, int, str]] = [
    ("grant_type", None, 400, "invalid_request"),
    ("grant_type", LONG, 400, "unsupported_grant_type"),
    ("grant_type", "password", 400, "unsupported_grant_type"),
    ("code", None, 400, "invalid_request"),
    ("code", LONG, 400, "invalid_grant"),
    ("code", "0" * 40, 400, "invalid_grant"),
    ("redirect_uri", None, 400, "invalid_request"),
    ("redirect_uri", LONG, 400, "invalid_grant"),
    ("redirect_uri", "https://klas.example/other?tenant=1", 400, "invalid_grant"),
    ("code_verifier", None, 400, "invalid_request"),
    ("code_verifier", LONG, 400, "invalid_grant"),
    ("code_verifier", "w" * 43, 400, "invalid_grant"),
    ("client_id", "another", 400, "invalid_request"),
    ("client_secret", SECRET, 400, "invalid_request"),
    ("client_assertion", LONG, 400, "invalid_request"),
]
REFRESH: list[tuple[str, str | None, str]] = [
    ("grant_type", None, "invalid_request"),
    ("grant_type", "refresh", "unsupported_grant_type"),
    ("refresh_token", None, "invalid_request"),
    ("refresh_token", LONG, "invalid_grant"),
    ("refresh_token", "0" * 40, "invalid_grant"),
    ("scope", "openid school groups", "invalid_scope"),
    ("scope", LONG, "invalid_scope"),
    ("client_id", "another", "invalid_request"),
]
END_SESSION: list[tuple[str, str]] = [
    ("id_token_hint", "no token"),
    ("id_token_hint", LONG * 4),
    ("client_id", "another"),
    ("client_id", LONG),
    ("post_logout_redirect_uri", "https://evil.example/"),
    ("post_logout_redirect_uri", AFTER_LOGOUT + LONG),
    ("state", LONG),
]


def outcome(provider: Op, query: str) -> str:
    answer = provider.authorize(query=query)
    location = urlsplit(answer.headers.get("Location", ""))
    if location.hostname == "klas.example":
        told = dict(parse_qsl(location.query))
        assert told["iss"]
        assert "reference" in told["error_description"]
        return told["error"]
    if location.hostname == "po.example":
        return GOES_ON
    assert not location.hostname
    assert 400 <= answer.status_code < 500
    return PAGE


def asked(**changes: str | None) -> str:
    return urlencode({name: value for name, value in {**ASKED, **changes}.items() if value is not None})


@pytest.mark.parametrize(("name", "value", "expected"), AUTHORIZE)
def test_authorize(tmp_path, name: str, value: str | None, expected: str):
    assert outcome(op(tmp_path), asked(**{name: value})) == expected


@pytest.mark.parametrize("name", sorted({name for name, _, _ in AUTHORIZE} - OF_THE_CLIENT))
def test_authorize_with_a_parameter_twice(tmp_path, name: str):
    query = asked(**{name: ASKED.get(name) or "one"})
    assert outcome(op(tmp_path), f"{query}&{name}=two") == "invalid_request"


@pytest.mark.parametrize("name", sorted(OF_THE_CLIENT))
def test_authorize_with_a_client_or_an_address_twice(tmp_path, name: str):
    assert outcome(op(tmp_path), f"{asked(**{name: ASKED.get(name) or 'one'})}&{name}=two") == PAGE


def test_authorize_with_more_than_is_read(tmp_path):
    assert outcome(op(tmp_path), asked(invented="x" * 20_000)) == PAGE


def refused(answer: TestResponse, status: int, error: str) -> None:
    told: dict[str, Any] = answer.json or {}
    assert (answer.status_code, told.get("error")) == (status, error)
    assert told["reference"]
    assert told["reference"] in told["error_description"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert ("WWW-Authenticate" in answer.headers) == (status == 401)


@pytest.mark.parametrize(("name", "value", "status", "error"), TOKEN)
def test_token(tmp_path, name: str, value: str | None, status: int, error: str):
    provider = op(tmp_path)
    code = provider.log_in()["code"]
    refused(provider.exchange(**{"code": code, name: value}), status, error)
    assert name == "code_verifier" or provider.exchange(code).status_code == 200, "the code is not spent by it"


@pytest.mark.parametrize("name", ["grant_type", "code", "redirect_uri", "code_verifier", "invented"])
def test_token_with_a_parameter_twice(tmp_path, name: str):
    provider = op(tmp_path)
    form = {
        "grant_type": "authorization_code",
        "code": provider.log_in()["code"],
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
        "invented": "one",
    }
    answer = provider.post("/oidc/token", basic(), **{**form, name: [form[name], "two"]})  # type: ignore[arg-type]
    refused(answer, 400, "invalid_request")
    assert (answer.json or {})["error_description"].startswith(f"there twice: {name} (")


@pytest.mark.parametrize(("name", "value", "error"), REFRESH)
def test_renewal(tmp_path, name: str, value: str | None, error: str):
    provider = op(tmp_path, offline_access=True)
    token = provider.tokens(scope="openid eck offline_access")["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": token, name: value}
    refused(provider.post("/oidc/token", basic(), **form), 400, error)
    assert provider.refresh(token).status_code == 200, "the refresh token is not spent by it"


@pytest.mark.parametrize("name", ["grant_type", "refresh_token", "scope"])
def test_renewal_with_a_parameter_twice(tmp_path, name: str):
    provider = op(tmp_path, offline_access=True)
    token = provider.tokens(scope="openid eck offline_access")["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": token, "scope": "openid"}
    refused(provider.post("/oidc/token", basic(), **{**form, name: [form[name], "two"]}), 400, "invalid_request")  # type: ignore[arg-type]


@pytest.mark.parametrize(("name", "value", "expected"), AUTHORIZE)
def test_push(tmp_path, name: str, value: str | None, expected: str):
    """What the browser would be told, or be shown, the client hears at once."""
    answer = op(tmp_path).push(**{name: value})
    if expected == GOES_ON:
        assert answer.status_code == 201, answer.json
    elif name == "request_uri" or expected == PAGE:
        refused(answer, 400, "invalid_request")
    else:
        refused(answer, 400, expected)


@pytest.mark.parametrize("name", sorted({name for name, _, _ in AUTHORIZE}))
def test_push_with_a_parameter_twice(tmp_path, name: str):
    provider = op(tmp_path)
    form: dict[str, Any] = {**ASKED, name: [ASKED.get(name) or "one", "two"]}
    refused(provider.post("/oidc/par", basic(), **form), 400, "invalid_request")


@pytest.mark.parametrize(("name", "value"), END_SESSION)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_end_session(tmp_path, name: str, value: str, method: str):
    """Whatever is wrong, and what stands there twice, gets a page: never a redirect."""
    provider = op(tmp_path)
    asked_for = {"client_id": CLIENT, "post_logout_redirect_uri": AFTER_LOGOUT, "state": "s"}
    for sent in (urlencode({**asked_for, name: value}), f"{urlencode({**asked_for, name: 'one'})}&{name}=two"):
        browser = provider.app.test_client()
        if method == "GET":
            answer = browser.get(f"/oidc/logout?{sent}")
        else:
            answer = browser.post("/oidc/logout", data=sent, content_type="application/x-www-form-urlencoded")
        assert 400 <= answer.status_code < 500
        assert "Location" not in answer.headers


def test_no_parameter_that_is_read_is_left_out_here(tmp_path, monkeypatch):
    """Whoever has the provider read another one writes here what happens when it is wrong."""
    read: set[str] = set()

    def noting(reads: Callable[[Parameters, str], Any]) -> Callable[[Parameters, str], Any]:
        def noted(parameters: Parameters, name: str) -> Any:
            read.add(name)
            return reads(parameters, name)

        return noted

    for method in ("get", "words", "__contains__"):
        monkeypatch.setattr(Parameters, method, noting(getattr(Parameters, method)))

    def found() -> set[str]:
        there = set(read)
        read.clear()
        return there

    provider = op(tmp_path, offline_access=True)
    code = provider.log_in(scope="openid eck offline_access")["code"]
    assert "claims" in read
    assert found() <= {name for name, _, _ in AUTHORIZE}
    tokens = provider.exchange(code).json or {}
    assert "code_verifier" in read
    authentication = {"client_id", "client_secret", "client_assertion", "client_assertion_type"}
    assert found() <= {name for name, *_ in TOKEN} | authentication | {"scope"}
    assert provider.refresh(tokens["refresh_token"]).status_code == 200
    assert found() <= {name for name, *_ in REFRESH} | authentication
    provider.app.test_client().get("/oidc/logout")
    assert found() <= {name for name, _ in END_SESSION}


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["/oidc/token", "/oidc/introspect", "/oidc/revoke", "/oidc/par", "/oidc/userinfo"])
def test_a_method_that_an_endpoint_for_clients_does_not_have(tmp_path, path: str, method: str):
    answer = op(tmp_path).app.test_client().open(path, method=method, data={"grant_type": "authorization_code"})
    if path == "/oidc/userinfo" and method in ("GET", "HEAD"):
        assert answer.status_code == 401
        return
    assert answer.status_code == 405
    assert answer.headers["Allow"] == ("GET, HEAD, POST" if path == "/oidc/userinfo" else "POST")
    if method != "HEAD":
        refused(answer, 405, "invalid_request")
        assert answer.json is not None
        assert answer.json["error_description"].startswith("this endpoint takes ")


@pytest.mark.parametrize("path", ["/oidc/token", "/oidc/introspect", "/oidc/revoke", "/oidc/par", "/oidc/userinfo"])
def test_an_endpoint_for_clients_says_which_methods_it_has(tmp_path, path: str):
    answer = op(tmp_path).app.test_client().options(path)
    allowed = "GET, HEAD, POST" if path == "/oidc/userinfo" else "POST"
    assert (answer.status_code, answer.headers["Allow"]) == (204, allowed)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"request": "a.b.c"}, "this client has no keys here to sign a request with"),
        ({"request_uri": "https://klas.example/request"}, "a request_uri is one of a pushed request"),
        ({"registration": "{}"}, "the operator registers clients"),
    ],
)
def test_a_client_reads_what_it_can_do_instead(tmp_path, changes: dict[str, str], says: str):
    told = back(op(tmp_path).authorize(**changes))
    assert told["error_description"] == f"{says} (reference 7KQ2M9X4TB)"


@pytest.mark.parametrize("path", ["/oidc/token", "/oidc/introspect", "/oidc/revoke", "/oidc/par"])
@pytest.mark.parametrize("content_type", ["application/json", "multipart/form-data; boundary=x", "text/plain", None])
def test_a_content_type_that_is_no_form(tmp_path, path: str, content_type: str | None):
    provider = op(tmp_path)
    answer = provider.app.test_client().post(path, data=b"token=x", content_type=content_type, headers=basic())
    refused(answer, 400, "invalid_request")
    assert "application/x-www-form-urlencoded" in (answer.json or {})["error_description"]


CREDENTIALS = {
    "missing": {},
    "wrong": basic("another secret"),
    "too long": basic("x" * 300),
    "unknown": basic(name="another"),
    "no base64": {"Authorization": "Basic !"},
    "another scheme": {"Authorization": "Digest x"},
}


@pytest.mark.parametrize("path", ["/oidc/token", "/oidc/introspect", "/oidc/revoke", "/oidc/par"])
@pytest.mark.parametrize("headers", CREDENTIALS.values(), ids=CREDENTIALS)
def test_a_client_that_does_not_prove_itself(tmp_path, path: str, headers: dict[str, str]):
    refused(op(tmp_path).post(path, headers, token="x", grant_type="authorization_code"), 401, "invalid_client")


@pytest.mark.parametrize(
    ("headers", "form", "says"),
    [
        ({}, {}, "client authentication is missing"),
        (basic(name="another"), {}, "no client has this client_id"),
        (basic("another secret"), {}, "this is not the client secret"),
        ({}, {"client_id": CLIENT, "client_secret": SECRET}, "this client authenticates by client_secret_basic"),
        ({}, {"client_id": CLIENT}, "this client authenticates by client_secret_basic"),
    ],
)
def test_a_client_reads_what_was_wrong_with_its_authentication(tmp_path, headers, form, says: str):
    answer = op(tmp_path).post("/oidc/token", headers, grant_type="authorization_code", code="0" * 40, **form)
    assert answer.json is not None
    assert answer.json["error_description"] == f"{says} (reference 7KQ2M9X4TB)"


@pytest.mark.parametrize("path", ["/oidc/introspect", "/oidc/revoke"])
def test_introspection_and_revocation(tmp_path, path: str):
    provider = op(tmp_path)
    refused(provider.post(path, basic()), 400, "invalid_request")
    refused(provider.post(path, basic(), token=["one", "two"]), 400, "invalid_request")  # type: ignore[arg-type]
    for token in (LONG, "0" * 40, "é"):
        answer = provider.post(path, basic(), token=token)
        assert (answer.status_code, answer.json) == (200, {"active": False} if path.endswith("introspect") else {})
    refused(provider.post(path, basic(), token="x" * 20_000), 400, "invalid_request")


@pytest.mark.parametrize("header", ["Bearer", "Bearer ", f"Bearer {LONG}", "Bearer 0000", "Bearer a b", "Bearer é"])
def test_userinfo_with_a_wrong_token(tmp_path, header: str):
    answer = op(tmp_path).app.test_client().get("/oidc/userinfo", headers={"Authorization": header})
    assert answer.status_code in (400, 401)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_userinfo_without_a_token(tmp_path):
    answer = op(tmp_path).app.test_client().get("/oidc/userinfo?access_token=0000")
    assert (answer.status_code, answer.json) == (401, {})
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
