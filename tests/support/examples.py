"""The examples of `/docs/connect`, as a supplier copies them."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from threading import Timer
from typing import Any

from tests.support.browser_like import Tab


def example(gateway: str, title: str, **values: str) -> str:
    """An example of this gateway's page, with values in place of the words in capitals (`https://SERVICE` is one)."""
    page = Tab(language="en").open(f"{gateway}/docs/connect").page
    [head] = [one for one in page.iter("h3") if one.text_content().startswith(title)]
    text: str = head.getnext().text_content()
    for word, value in values.items():
        written = "https://SERVICE" if word == "SERVICE" else word
        assert written in text, word
        text = text.replace(written, value)
    return text


def run_openid_client(example: str, directory: Path, browse: Callable[[str], str]) -> dict[str, Any]:
    """What the program makes of the person: the example, with a line for what a web framework does in between.

    `browse` takes the login's address to the redirect URI that the browser ends at. Plain http is for the loopback
    addresses of tests alone, and has to be allowed.
    """
    secret = example.index(");", example.index("client.discovery("))
    over_http = f"{example[:secret]}, {{ execute: [client.allowInsecureRequests] }}{example[secret:]}"
    before, mark, behind = over_http.partition("// at the redirect URI:")
    assert mark
    program = directory / "example.mjs"
    program.write_text(
        f"""{before}
import {{ createInterface }} from "node:readline/promises";
console.log(login.href);
const currentUrl = new URL(await createInterface({{ input: process.stdin }}).question(""));
{behind}
console.log(JSON.stringify(person));
process.exit(0);
"""
    )
    with subprocess.Popen(
        ("node", program), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as child:
        stop = Timer(120, child.kill)
        stop.start()
        try:
            assert child.stdout is not None
            login = child.stdout.readline().strip()
            assert login.startswith("http"), login
            said, _ = child.communicate(browse(login) + "\n")
        finally:
            stop.cancel()
            child.kill()
        assert child.returncode == 0, said
        return dict(json.loads(said))
