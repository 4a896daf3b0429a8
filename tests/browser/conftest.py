"""A real Chromium in front of the demo federation; without one, these tests are skipped with a line."""

import re
import shutil
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from playwright.sync_api import Browser, BrowserContext, Playwright, sync_playwright

from gateway.demo.federation import DemoFederation
from tests.support.chromium import PATIENCE, launched
from tests.support.demo import Demo, running_demo


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser/" in item.nodeid:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium() -> str:
    found = next(
        (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
    )
    if found is None:
        pytest.skip("no Chromium on this machine")
    return found


def _framed(portal: str, federation: DemoFederation) -> None:
    """A client has a front-channel logout address, a service is embedded; the pages speak every language."""
    entry = federation.directory / "services" / "schrijfmaatje.yaml"
    address = f"http://127.0.0.7:{federation.port}/front"
    entry.write_text(f"{entry.read_text('utf-8')}frontchannel_logout_uri: {address}\n", "utf-8")
    entry = federation.directory / "services" / "leesplein.yaml"
    entry.write_text(f"{entry.read_text('utf-8')}embedded_by: ['{portal}']\n", "utf-8")
    gateway = federation.directory / "gateway.yaml"
    spoken = re.sub(r"(?m)^languages: .*$", "languages: [nl, en, fy, nl-x-b1]", gateway.read_text("utf-8"))
    gateway.write_text(spoken, "utf-8")


class _Blank(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><html lang=en><title>A portal</title>")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="session")
def portal() -> Iterator[str]:
    """Another origin on the gateway's site: browsers keep cookies out of frames of other sites."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Blank)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def demo(chromium: str, portal: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with running_demo(tmp_path_factory.mktemp("browser"), partial(_framed, portal)) as running:
        yield running


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def browser(playwright: Playwright, chromium: str) -> Iterator[Browser]:
    with launched(playwright, chromium) as browser:
        yield browser


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(locale="nl-NL")
    made.set_default_timeout(PATIENCE)
    yield made
    made.close()
