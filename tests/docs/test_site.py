"""The documentation as a site, built as `make docs` does: no link leads nowhere, nothing comes from elsewhere."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_site_has_every_page_and_needs_nobody_else(tmp_path: Path):
    command = (Path(sys.executable).with_name("mkdocs"), "build", "--strict", "--site-dir", tmp_path)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    pages = {path.relative_to(ROOT / "docs").with_suffix(".html") for path in (ROOT / "docs").rglob("*.md")}
    assert pages <= {path.relative_to(tmp_path) for path in tmp_path.rglob("*.html")}
    loaded = re.compile(r'<(?:script|img)[^>]*\bsrc="https?://|<link[^>]*rel="stylesheet"[^>]*href="https?://')
    for page in tmp_path.rglob("*.html"):
        assert not loaded.search(page.read_text("utf-8")), page.name


def test_what_the_readme_links_to_is_there():
    text = (ROOT / "README.md").read_text("utf-8")
    links = [link for link in re.findall(r"\]\(([^)#]+)", text) if "://" not in link]
    assert len(links) > 10
    assert [link for link in links if not (ROOT / link).exists()] == []
