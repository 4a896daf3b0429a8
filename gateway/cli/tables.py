"""Tables of the terminal whose words stay whole at any width: they are read, searched and copied from."""

from collections.abc import Iterable, Iterator, Sequence
from shutil import get_terminal_size
from textwrap import TextWrapper

_GAP = "  "
_LEAST = 12
_INDENT = "    "


def terminal_width() -> int:
    """Columns of the terminal, or what `COLUMNS` says; 80 where there is neither."""
    return get_terminal_size().columns


def table(header: Sequence[str], rows: Iterable[Sequence[str]], *, width: int) -> str:
    """A table, its last line ended as the others are. Columns are as wide as their widest cell.

    Only the last is wrapped, between words; where it has no room beside the others it goes below them.
    """
    return "".join(f"{line.rstrip()}\n" for line in _lines([tuple(header), *map(tuple, rows)], width))


def _lines(every: Sequence[tuple[str, ...]], width: int) -> Iterator[str]:
    *widths, widest = (max(map(len, column)) for column in zip(*every, strict=True))
    before = sum(widths) + len(_GAP) * len(widths)
    room = width - before
    beside = room >= max(min(_LEAST, widest), *(len(word) for row in every for word in row[-1].split()))
    wrapper = _wrapper(room, "") if beside else _wrapper(width, _INDENT)
    for number, (*cells, last) in enumerate(every):
        line = "".join(cell.ljust(size) + _GAP for cell, size in zip(cells, widths, strict=True))
        first, *more = wrapper.wrap(last) or [""]
        if beside:
            yield line + first
            yield from (" " * before + one for one in more)
        else:
            yield line
            yield from (one for one in (first, *more) if one)
        if not number:
            yield _GAP.join("-" * size for size in (*widths, *([min(widest, room)] if beside else [])))


def _wrapper(width: int, indent: str) -> TextWrapper:
    return TextWrapper(
        width, initial_indent=indent, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
