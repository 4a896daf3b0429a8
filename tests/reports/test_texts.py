"""Nothing a reader of a report meets is without words, in any language."""

import re
from importlib.resources import files
from string import Formatter

import pytest
from babel.messages.pofile import read_po

from gateway.domain.anomaly import Anomaly
from gateway.domain.attribute import Attribute
from gateway.domain.language import COMPLETE, Language
from gateway.domain.legal_basis import LegalBasis
from gateway.domain.reduction import Reduction
from gateway.domain.role import Role
from gateway.release.record import Rule
from gateway.reports.anomalies import Handling
from gateway.reports.ending import State
from gateway.reports.measures import Measure
from gateway.reports.recipients import WHOLE
from gateway.reports.register import Activity, Missing
from gateway.reports.school import NOT_ASKED, Note
from gateway.reports.suppression import Shown


def catalogue(language: Language) -> dict[str, str]:
    with (files("gateway.reports.texts") / f"{language}.po").open("rb") as file:
        return {message.id: message.string for message in read_po(file) if message.id}


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


WRITTEN = COMPLETE
"""A report is read by grown-ups: in other languages there are the names of attributes alone, for pages."""

VOCABULARIES = {
    "measure": list(Measure),
    "missing": list(Missing),
    "basis": list(LegalBasis),
    "acts": ["processor", "controller"],
    "activity": [f"{one}.{part}" for one in Activity for part in ("title", "purpose", "people", "data", "recipients")],
    "attribute": list(Attribute),
    "role": list(Role),
    "rule": [*Rule, NOT_ASKED],
    "reduction": [*Reduction, WHOLE],
    "shown": [one for one in Shown if one is not Shown.EXACT],
    "state": list(State),
    "note": list(Note),
    "anomaly": list(Anomaly),
    "remedy": list(Anomaly),
    "handling": list(Handling),
}


@pytest.mark.parametrize("language", WRITTEN)
def test_every_word_of_a_vocabulary_has_a_text(language: Language) -> None:
    known = catalogue(language)
    for kind, words in VOCABULARIES.items():
        assert {key.partition(".")[2] for key in known if key.startswith(f"{kind}.")} == {str(one) for one in words}


def test_every_text_that_a_template_names_is_there_and_no_other() -> None:
    templates = files("gateway.reports") / "templates"
    named = {
        key
        for template in templates.iterdir()
        for key in re.findall(r"say\('([a-z._]+[a-z])'", template.read_text("utf-8"))
    }
    of_pages = {
        key for key in catalogue(Language.NL) if key.partition(".")[0] not in {*VOCABULARIES, "refusal", "duration"}
    }
    said_in_code = {
        "register.unsaid",
        "register.forever",
        "register.until_ended",
        "matrix.all",
        "matrix.refused",
        "matrix.at",
    }
    assert of_pages == named | said_in_code


def test_the_languages_say_the_same_with_the_same_places() -> None:
    dutch, english = catalogue(Language.NL), catalogue(Language.EN)
    assert dutch.keys() == english.keys()
    assert all(dutch.values())
    assert all(english.values())
    assert {key: places(text) for key, text in dutch.items()} == {key: places(text) for key, text in english.items()}
