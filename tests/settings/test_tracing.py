"""`tracing` in gateway.yaml: what is wrong with it is said at once, with the line, and nothing of its secrets."""

import sys
from pathlib import Path

import pytest

from gateway.settings.loader import load
from gateway.settings.problems import Problems
from gateway.settings.tracing import check_tracing, headers_of
from tests.support.configuration import FILES, write_configuration

ENDPOINT = "https://collector.example.nl:4318/v1/traces"


def written(directory: Path, tracing: str) -> Path:
    write_configuration(directory, {"gateway.yaml": FILES["gateway.yaml"] + f"tracing: {tracing}\n"})
    return directory


def said(directory: Path, tracing: str) -> list[str]:
    """Problems of the models, or else of the check."""
    try:
        settings = load(written(directory, tracing))
    except Problems as cause:
        return [str(one) for one in cause.problems]
    return [str(one) for one in check_tracing(settings)]


def test_what_is_right_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COLLECTOR_KEY", "geheim-4711")
    assert (
        said(tmp_path, f"{{endpoint: '{ENDPOINT}', share: 1, headers: {{Authorization: {{env: COLLECTOR_KEY}}}}}}")
        == []
    )
    settings = load(tmp_path)
    entry = settings.gateway.tracing
    assert entry is not None
    assert headers_of(entry, tmp_path) == {"Authorization": "geheim-4711"}
    assert entry.share == 1


def test_by_default_one_login_in_a_hundred_is_traced_and_without_the_entry_none(tmp_path: Path):
    assert said(tmp_path, f"{{endpoint: '{ENDPOINT}'}}") == []
    entry = load(tmp_path).gateway.tracing
    assert entry is not None
    assert entry.share == 0.01
    write_configuration(tmp_path / "without")
    settings = load(tmp_path / "without")
    assert settings.gateway.tracing is None
    assert list(check_tracing(settings)) == []


def test_without_the_packages_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delitem(sys.modules, "gateway.observability.tracing", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.resources", None)
    [problem] = said(tmp_path, f"{{endpoint: '{ENDPOINT}'}}")
    line = len(FILES["gateway.yaml"].splitlines()) + 1
    assert problem == (
        f"gateway.yaml:{line}: the packages that make traces are not installed; "
        "pip install 'sluis[opentelemetry]', or leave `tracing` out"
    )


@pytest.mark.parametrize(
    ("tracing", "says"),
    [
        ("{share: 0.5}", "endpoint"),
        ("{endpoint: collector:4318}", "an address begins with https://"),
        ("{endpoint: 'https://user:geheim-4711@collector.example.nl/v1/traces'}", "an address begins with https://"),
        (f"{{endpoint: '{ENDPOINT}?key=geheim-4711'}}", "an address without ? and #; a key belongs in `headers`"),
        (f"{{endpoint: '{ENDPOINT}', share: 0}}", "share"),
        (f"{{endpoint: '{ENDPOINT}', share: 1.5}}", "share"),
        (f"{{endpoint: '{ENDPOINT}', share: '0.5'}}", "share"),
        (f"{{endpoint: '{ENDPOINT}', sample: 0.5}}", "sample"),
        (f"{{endpoint: '{ENDPOINT}', headers: {{X-Key: geheim-4711}}}}", "a secret does not stand here"),
        (f"{{endpoint: '{ENDPOINT}', headers: {{'X Key': {{env: KEY}}}}}}", "headers"),
        (f"{{endpoint: '{ENDPOINT}', headers: {{X-Key: {{env: SLUIS_NO_KEY}}}}}}", "SLUIS_NO_KEY is not set"),
        (
            f"{{endpoint: '{ENDPOINT}', headers: {{X-Key: {{env: SLUIS_LINES}}}}}}",
            "SLUIS_LINES holds more than one line",
        ),
        (
            "{endpoint: 'http://collector.example.nl:4318/v1/traces', headers: {X-Key: {env: SLUIS_KEY}}}",
            "they would be sent over http for others to read; an https endpoint",
        ),
        (f"{{endpoint: '{ENDPOINT}', authorities: none.pem}}", "none.pem cannot be used: No such file or directory"),
        (
            f"{{endpoint: '{ENDPOINT}', authorities: gateway.yaml}}",
            "gateway.yaml cannot be used: no certificates in PEM",
        ),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tracing: str, says: str):
    monkeypatch.setenv("SLUIS_LINES", "geheim-4711\nX-Other: value")
    monkeypatch.setenv("SLUIS_KEY", "geheim-4711")
    [problem] = said(tmp_path, tracing)
    assert says in problem
    assert problem.startswith("gateway.yaml:")
    assert "geheim-4711" not in problem


def test_a_collector_on_this_machine_may_be_reached_over_http(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SLUIS_KEY", "geheim-4711")
    assert said(tmp_path, "{endpoint: 'http://127.0.0.1:4318/v1/traces', headers: {X-Key: {env: SLUIS_KEY}}}") == []
