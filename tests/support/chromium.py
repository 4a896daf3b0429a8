"""A Chromium for tests, with nothing in it that talks to the outside."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Playwright, expect

PATIENCE = 120_000
"""Milliseconds that anything in a browser may take on a machine that is busy; whoever is ready goes on at once."""
expect.set_options(timeout=PATIENCE)

_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-proxy-server",
)


@contextmanager
def launched(playwright: Playwright, executable: str, *more: str) -> Iterator[Browser]:
    """A browser with these arguments more, until the context ends."""
    browser = playwright.chromium.launch(executable_path=executable, args=[*_ARGUMENTS, *more])
    yield browser
    browser.close()
