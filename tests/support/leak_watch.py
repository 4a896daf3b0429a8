"""What nobody may read, and whether it stands in what everybody may: one look in a set, however many words there are.

Words are compared, in four sizes: to the next space, of a value, of a step in an address, of letters and digits alone.
Words of the gateway's own texts and code are nobody's. An ECK iD and a private key are known by their looks.
"""

import re
from functools import cache
from html import unescape
from pathlib import Path
from urllib.parse import unquote_plus

SHORTEST = 5
"""Characters of a value; a shorter one is a part of too many words."""
MOST = 1_000_000
"""Characters of text that are held until somebody looks. Of more, only what is noted by then is found."""
_AROUND = 80
"""Characters of the text that are told, on either side of a value."""
_LOOKS = {
    "an ECK iD": re.compile(r"[0-9a-f]{128}", re.IGNORECASE),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
}


def _word(between: str) -> re.Pattern[str]:
    """A word between characters of a kind; a full stop at either end is not of it."""
    return re.compile(f"[^{between}.][^{between}]{{{SHORTEST - 2},}}[^{between}.]")


_LARGE = _word(r"""\s"'<>()\[\]{}""")
_PARTS = (
    _word(r"""\s"'<>()\[\]{}?&=;,|#"""),
    _word(r"""\s"'<>()\[\]{}/?&=;,:|#"""),
    re.compile(rf"[^\W_]{{{SHORTEST},}}"),
)


def words(text: str) -> set[str]:
    """The words of a text, of all sizes."""
    found = set(_LARGE.findall(text))
    larger = "\n".join(found)
    for part in _PARTS:
        found.update(part.findall(larger))
    return found


def masked(value: str) -> str:
    """As it may be told: how it begins, and how long it is."""
    return f"{value[:2]}...({len(value)})"


@cache
def of_nobody() -> frozenset[str]:
    """Words of the gateway's own, and of its example."""
    root = Path(__file__).parents[2]
    files = [
        file
        for directory, kinds in (("gateway", ("py", "po", "html")), ("config", ("yaml",)))
        for kind in kinds
        for file in (root / directory).rglob(f"*.{kind}")
        if file.name != "people.py"
    ]
    return frozenset(words("\n".join(file.read_text() for file in files).casefold()))


class Watch:
    """What must not be seen, and what was seen since somebody looked. While it is `away` it takes in nothing."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self.away = False
        self._kept: dict[str, str] = {}
        self._seen: dict[tuple[str, str], None] = {}
        self._length = 0
        self._found: list[str] = []

    def note(self, kind: str, value: str) -> None:
        """Somebody's value: as a whole, and its words when it is a name."""
        self._note(kind, value)
        if " " in value:
            for word in value.split():
                self._note(kind, word)

    def see(self, where: str, *texts: str) -> None:
        """Texts that everybody may read. Escaped ones are read as they are and as they are meant."""
        if self.away:
            return
        for text in texts:
            self._seen[where, text] = None
            self._length += len(text)
        if self._length > MOST:
            self._look()

    def found(self) -> list[str]:
        """What was seen of somebody, masked, and in which text; afterwards nothing is seen."""
        self._look()
        found, self._found = self._found, []
        return found

    def keep(self) -> None:
        """What is noted by now is never forgotten."""
        self._kept = dict(self.values)

    def forget(self) -> None:
        """Forget all others: what one file of tests calls a secret may be a plain word in the next."""
        self.values = dict(self._kept)

    def _note(self, kind: str, value: str) -> None:
        if (
            len(value) >= SHORTEST
            and not self.away
            and value not in self.values
            and value.casefold() not in of_nobody()
        ):
            self.values[value] = kind

    def _look(self) -> None:
        seen, self._seen, self._length = self._seen, {}, 0
        if self._holds("\n".join(_read(*(text for _, text in seen)))):
            for where, text in seen:
                self._tell(where, text)

    def _holds(self, text: str) -> bool:
        return not self.values.keys().isdisjoint(words(text)) or any(look.search(text) for look in _LOOKS.values())

    def _tell(self, where: str, text: str) -> None:
        told = set()
        for form in _read(text):
            of_values = {word: self.values[word] for word in words(form) & self.values.keys()}
            of_looks = {found: kind for kind, look in _LOOKS.items() for found in look.findall(form)}
            for value, kind in sorted((of_looks | of_values).items()):
                if value not in told:
                    told.add(value)
                    self._found.append(
                        f"{kind} {masked(value)} in {where}: {_excerpt(form, value, of_looks | of_values)}"
                    )


def _read(*texts: str) -> list[str]:
    """The texts as they are, and as they are meant where that differs."""
    forms = list(texts)
    for text in texts:
        if "%" in text or "+" in text:
            forms.append(unquote_plus(text))
        if "&" in text:
            forms.append(unescape(text))
    return forms


def _excerpt(text: str, value: str, unreadable: dict[str, str]) -> str:
    """The text around a value, with every such value masked, the longest first: one may be a part of another."""
    before, _, after = text.partition(value)
    part = f"{before[-_AROUND:]}{value}{after[:_AROUND]}"
    for one in sorted(unreadable, key=len, reverse=True):
        part = part.replace(one, masked(one))
    return " ".join(part.split())
