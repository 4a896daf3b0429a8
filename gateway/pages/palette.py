"""The colours of the pages, what stands on what, and whether it can be read (WCAG 2.2, 1.4.3 and 1.4.11)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

Palette = Mapping[str, str]
"""Name of a colour (`on_accent`) -> `#rrggbb`."""

LIGHT: Palette = {
    "ground": "#f6f8f9",
    "sheet": "#ffffff",
    "ink": "#16242b",
    "soft": "#4c5d66",
    "line": "#82939c",
    "accent": "#0b4f6c",
    "on_accent": "#ffffff",
    "hover": "#e6f1f5",
}
DARK: Palette = {
    "ground": "#10181c",
    "sheet": "#18242a",
    "ink": "#eef4f6",
    "soft": "#b4c4cc",
    "line": "#74868f",
    "accent": "#8fd3e8",
    "on_accent": "#0a2029",
    "hover": "#22333b",
}
_TEXT, _EDGE = 4.5, 3.0
_PAIRS = (
    ("ink", "sheet", _TEXT),
    ("ink", "ground", _TEXT),
    ("ink", "hover", _TEXT),
    ("soft", "sheet", _TEXT),
    ("soft", "ground", _TEXT),
    ("soft", "hover", _TEXT),
    ("accent", "sheet", _TEXT),
    ("accent", "ground", _TEXT),
    ("on_accent", "accent", _TEXT),
    ("line", "sheet", _EDGE),
)


@dataclass(frozen=True, slots=True)
class TooFaint:
    """One colour that cannot be told from another that it stands on: the contrast that there is, and is needed."""

    upper: str
    lower: str
    ratio: float
    needed: float


def too_faint(palette: Palette) -> Iterator[TooFaint]:
    """Every pair that stands on a page and has too little contrast."""
    for upper, lower, needed in _PAIRS:
        ratio = contrast(palette[upper], palette[lower])
        if ratio < needed:
            yield TooFaint(upper, lower, ratio, needed)


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two `#rrggbb`, 1 to 21 (WCAG 2.2, definition of contrast ratio)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def style(light: Palette, dark: Palette) -> str:
    """The custom properties of the style sheet, for light and for dark."""
    return (
        f":root {{ color-scheme: light dark; {_properties(light)} }}\n"
        f"@media (prefers-color-scheme: dark) {{ :root {{ {_properties(dark)} }} }}\n"
    )


def _properties(palette: Palette) -> str:
    return " ".join(f"--{name.replace('_', '-')}: {colour};" for name, colour in palette.items())
