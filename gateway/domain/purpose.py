"""Why a service asks for an attribute: a fixed vocabulary, with a text for each in every language of the pages."""

import tomllib
from enum import StrEnum
from importlib.resources import files

from gateway.domain.language import Language


class Purpose(StrEnum):
    """A purpose. Which of them justify an attribute, the policy says. Texts: `purposes.toml`, beside this file."""

    ACCESS = "access"
    GREETING = "greeting"
    CLASS_LIST = "class-list"
    TEACHER_DASHBOARD = "teacher-dashboard"
    PROGRESS_PER_GROUP = "progress-per-group"
    GRADE_LEVEL = "grade-level"
    NORM_REFERENCED_TEST = "norm-referenced-test"
    AGE_LIMIT = "age-limit"
    STAFF_CONTACT = "staff-contact"

    def text(self, language: Language) -> str:
        """The purpose in a sentence, as people read it."""
        return _TEXTS[self][language]

    def label(self, language: Language) -> str:
        """The word or two that the text begins with."""
        return self.text(language).partition(":")[0]


def _read() -> dict[Purpose, dict[Language, str]]:
    """Raises KeyError or ValueError when the file and the vocabulary differ."""
    data = tomllib.loads((files("gateway.domain") / "purposes.toml").read_text("utf-8"))
    texts = {Purpose(name): {Language(one): text for one, text in said.items()} for name, said in data.items()}
    return {purpose: {language: texts[purpose][language] for language in Language} for purpose in Purpose}


_TEXTS = _read()
