"""Nothing a person may read is missing, in any language."""

import re
from importlib.resources import files
from pathlib import Path
from string import Formatter

import pytest

from gateway.cli import error_reference
from gateway.domain.attribute import Attribute
from gateway.domain.errors import Audience, ErrorCode
from gateway.domain.language import COMPLETE, Language
from gateway.domain.purpose import Purpose
from gateway.pages.error_texts import text_of
from gateway.pages.texts import catalogue_of, say
from gateway.reports import texts as reports
from gateway.reports.words import attribute_name

FOR_OTHERS = ("connect.", "accessibility.")
"""Pages of suppliers, and the statement: in Dutch and English alone."""
HARD_WORDS = re.compile(
    r"\b(accepte|authenti|autoris|configur|gegevensverwerking|identifi|indien|metadata|parameter|protocol|referentie"
    r"|tevens|vervalt|verlopen|voorlopig)"
)
"""Words that the Dutch for easy reading does without (beginnings)."""


def catalogue(language: Language) -> dict[str, str]:
    found = catalogue_of(language)
    assert found is not None
    return {message.id: message.string for message in found if message.id}


def shown(language: Language) -> dict[str, str]:
    """What pages say in this language, with what its basis says for it."""
    return {key: say(language, key) for key in catalogue(Language.NL)}


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("code", list(ErrorCode))
def test_every_error_says_what_happened_and_what_to_do(code: ErrorCode, language: Language) -> None:
    for part in ("title", "what", "do"):
        assert say(language, f"error.{text_of(code)}.{part}")


@pytest.mark.parametrize("language", list(Language))
def test_every_text_that_a_template_names_is_there(language: Language) -> None:
    templates = files("gateway.pages") / "templates"
    named = {
        key
        for template in templates.iterdir()
        for key in re.findall(r"say\('([a-z._]+[a-z])'", template.read_text("utf-8"))
    }
    named |= {f"error.who.{audience}" for audience in Audience} | {f"page.language.{one}" for one in Language}
    assert named
    assert not named - shown(language).keys()


def test_the_languages_say_the_same_with_the_same_places() -> None:
    dutch = catalogue(Language.NL)
    assert all(dutch.values())
    for language in Language:
        said = catalogue(language)
        assert all(said.values())
        assert not said.keys() - dutch.keys()
        assert {key: places(dutch[key]) for key in said} == {key: places(text) for key, text in said.items()}, language
    for language in COMPLETE:
        assert catalogue(language).keys() == dutch.keys()


def test_frisian_says_all_that_a_pupil_may_read() -> None:
    missing = {key for key in catalogue(Language.NL) if not key.startswith(FOR_OTHERS)} - catalogue(Language.FY).keys()
    assert not missing


def test_dutch_for_easy_reading_is_easier_than_dutch() -> None:
    """Where its own catalogue says nothing, Dutch does: it must be as easy there."""
    for key, text in shown(Language.NL_B1).items():
        if key.startswith(FOR_OTHERS):
            continue
        assert not HARD_WORDS.search(text.lower()), f"{key}: {text}"
        for sentence in re.split(r"[.:?!]\s", text):
            assert len(sentence.split()) <= 14, f"{key}: {sentence}"


def test_no_text_of_an_error_that_there_is_no_longer() -> None:
    used = {f"error.{text_of(code)}" for code in ErrorCode}
    written = {key.rpartition(".")[0] for key in catalogue(Language.NL) if key.endswith((".title", ".what", ".do"))}
    assert {key for key in written if key.startswith("error.")} == used


@pytest.mark.parametrize("language", list(Language))
def test_what_happened_fits_in_short_sentences(language: Language) -> None:
    """A pupil of ten reads sentences of some fifteen words."""
    for key, text in catalogue(language).items():
        for sentence in re.split(r"[.?!]\s", text):
            assert len(sentence.split()) <= 18, f"{key}: {sentence}"


def test_a_missing_text_is_no_text() -> None:
    with pytest.raises(KeyError):
        say(Language.NL, "error.invented.title")


def test_the_reference_of_errors_is_what_the_catalogue_says() -> None:
    page = Path(__file__).parents[2] / "docs/reference/errors.md"
    said = "run: python -m gateway.cli.error_reference > docs/reference/errors.md"
    assert page.read_text("utf-8") == error_reference.reference(), said


def test_the_consent_page_says_everything_in_the_language_that_it_says_it_is_in() -> None:
    """A screen reader reads a page in the language that its `lang` names."""
    own = {message.id for message in catalogue_of(Language.FY, reports.__package__) or () if message.id}
    assert own == {f"attribute.{one}" for one in Attribute}
    for purpose in Purpose:
        said = {language: purpose.text(language) for language in Language}
        assert len(set(said.values())) == len(Language), purpose
        assert not HARD_WORDS.search(said[Language.NL_B1].lower()), purpose
        assert purpose.label(Language.FY) == said[Language.FY].split(":")[0]
    assert attribute_name(Language.FY, Attribute.GIVEN_NAME) == "Foarnamme"
    assert attribute_name(Language.NL_B1, Attribute.GIVEN_NAME) == "Voornaam"
