"""The entry of the register of processing in `gateway.yaml`: what `sluis report register` cannot know by itself."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from gateway.domain.legal_basis import LegalBasis
from gateway.settings.fields import Duration, Email, Model, Names, Text

EEA = frozenset(
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK".split()  # noqa: SIM905
)
"""Countries in which the GDPR holds (ISO 3166-1)."""


class Person(Model):
    """Somebody to write to."""

    name: Text = Field(description="Name of a person, a desk or an organisation")
    email: Email = Field(description="E-mail address")


class Processor(Model):
    """Somebody who processes personal data for who runs the gateway, such as a host of its machines."""

    name: Text = Field(description="Name")
    task: Names = Field(description="What it does, in each language")
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] = Field(description="Where (ISO 3166-1, two capitals)")
    safeguard: Text | None = Field(
        default=None, description="What allows the transfer (GDPR, Articles 45 to 49); needed outside the EEA"
    )

    @model_validator(mode="after")
    def _allowed(self) -> "Processor":
        if self.country not in EEA and self.safeguard is None:
            raise ValueError("safeguard is missing: outside the EEA something must allow the transfer")
        return self


class Processing(Model):
    """The register of processing (GDPR, Article 30): what cannot be read from the rest of the configuration."""

    acts_as: Literal["processor", "controller"] = Field(
        default="processor", description="What who runs the gateway is; as a processor it works for the boards"
    )
    officer: Person | None = Field(default=None, description="The data protection officer of who runs it")
    legal_basis: LegalBasis = Field(default=LegalBasis.PUBLIC_TASK, description="On what ground schools have this done")
    controllers: dict[Text, Person] = Field(
        default={}, description="Name and contact of boards, by `board`, and of schools without one, by BRIN"
    )
    processors: list[Processor] = Field(default=[], description="Who processes for the gateway")
    log: Duration | None = Field(default=None, description="How long the rotated log is kept")
    measures: list[Names] = Field(default=[], description="Measures of security beside those of the gateway itself")
