"""Every file, address, code and claim that the documentation names is there."""

import re
from functools import cache
from pathlib import Path

import pytest
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import Map, RequestRedirect

from gateway.app import create_app
from gateway.demo.federation import write_federation
from gateway.domain.clock import SystemClock
from gateway.domain.purpose import Purpose
from gateway.domain.randomness import SystemRandomness
from gateway.parts import assemble
from gateway.settings.loader import load
from tests.support.named_in_docs import PAGES, ROOT, nearest, none_wrong, spans
from tests.support.vault_api import add_administrations

OF_THE_MACHINE = ("/etc/", "/opt/", "/var/", "/tmp", "/run/", "/srv/", "/usr/", "/logs/")
IN_A_CONFIGURATION = {"agreements", "identity-providers", "keys", "look", "metadata", "schools", "services", "var"}
MADE_BY_COMMANDS = {".venv", "build", "demo-data", "dist"}
OF_OTHERS = {
    *("self_signed_tls_client_auth", "ssl_crl"),  # RFC 8705, nginx
    *("Responder/RequestDenied", "Responder/NoPassive"),  # statuses of SAML
    "/api/attributes/{eduid}",  # a school's own
}
"""Names that look like ours, and are right."""
SOURCES = {".conf", ".inc", ".js", ".mjs", ".php", ".py", ".sh", ".tpl", ".yaml"}
ADDRESSES = re.compile(
    r"(?:(?:GET|POST|PUT|DELETE) )?"
    r"(?:(?:https://)?(?:<gateway>|GATEWAY|login\.example\.nl|<issuer>|\.\.\.))?(?P<path>/[^ ]*)"
)


def test_files_are_there():
    names = {path.name for path in _files()}
    said = []
    for page in PAGES:
        for named in spans(page):
            if re.fullmatch(r"\w[\w.*-]+(?:/[\w.*-]*)+", named.text) and not _is_file(named.text):
                said.append((named, f"there is no {named.text}{nearest(named.text, _paths())}"))
            if re.fullmatch(r"\w[\w-]*\.(?:py|md|sh|lock|po|toml)", named.text) and named.text not in names:
                said.append((named, f"no file is called {named.text}{nearest(named.text, names)}"))
    none_wrong(said)


@cache
def _files() -> tuple[Path, ...]:
    tops = ("gateway", "tests", "docs", "deploy", "config", "requirements", ".ci")
    return (*ROOT.glob("*.*"), *(path for top in tops for path in (ROOT / top).rglob("*") if path.suffix != ".pyc"))


def _paths() -> tuple[str, ...]:
    return tuple(str(path.relative_to(ROOT)) for path in _files())


def _is_file(name: str) -> bool:
    """From the root, or within the gateway or the tests, as those speak who know where they are."""
    if name.partition("/")[0] in IN_A_CONFIGURATION | MADE_BY_COMMANDS or name in OF_OTHERS:
        return True
    return any(any((ROOT / start).glob(name.rstrip("/"))) for start in (".", "gateway", "tests"))


@pytest.fixture(scope="module")
def routes(tmp_path_factory: pytest.TempPathFactory) -> Map:
    """Of a gateway that has every part: SAML and OpenID Connect on both sides, links, administrations."""
    federation = write_federation(tmp_path_factory.mktemp("names") / "demo", port=8080, user_held=True)
    add_administrations(federation.directory)
    parts = assemble(load(federation.directory), clock=SystemClock(), randomness=SystemRandomness())
    try:
        return create_app(parts).url_map
    finally:
        parts.engine.dispose()


def test_addresses_are_answered(routes: Map):
    said = [
        (named, f"nothing answers at {found['path']}")
        for page in PAGES
        for named in spans(page)
        if (found := ADDRESSES.fullmatch(named.text))
        and not found["path"].startswith(OF_THE_MACHINE)
        and found["path"] not in OF_OTHERS
        and not _answered(routes, found["path"])
    ]
    none_wrong(said)


def test_an_address_that_nobody_answers_is_found(routes: Map):
    assert _answered(routes, "/go/SERVICE?school=BRIN")
    assert not _answered(routes, "/goto/SERVICE")


def _answered(routes: Map, place: str) -> bool:
    path = re.sub(r"SERVICE|YOUR-ID|\{id\}", "rekentuin", place.partition("?")[0])
    for whole in (path, f"/api/vault/v1{path}"):  # the school guide names those of the vault from there
        try:
            routes.bind("127.0.0.1").match(whole, method="GET")
        except NotFound:
            continue
        except (MethodNotAllowed, RequestRedirect):
            pass
        return True
    return any(str(rule).startswith(f"{path.rstrip('/')}/") for rule in routes.iter_rules())


def test_names_with_an_underscore_are_in_the_code():
    """Codes, claims, tables and columns: a name that no line of the code has is one that has gone."""
    text = "\n".join(path.read_text("utf-8") for path in _files() if path.suffix in SOURCES)
    known = set(re.findall(r"\w+", text.lower())) | {path.stem for path in _files()} | OF_OTHERS
    said = [
        (named, f"nothing in the code is called {word}{nearest(word, known)}")
        for page in PAGES
        for named in spans(page)
        for word in re.findall(r"\b[a-z]+(?:_[a-z0-9]+)+\b", named.text)
        if word not in known
    ]
    none_wrong(said)


def test_purposes_are_the_ones_that_there_are():
    """A word with hyphens that is nearly a purpose is one that was renamed."""
    known = {one.value for one in Purpose}
    said = [
        (named, f"there is no purpose {named.text}{near}")
        for page in PAGES
        for named in spans(page)
        if re.fullmatch(r"[a-z]+(?:-[a-z]+)+", named.text)
        and named.text not in known
        and (near := nearest(named.text, known, likeness=0.8))
    ]
    none_wrong(said)
