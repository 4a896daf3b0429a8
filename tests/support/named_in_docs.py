"""What the documentation names in its running text and in its blocks, each with its place."""

import difflib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
GENERATED = {"commands.md", "errors.md", "licences.md", "metrics.md", "settings.md"}
"""Written from what they name."""
PAGES = sorted(
    path
    for path in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"))
    if path.name not in GENERATED and path.name != "CHANGELOG.md"
)
_FENCE = re.compile(r"^ *```(?P<kind>\w*)\n(?P<body>.*?)^ *```$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"(`+)(?P<text>[^`\n]+)\1")


@dataclass(frozen=True, slots=True)
class Named:
    """A piece of code of a page; `kind` is a block's language, None for one within a line."""

    page: Path
    line: int
    text: str
    kind: str | None = None

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def spans(page: Path) -> Iterator[Named]:
    """What stands between backticks, outside blocks."""
    text = _FENCE.sub(lambda block: "\n" * block[0].count("\n"), page.read_text("utf-8"))
    for found in _SPAN.finditer(text):
        yield Named(page, text.count("\n", 0, found.start()) + 1, found["text"])


def blocks(page: Path) -> Iterator[Named]:
    """Fenced blocks."""
    text = page.read_text("utf-8")
    for found in _FENCE.finditer(text):
        yield Named(page, text.count("\n", 0, found.start("body")) + 1, found["body"], found["kind"])


def command_lines(page: Path) -> Iterator[Named]:
    """Every line that a reader may type: spans, and the lines of blocks of commands, without comments."""
    yield from spans(page)
    for block in blocks(page):
        if block.kind in {"", "sh"}:
            lines = block.text.replace("\\\n", "  ").split("\n")
            for number, line in enumerate(lines):
                yield Named(page, block.line + number, re.sub(r"(?:^|\s)#.*", "", line), block.kind)


def none_wrong(said: list[tuple[Named, str]]) -> None:
    """Fails with each place and what would be right there."""
    assert not said, "\n" + "\n".join(f"{named}: {wrong}" for named, wrong in said)


def nearest(word: str, known: Iterable[str], likeness: float = 0.6) -> str:
    """What would be right, as the end of a sentence; nothing, when nothing is like it."""
    near = difflib.get_close_matches(word, list(known), 1, likeness)
    return f"; {near[0]}?" if near else ""
