"""Names of pushed requests that are guessed, stolen, used again or late; and addresses to be fetched in their place."""

from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import pytest

from tests.support.jose import CLIENT
from tests.support.op import op
from tests.support.op_client import ASKED, back, basic, relying_party

OTHER = relying_party("other")


def refused_with_a_page(answer):
    assert answer.status_code == 400
    assert "Location" not in answer.headers
    assert "request_uri_unknown" in answer.get_data(as_text=True)
    return True


def pushed(provider):
    return provider.push().json["request_uri"]


@pytest.mark.parametrize(
    "token",
    ["", "x", "0" * 40, "x" * 5000, "../pushed", "klas:1", "*", "a%00b", "\u20ac" * 40, "' OR 1=1 --"],
)
def test_request_uri_guessing(tmp_path, token):
    provider = op(tmp_path)
    pushed(provider)
    assert refused_with_a_page(provider.bring(f"urn:ietf:params:oauth:request_uri:{token}"))
    assert provider.schools.asked == []


def test_names_of_pushed_requests_cannot_be_foreseen(tmp_path):
    provider = op(tmp_path)
    names = {pushed(provider).rpartition(":")[2] for _ in range(20)}
    assert len(names) == 20
    assert min(map(len, names)) >= 32


def test_request_uri_reuse(tmp_path):
    provider = op(tmp_path)
    request_uri = pushed(provider)
    assert provider.bring(request_uri).status_code == 303
    assert refused_with_a_page(provider.bring(request_uri))


def test_of_fifty_browsers_with_one_request_uri_exactly_one_gets_on(tmp_path):
    provider = op(tmp_path)
    request_uri = pushed(provider)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: provider.bring(request_uri).status_code, range(50)))
    assert sorted(answers) == [303] + [400] * 49


def test_request_uri_expiry(tmp_path):
    provider = op(tmp_path)
    request_uri = pushed(provider)
    provider.clock.forward(seconds=90)
    assert refused_with_a_page(provider.bring(request_uri))


def test_request_uri_of_another_client_leads_nowhere_and_stays_good(tmp_path):
    provider = op(tmp_path, services=(OTHER,))
    request_uri = pushed(provider)
    assert refused_with_a_page(provider.bring(request_uri, client_id="other"))
    assert provider.schools.asked == []
    assert provider.bring(request_uri).status_code == 303


def test_a_client_cannot_push_in_the_name_of_another(tmp_path):
    provider = op(tmp_path, services=(OTHER,))
    assert provider.push(client_id="other").json["error"] == "invalid_request"
    assert provider.push(basic(name="other")).json["error"] == "invalid_request"


@pytest.mark.parametrize(
    ("headers", "client_id"), [({}, CLIENT), (basic("wrong"), CLIENT), (basic(name="nobody"), "nobody")]
)
def test_a_push_without_proof_of_the_client(tmp_path, headers, client_id):
    answer = op(tmp_path).push(headers, client_id=client_id)
    assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")


@pytest.mark.parametrize(
    "address",
    [
        "http://169.254.169.254/latest/meta-data/",
        "https://klas.example/request.jwt",
        "file:///etc/passwd",
        "gopher://127.0.0.1:6379/_FLUSHALL",
        "URN:ietf:params:oauth:request_uri:x",
        "//evil.example/x",
        "data:application/jwt,a.b.c",
    ],
)
def test_request_uri_ssrf(tmp_path, monkeypatch, address):
    """Nothing is fetched: the client is told that addresses are not taken, and no socket is opened."""

    def opened(*_, **__):
        raise AssertionError("a connection was made")

    monkeypatch.setattr("socket.create_connection", opened)
    monkeypatch.setattr("socket.getaddrinfo", opened)
    provider = op(tmp_path)
    told = back(provider.authorize(request_uri=address))
    assert told["error"] == "request_uri_not_supported"
    assert provider.push(request_uri=address).json["error"] == "invalid_request"
    assert provider.schools.asked == []


def test_parameters_beside_a_request_uri_change_nothing(tmp_path):
    provider = op(tmp_path)
    provider.bring(
        pushed(provider),
        redirect_uri="https://evil.example/",
        state="evil",
        nonce="evil",
        scope="openid",
        prompt="none",
        code_challenge="x" * 43,
        response_mode="form_post",
        request="a.b.c",
        claims="{",
    )
    answer = back(provider.finish())
    assert answer["state"] == "the state"
    tokens = provider.exchange(answer["code"]).json
    assert provider.id_token(tokens)["nonce"] == "the nonce"
    assert "eck" in tokens["scope"].split()


@pytest.mark.parametrize("name", ["client_id", "request_uri"])
def test_two_names_at_once(tmp_path, name):
    provider = op(tmp_path, services=(OTHER,))
    first, second = pushed(provider), pushed(provider)
    both = [("client_id", CLIENT), ("request_uri", first)]
    both.append((name, {"client_id": "other", "request_uri": second}[name]))
    answer = provider.authorize(query=urlencode(both))
    assert answer.status_code == 400
    assert "Location" not in answer.headers


def test_a_client_that_has_to_push_cannot_be_downgraded(tmp_path):
    provider = op(tmp_path, require_pushed=True)
    for changes in ({}, {"request_uri": "https://klas.example/request.jwt"}, {"request_uri": ""}):
        assert back(provider.authorize(**changes))["error"] in ("invalid_request", "request_uri_not_supported")
    query = urlencode({**ASKED, "request_uri": "urn:ietf:params:oauth:request_uri:x"})
    assert refused_with_a_page(provider.authorize(query=query))
    assert provider.schools.asked == []
