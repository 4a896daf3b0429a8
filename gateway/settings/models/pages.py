"""`pages` in `gateway.yaml`: what the pages look like and say."""

import datetime as dt
import re
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from gateway.domain.language import Language
from gateway.settings.fields import Address, Day, Email, FileName, Model, Names, Switch

_COLOUR = re.compile(r"#[0-9a-f]{6}", re.ASCII)


def _colour(value: str) -> str:
    folded = value.lower()
    if not _COLOUR.fullmatch(folded):
        raise ValueError('a colour is # and six hexadecimal digits in quotes, such as "#0b4f6c"')
    return folded


def _moment(value: Any) -> dt.datetime:
    if isinstance(value, str):
        try:
            value = dt.datetime.fromisoformat(value)
        except ValueError:
            value = None
    if not isinstance(value, dt.datetime) or value.tzinfo is None:
        raise ValueError('a moment is written "2026-09-05T20:00+02:00", in quotes and with its zone')
    return value


Colour = Annotated[str, AfterValidator(_colour)]
Moment = Annotated[dt.datetime, BeforeValidator(_moment)]


class Colours(Model):
    """Colours in the place of ours. What stands on what must be readable: `sluis check` measures it."""

    ground: Colour | None = Field(default=None, description="Behind the sheet with the text")
    sheet: Colour | None = Field(default=None, description="Behind the text")
    ink: Colour | None = Field(default=None, description="Text")
    soft: Colour | None = Field(default=None, description="Text that matters less")
    line: Colour | None = Field(default=None, description="Edges of buttons and fields")
    accent: Colour | None = Field(default=None, description="Links, the main button, focus")
    on_accent: Colour | None = Field(default=None, description="Text on the main button")
    hover: Colour | None = Field(default=None, description="A button under the pointer")


class MaintenanceEntry(Model):
    """Planned maintenance, as `/status` says it until it is over."""

    since: Moment = Field(description="When it begins")
    until: Moment = Field(description="When it ends")
    text: Names = Field(description="What it means for people, in at most two short sentences")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.until <= self.since:
            raise ValueError("maintenance ends after it begins")
        return self


class AccessibilityEntry(Model):
    """What the accessibility statement says beside what holds everywhere."""

    conformance: Literal["full", "partial", "unexamined"] = Field(
        default="unexamined", description="What an examination by others found"
    )
    examined: Day | None = Field(default=None, description="Day of that examination")
    report: Address | None = Field(default=None, description="Where its report is")
    known: list[Names] = Field(default=[], max_length=20, description="Shortcomings that are known, a sentence each")
    email: Email | None = Field(default=None, description="Where people tell of barriers; else the first contact")


class Pages(Model):
    """What the pages look like and say."""

    logo: FileName | None = Field(default=None, description="SVG, PNG, JPEG or WebP of at most 64 KiB; absent: our own")
    logo_dark: FileName | None = Field(default=None, description="The logo on dark; absent: the same")
    light: Colours = Field(default=Colours(), description="Colours where people want light")
    dark: Colours = Field(default=Colours(), description="Colours where people want dark")
    texts: dict[Language, dict[str, Annotated[str, Field(min_length=1, max_length=500)]]] = Field(
        default={}, description="Texts in the place of ours: language, then key (as in `gateway/pages/texts/nl.po`)"
    )
    standings: Switch = Field(
        default=True, description="Whether /status says how logins go at each identity provider and service"
    )
    maintenance: list[MaintenanceEntry] = Field(default=[], max_length=20, description="Planned maintenance")
    accessibility: AccessibilityEntry = Field(default=AccessibilityEntry(), description="The accessibility statement")
