"""Nothing a person may read is missing, in any language."""

import re
from importlib.resources import files
from string import Formatter

import pytest
from babel.messages.pofile import read_po

from gateway.domain.errors import Audience, ErrorCode
from gateway.domain.language import Language
from gateway.pages.error_texts import text_of
from gateway.pages.texts import say


def catalogue(language: Language) -> dict[str, str]:
    with (files("gateway.pages.texts") / f"{language}.po").open("rb") as file:
        return {message.id: message.string for message in read_po(file) if message.id}


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
    assert not named - catalogue(language).keys()


def test_the_languages_say_the_same_with_the_same_places() -> None:
    dutch, english = catalogue(Language.NL), catalogue(Language.EN)
    assert dutch.keys() == english.keys()
    assert all(dutch.values())
    assert all(english.values())
    assert {key: places(text) for key, text in dutch.items()} == {key: places(text) for key, text in english.items()}


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
