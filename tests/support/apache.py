"""Apache as a peer of the tests."""

import html
import os
import pwd
from collections.abc import Mapping
from pathlib import Path

from tests.support.browser_like import Tab

PROGRAM = Path("/usr/sbin/apache2")


def hand_over(directory: Path) -> str | None:
    """Give a directory to the user that Apache runs as where we are root; its name, or None."""
    if os.geteuid() != 0:
        return None
    user = pwd.getpwnam("www-data")
    for path in (directory, *directory.rglob("*")):
        os.chown(path, user.pw_uid, user.pw_gid)
    return user.pw_name


def variables(tab: Tab, page: str, prefix: str, log: Path) -> Mapping[str, str]:
    """The variables of an application that begin so, without that, as the page prints them; `log` says why not."""
    assert (tab.url, tab.status) == (page, 200), f"{tab.status} at {tab.url}: {log.read_text()[-2000:]}"
    lines = html.unescape(tab.body).splitlines()
    return dict(line.removeprefix(prefix).split("=", 1) for line in lines if line.startswith(prefix))
