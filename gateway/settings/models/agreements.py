"""`agreements/*.yaml`."""

import datetime as dt

from pydantic import Field, ValidationInfo, field_validator, model_validator

from gateway.domain.attribute import Attribute
from gateway.domain.brin import Brin
from gateway.domain.fallback import Fallback
from gateway.domain.link import BETWEEN_SCHOOLS, LinkKind
from gateway.domain.reduction import Reduction
from gateway.domain.user_held import UserHeld
from gateway.settings.fields import (
    BrinField,
    Day,
    Id,
    Model,
    Switch,
    Text,
    Whole,
)


class AgreementEntry(Model):
    """An entry of `agreements/*.yaml`."""

    service: Id = Field(description="Id of the service")
    attribute_set: Whole = Field(ge=1, description="Version of its attribute set that is accepted")
    schools: list[BrinField] = Field(default=[], description="BRINs of the schools")
    boards: list[Id] = Field(default=[], description="Boards, for all their schools")
    valid_from: Day = Field(alias="from", description="First day")
    valid_until: Day | None = Field(default=None, alias="until", description="Last day; absent: without end")
    reference: Text = Field(description="Reference of the processing agreement")
    fallback: Fallback = Field(default=Fallback.PROVISIONAL, description="Fallback identifier that is allowed")
    offline_access: Switch = Field(
        default=False, description="The service may renew its tokens while the person is away (OpenID Connect)"
    )
    branches: list[BrinField] = Field(
        default=[], description="Only people of these branches, by BRINs of 6 characters; absent: of all"
    )
    groups: list[Text] = Field(
        default=[], description="Only pupils of these groups, and of anybody's groups only these go; absent: all"
    )
    suspended: Text | None = Field(default=None, description="Why nothing goes for now; absent: the agreement works")
    reduce: dict[Attribute, Reduction] = Field(default={}, description="What values are reduced to, beside the policy")
    namesakes: Switch = Field(
        default=False, description="Full surnames where the policy gives initials: groups have namesakes"
    )
    user_held: UserHeld = Field(
        default=UserHeld.FORBIDDEN,
        description="Whether students of age may, or must, log in with an identity that they hold themselves (eduID)",
    )
    links: list[LinkKind] = Field(
        default=[],
        description="Links with an account at another school by which pupils may be known by the ECK iD that they "
        "have there: `guest`, `transition`",
    )

    @model_validator(mode="after")
    def _somebody(self) -> "AgreementEntry":
        if not self.schools and not self.boards:
            raise ValueError("an agreement is of schools or boards: name at least one")
        return self

    @field_validator("branches", mode="after")
    @classmethod
    def _are_branches(cls, branches: list[Brin]) -> list[Brin]:
        if any(brin.branch is None for brin in branches):
            raise ValueError("a branch is named by its BRIN of 6 characters, such as 99DE00")
        return branches

    @field_validator("links", mode="after")
    @classmethod
    def _are_between_schools(cls, links: list[LinkKind]) -> list[LinkKind]:
        if any(one not in BETWEEN_SCHOOLS for one in links):
            raise ValueError(f"there is {' and '.join(BETWEEN_SCHOOLS)}; eduID is what `user_held` is about")
        return links

    @field_validator("valid_until", mode="after")
    @classmethod
    def _after_from(cls, until: dt.date | None, known: ValidationInfo) -> dt.date | None:
        begins = known.data.get("valid_from")
        if until is not None and begins is not None and until < begins:
            raise ValueError(f"it lies before the first day, {begins}")
        return until
