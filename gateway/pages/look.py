"""What the configuration makes of the pages: colours, logo, texts. And what is wrong with that."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from string import Formatter

from gateway.domain.language import Language
from gateway.pages.images import MAX_LOGO, Image, read_image
from gateway.pages.palette import DARK, LIGHT, Palette, too_faint
from gateway.pages.texts import Overrides, texts
from gateway.settings.loader import Settings
from gateway.settings.models.pages import Colours
from gateway.settings.nodes import KeyPath
from gateway.settings.problems import Problem


@dataclass(frozen=True, slots=True)
class Look:
    """How the pages look, and the texts that they say in other words."""

    light: Palette = field(default_factory=lambda: LIGHT)
    dark: Palette = field(default_factory=lambda: DARK)
    logo: Image | None = None
    logo_dark: Image | None = None
    texts: Overrides = field(default_factory=dict)

    @classmethod
    def of(cls, settings: Settings) -> "Look":
        """As configured. Raises ValueError for a logo that cannot be used: `check_look` says it first."""
        pages = settings.gateway.pages
        return cls(
            light=_with(LIGHT, pages.light),
            dark=_with(DARK, pages.dark),
            logo=read_image(settings.directory / pages.logo, limit=MAX_LOGO) if pages.logo else None,
            logo_dark=read_image(settings.directory / pages.logo_dark, limit=MAX_LOGO) if pages.logo_dark else None,
            texts=pages.texts,
        )


def _with(palette: Palette, own: Colours) -> Palette:
    return {**palette, **own.model_dump(exclude_none=True)}


def check_look(settings: Settings) -> Iterator[Problem]:
    """Colours that nobody can read, a logo that is none, texts that there are not."""
    yield from _colours(settings)
    for key in ("logo", "logo_dark"):
        name = getattr(settings.gateway.pages, key)
        if name is not None:
            try:
                read_image(settings.directory / name, limit=MAX_LOGO)
            except ValueError as cause:
                yield _problem(settings, (key,), str(cause))
    for language, said in settings.gateway.pages.texts.items():
        yield from _texts(settings, language, said)


def _colours(settings: Settings) -> Iterator[Problem]:
    pages = settings.gateway.pages
    for scheme, ours, own in (("light", LIGHT, pages.light), ("dark", DARK, pages.dark)):
        configured = own.model_dump(exclude_none=True)
        for pair in too_faint(_with(ours, own)):
            named = pair.upper if pair.upper in configured else pair.lower
            what = f"{scheme}: {pair.upper} on {pair.lower} has a contrast of {pair.ratio:.1f}"
            yield _problem(settings, (scheme, named), what, f"at least {pair.needed} can be read")


def _texts(settings: Settings, language: Language, said: Mapping[str, str]) -> Iterator[Problem]:
    if language not in settings.gateway.languages:
        yield _problem(settings, ("texts", language.value), f"the pages do not speak {language}", "add it to languages")
    known = texts(language)
    for key, text in said.items():
        ours = known.gettext(key)
        at: KeyPath = ("texts", language.value, key)
        if not key or ours == key:
            yield _problem(settings, at, f"there is no text {key}", "the keys are those of gateway/pages/texts/nl.po")
            continue
        places = _places(ours)
        try:
            unknown = _places(text) - places
        except ValueError:
            yield _problem(settings, at, f"{key}: a brace without its other", "a brace itself is written twice")
            continue
        if unknown:
            instead = f"it has {', '.join(f'{{{name}}}' for name in sorted(places))}" if places else "it has none"
            yield _problem(settings, at, f"{key} has no place {', '.join(sorted(unknown))}", instead)


def _places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def _problem(settings: Settings, path: KeyPath, what: str, instead: str = "") -> Problem:
    return Problem(settings.gateway_document.place(("pages", *path)), what, instead)
