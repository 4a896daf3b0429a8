"""Levels of assurance: how sure it is who logged in."""

from typing import Annotated

from pydantic import Field

from gateway.settings.fields import Id, Model, Names

ContextName = Annotated[str, Field(pattern=r"^[\x21-\x7e]{1,300}$")]
"""An AuthnContextClassRef or acr value: visible ASCII without blanks, so that it fits into `acr_values`."""


class LevelEntry(Model):
    """A level, stronger than those before it in the list."""

    id: Id = Field(description="Id in other entries")
    names: Names = Field(description="What pages call it, in each language: what a person does for it")
    context: ContextName = Field(
        description="AuthnContextClassRef and acr value by which services ask for it, and are told of it"
    )
